import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createMemoryOutbox, createOutbox, type Outbox } from '../../../src/catalog/index.ts';
import { parseRecord, writeRecord } from '../../../src/catalog/records/record-format.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { hlcTicksPerMs } from '../../../src/model/records.ts';
import { collect, World } from '../world.ts';

const world = new World();

function record(seq: number, nameBytes = 4): Uint8Array {
  const { table, id, body } = world.entryDraft(1, { name: new Uint8Array(nameBytes) });
  const [device, principal] = [world.device(0), world.admin.principal];
  const fields = { table, id, device, seq, hlc: hlcTicksPerMs, base: [], principal, body };
  return writeRecord(world.networkId, fields, world.admin).bytes;
}

async function seqsIn(outbox: Outbox): Promise<number[]> {
  return (await collect(outbox.records())).map((bytes) => parseRecord(bytes).record.seq);
}

describe('outbox', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-outbox-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function opened(name: string): Promise<{ outbox: Outbox; path: string }> {
    const path = join(folder, name);
    const outbox = createOutbox(path);
    await outbox.open();
    return { outbox, path };
  }

  it('has after a restart what was appended before', async () => {
    const { outbox } = await opened('restart');
    assert.equal(outbox.lastSeq, 0);
    await Promise.all([outbox.append([record(1), record(2)]), outbox.append([record(3)])]);
    await outbox.close();
    const { outbox: again } = await opened('restart');
    assert.deepEqual(await seqsIn(again), [1, 2, 3]);
    assert.equal(again.lastSeq, 3);
    await again.append([record(4)]);
    assert.deepEqual(await seqsIn(again), [1, 2, 3, 4]);
    await again.close();
  });

  it('loses only the frame that was torn, at every byte, and goes on after it', async () => {
    const { outbox, path } = await opened('torn');
    const lengths = [0];
    for (const seq of [1, 2]) {
      await outbox.append([record(seq)]);
      lengths.push((await stat(path)).size);
    }
    await outbox.close();
    const whole = await readFile(path);
    for (let length = (lengths[1] ?? 0) - 2; length <= whole.length; length += 1) {
      const torn = join(folder, 'torn-copy');
      await writeFile(torn, whole);
      await truncate(torn, length);
      const { outbox: again } = await opened('torn-copy');
      const kept = lengths.filter((end) => end > 0 && end <= length).length;
      assert.deepEqual(await seqsIn(again), [1, 2].slice(0, kept));
      assert.equal(again.lastSeq, kept);
      if (length % 20 === 0) {
        await again.append([record(kept + 1)]);
        assert.deepEqual(await seqsIn(again), [1, 2, 3].slice(0, kept + 1));
      }
      await again.close();
      await rm(torn);
    }
  });

  it('steps over a damaged frame in the middle, and cuts off what is no frame at the end', async () => {
    const { outbox, path } = await opened('damaged');
    await outbox.append([record(1)]);
    const { size } = await stat(path);
    await outbox.append([record(2), record(3)]);
    await outbox.close();
    const bytes = await readFile(path);
    bytes[size + 20] = (bytes[size + 20] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await appendFile(path, new Uint8Array(4096));
    const { outbox: again } = await opened('damaged');
    assert.deepEqual(await seqsIn(again), [1, 3]);
    assert.equal((await stat(path)).size, bytes.length);
    await again.close();
  });

  it('drops what others have, and still knows the last number', async () => {
    const { outbox, path } = await opened('forget');
    for (let seq = 1; seq <= 40; seq += 1) await outbox.append([record(seq, 8000)]);
    const { size } = await stat(path);
    await outbox.forget(10);
    assert.equal((await stat(path)).size, size, 'too little would be gained');
    await outbox.forget(30);
    assert.ok((await stat(path)).size < size / 2);
    assert.ok(outbox.forgottenSeq >= 20 && outbox.forgottenSeq <= 30);
    const left = await seqsIn(outbox);
    assert.deepEqual(
      left,
      Array.from({ length: left.length }, (_, index) => 41 - left.length + index),
    );
    assert.equal(left[0], outbox.forgottenSeq + 1);
    await outbox.append([record(41)]);
    await outbox.close();
    const { outbox: again } = await opened('forget');
    assert.deepEqual([again.lastSeq, (await seqsIn(again)).at(-1)], [41, 41]);
    for (let seq = 42; seq <= 60; seq += 1) await again.append([record(seq, 8000)]);
    await again.forget(60);
    assert.deepEqual(await seqsIn(again), []);
    await again.close();
    const { outbox: empty } = await opened('forget');
    assert.deepEqual([empty.lastSeq, empty.forgottenSeq, empty.device], [60, 60, world.device(0)]);
    await empty.close();
  });

  it('brings back what the database lost, and gives no number twice', async () => {
    const outbox = createMemoryOutbox();
    const catalog = await world.founded({ outbox });
    await catalog.author([world.entryDraft(1)], world.admin);
    const view = catalog.get('entry', world.entryDraft(1).id)?.revision;
    await catalog.stop();
    const again = await world.catalog(0, { outbox });
    assert.equal(again.get('entry', world.entryDraft(1).id)?.revision, view);
    assert.deepEqual(again.vector(), { [world.device(0)]: 4 });
    const [next] = await again.author([world.entryDraft(2)], world.admin);
    assert.equal(next?.seq, 5);
    await again.stop();
  });

  it('of another device key is not gone on with', async () => {
    const outbox = createMemoryOutbox();
    await (await world.founded({ outbox })).stop();
    await assert.rejects(world.catalog(1, { outbox }), (error) => isPeerstorError(error, 'conflict'));
  });

  it('is shortened when two other devices, or all that there are, have acknowledged', async () => {
    const outbox = createMemoryOutbox();
    const catalog = await world.founded({ outbox });
    const me = world.device(0);
    const has = async (device: number, seq: number) => {
      catalog.peerHas(world.device(device), { [me]: seq });
      await new Promise((resolve) => setImmediate(resolve));
    };
    await has(1, 3);
    assert.equal(outbox.forgottenSeq, 0, 'alone in the network nothing counts');
    await world.admit(catalog, 1);
    await has(1, 4);
    assert.equal(outbox.forgottenSeq, 4, 'one other device is all that there are');
    await world.admit(catalog, 2, 3);
    await has(1, 6);
    assert.equal(outbox.forgottenSeq, 4);
    await has(2, 5);
    assert.equal(outbox.forgottenSeq, 5);
    await catalog.stop();
  });

  it('is said to be carried to devices once they say so, and not before', async () => {
    const catalog = await world.founded({ outbox: createMemoryOutbox() });
    const me = world.device(0);
    assert.equal(await catalog.waitUntilReplicated(2, 60_000), 2, 'there is nobody to wait for');
    await world.admit(catalog, 1, 2);
    const seq = catalog.vector()[me] ?? 0;
    catalog.peerHas(world.device(1), { [me]: seq - 1 });
    assert.equal(await catalog.waitUntilReplicated(1, 0), 0);
    const waiting = catalog.waitUntilReplicated(1, 60_000);
    catalog.peerHas(world.device(1), { [me]: seq });
    assert.equal(await waiting, 1);
    assert.equal(await catalog.waitUntilReplicated(2, 0), 1);
    const ending = new AbortController();
    const cut = catalog.waitUntilReplicated(2, 60_000, ending.signal);
    ending.abort();
    assert.equal(await cut, 1);
    catalog.peerHas(world.device(3), { [me]: seq });
    assert.equal(await catalog.waitUntilReplicated(2, 0), 1, 'no member');
    await catalog.stop();
  });
});
