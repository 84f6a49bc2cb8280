import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { afterEach, describe, it } from 'node:test';
import { PeerstorError } from '../../../src/model/errors.ts';
import type { ChunkId } from '../../../src/model/ids.ts';
import { type Liar, TestCluster, type TestDevice } from '../support/cluster.ts';
import { fileOf, save } from '../support/files.ts';
import { chunkOf } from '../support/fixtures.ts';

const auditEveryMs = 10 * 60_000;
const far = 365 * 86_400_000;
const file = fileOf(1, 2, 3, 4, 5, 6, 7, 8);
const ids = file.chunks.map(({ id }) => id);
const everyId = (body: Uint8Array) => body.length / 32;

describe('audits', () => {
  let cluster: TestCluster;
  afterEach(() => cluster.end());

  /** A network in which every honest device believes that the liar has the whole file. */
  async function withLiar(
    prove: (body: Uint8Array) => Promise<Uint8Array>,
  ): Promise<{ a: TestDevice; liar: Liar; counted: () => number }> {
    cluster = new TestCluster(2, { tunables: { auditEveryMs, scrubPeriodMs: far } });
    const [a, b] = cluster.devices as [TestDevice, TestDevice];
    const liar = cluster.addLiar({
      'chunk/have': async (body) => new Uint8Array(everyId(body)).fill(1),
      'chunk/put': async () => Uint8Array.of(0),
      'chunk/bad': async () => new Uint8Array(),
      'chunk/prove': prove,
    });
    await cluster.start();
    await liar.transport.start();
    await save(cluster, a, 1, file);
    for (const id of ids) await cluster.believe(a, liar, id);
    assert.ok(b.store.has(ids[0] as ChunkId));
    return { a, liar, counted: () => ids.filter((id) => a.replication.holders(id).includes(liar.id)).length };
  }

  it('a device that says "have" and keeps nothing is found out, wholly, and its copies count no more', async () => {
    const { a, liar, counted } = await withLiar(async (body) => {
      const count = body.length / 32 - 1;
      return Buffer.concat(
        Array.from({ length: count }, () => Buffer.concat([Uint8Array.of(1), Buffer.alloc(32)])),
      );
    });
    assert.equal(counted(), ids.length);
    await cluster.clock.pass(auditEveryMs / 4);
    assert.equal(counted(), 0);
    assert.ok(liar.asked('chunk/bad') >= ids.length);
    // It goes on claiming; nobody believes it.
    for (const id of ids) await cluster.believe(a, liar, id);
    await cluster.clock.pass(3 * auditEveryMs);
    assert.equal(counted(), 0);
    assert.equal(a.replication.safetyOf(file.manifest).copies, 2);
    assert.equal(a.replication.auditFigures().proved > 0, true, 'the honest one proves what it has');
  });

  it('a device that answers "missing" is not counted either, and gets nothing new while it claims', async () => {
    const { a, liar, counted } = await withLiar(async (body) => new Uint8Array(body.length / 32 - 1));
    await cluster.clock.pass(auditEveryMs / 4);
    assert.equal(counted(), 0);
    const putsBefore = liar.asked('chunk/put');
    await save(cluster, a, 2, fileOf(20, 21, 22));
    assert.equal(liar.asked('chunk/put'), putsBefore);
  });

  it('an audit concludes nothing from silence', async () => {
    const { a, counted } = await withLiar(async () => {
      throw new PeerstorError('storage-failed', 'The drive is asleep.');
    });
    await cluster.clock.pass(3 * auditEveryMs);
    assert.equal(counted(), ids.length);
    assert.ok(a.replication.auditFigures().unanswered > 0);
    assert.equal(a.replication.auditFigures().failed, 0);
  });

  it('invalid proofs count as no answer', async () => {
    const { counted } = await withLiar(async () => new Uint8Array(7).fill(9));
    await cluster.clock.pass(3 * auditEveryMs);
    assert.equal(counted(), ids.length);
  });

  it('a found-out device stays distrusted after a restart: its copies do not count, and it gets no more', async () => {
    const { a, liar, counted } = await withLiar(async (body) => new Uint8Array(body.length / 32 - 1));
    await cluster.clock.pass(auditEveryMs / 4);
    assert.equal(counted(), 0);
    await cluster.restart(a);
    assert.ok(a.transport.isConnected(liar.id));
    for (const id of ids) await cluster.believe(a, liar, id);
    assert.equal(counted(), 0);
    assert.equal(a.replication.auditFigures().failed, 0, 'before anything was asked again');
    const putsBefore = liar.asked('chunk/put');
    await save(cluster, a, 2, fileOf(20, 21, 22));
    assert.equal(liar.asked('chunk/put'), putsBefore);
    // It says itself that it has them no more, and then gets them: a new claim counts.
    for (const id of ids) await cluster.tell(a, liar, ++liar.batch, id, false);
    await cluster.restart(a);
    for (const id of ids) await cluster.believe(a, liar, id);
    assert.equal(counted(), ids.length);
  });

  it('a device that proves its copies later is believed again', async () => {
    let keeps = false;
    const bytesOf = new Map(file.chunks.map(({ id, bytes }) => [id as string, bytes]));
    const { a, liar, counted } = await withLiar(async (body) => {
      const nonce = body.subarray(0, 32);
      const proofs: Uint8Array[] = [];
      for (let at = 32; at < body.length; at += 32) {
        const bytes = bytesOf.get(Buffer.from(body.subarray(at, at + 32)).toString('hex'));
        if (keeps && bytes) proofs.push(Uint8Array.of(1), createHmac('sha256', nonce).update(bytes).digest());
        else proofs.push(Uint8Array.of(0));
      }
      return Buffer.concat(proofs);
    });
    await cluster.clock.pass(auditEveryMs / 4);
    assert.equal(counted(), 0);
    assert.equal(a.replication.provedAtMs(liar.id), undefined);
    keeps = true;
    await cluster.clock.pass(2 * auditEveryMs);
    assert.equal(counted(), ids.length);
    assert.ok((a.replication.provedAtMs(liar.id) ?? 0) > 0);
  });

  it('honest devices pass, with restarts and chunks that come and go', async () => {
    cluster = await new TestCluster(3, { tunables: { auditEveryMs, scrubPeriodMs: far } }).start();
    const [a, b, c] = cluster.devices as [TestDevice, TestDevice, TestDevice];
    await save(cluster, a, 1, file);
    await cluster.clock.pass(3 * auditEveryMs);
    await cluster.restart(b);
    await save(cluster, b, 2, fileOf(30, 31, 32));
    await cluster.clock.pass(3 * auditEveryMs);
    for (const device of [a, b, c]) {
      const { proved, failed } = device.replication.auditFigures();
      assert.ok(proved > 0);
      assert.equal(failed, 0);
    }
  });

  it('a copy that rotted on an honest device is found by an audit, and is there again', async () => {
    cluster = await new TestCluster(3, { tunables: { auditEveryMs, scrubPeriodMs: far } }).start();
    const [a, b] = cluster.devices as [TestDevice, TestDevice];
    await cluster.clock.pass(1000);
    await save(cluster, a, 1, file);
    const [first] = ids as [ChunkId];
    b.store.rot(first);
    await cluster.clock.pass(3 * auditEveryMs);
    assert.deepEqual(b.store.chunks.get(first), file.chunks[0]?.bytes);
    assert.equal(a.replication.holders(first).length, 3);
    assert.match(b.replication.receipts()[0]?.sentence ?? '', /rotted on .*; repaired/);
  });

  it('a device proves at most twenty chunks per request, and answers a malformed request with an error', async () => {
    cluster = await new TestCluster(2, { tunables: { auditEveryMs: far } }).start();
    const [a, b] = cluster.devices as [TestDevice, TestDevice];
    for (const length of [0, 31, 32, 33, 32 * 22]) {
      const call = a.transport.call(b.id, 'chunk/prove', new Uint8Array(length));
      await assert.rejects(cluster.clock.until(call), { code: 'bad-frame' });
    }
    const unknown = await cluster.clock.until(a.transport.call(b.id, 'chunk/prove', new Uint8Array(64)));
    assert.deepEqual([...unknown], [0]);
  });
});

describe('handing a chunk over', () => {
  let cluster: TestCluster;
  afterEach(() => cluster.end());
  const [chunk] = file.chunks as [{ id: ChunkId; bytes: Uint8Array }];

  it('handing a chunk over needs promises and proofs of two other devices, and gives them the chunk if they lack it', async () => {
    cluster = await new TestCluster(3, { tunables: { auditEveryMs: far, scrubPeriodMs: far } }).start();
    const [a, b, c] = cluster.devices as [TestDevice, TestDevice, TestDevice];
    await a.store.put(chunk.id, chunk.bytes);
    let given = false;
    const done = a.replication.handOver(chunk.id, async () => {
      given = b.store.has(chunk.id) && c.store.has(chunk.id);
    });
    assert.equal(await cluster.clock.until(done), true);
    assert.ok(given);
    // They promised: when they want to be rid of it themselves, it stays.
    const back = b.replication.handOver(chunk.id, async () => assert.fail('it was promised'));
    assert.equal(await cluster.clock.until(back), false);
  });

  it('handing a chunk over is refused when there is only one other device', async () => {
    cluster = await new TestCluster(2, { tunables: { auditEveryMs: far, scrubPeriodMs: far } }).start();
    const [a] = cluster.devices as [TestDevice];
    await a.store.put(chunk.id, chunk.bytes);
    const done = a.replication.handOver(chunk.id, async () => assert.fail('one copy is too few'));
    assert.equal(await cluster.clock.until(done), false);
  });

  it('two devices that hand a chunk over at once do not rely on each other', async () => {
    cluster = await new TestCluster(3, { tunables: { auditEveryMs: far, scrubPeriodMs: far } }).start();
    const [a, b, c] = cluster.devices as [TestDevice, TestDevice, TestDevice];
    for (const { store } of [a, b, c]) await store.put(chunk.id, chunk.bytes);
    await cluster.clock.pass(2000);
    const rid = (device: TestDevice) =>
      device.replication.handOver(chunk.id, () => device.store.delete(chunk.id));
    await cluster.clock.until(Promise.all([rid(a), rid(b), rid(c)]));
    assert.ok(cluster.holdersOf(chunk.id).length >= 2);
  });

  it('many chunks are handed over side by side, with few messages, and each to two devices that prove it', async () => {
    cluster = await new TestCluster(3, { tunables: { auditEveryMs: far, scrubPeriodMs: far } }).start();
    const [a, b, c] = cluster.devices as [TestDevice, TestDevice, TestDevice];
    const chunks = Array.from({ length: 40 }, (_, number) => chunkOf(number + 900));
    for (const { id, bytes } of chunks) await a.store.put(id, bytes);
    const [held] = chunks;
    assert.ok(held);
    let now = 0;
    let most = 0;
    for (const { store } of [b, c]) {
      store.onPut = async () => {
        most = Math.max(most, ++now);
        await new Promise<void>((resolve) => void cluster.clock.after(50, resolve));
        now -= 1;
      };
    }
    const given: ChunkId[] = [];
    const left = await cluster.clock.until(
      a.replication.handOverBatch(
        chunks.map(({ id }) => id),
        async (id) => {
          assert.ok(b.store.has(id) && c.store.has(id), 'two others have it');
          given.push(id);
        },
      ),
    );
    assert.deepEqual([left.length, given.length], [0, 40]);
    assert.ok(most > 4, `${most} puts at a time`);
    const back = b.replication.handOverBatch([held.id], async () => assert.fail('it was promised'));
    assert.deepEqual(await cluster.clock.until(back), [held.id]);
  });

  it('a chunk for which too few others can be found stays, and the others of its batch go', async () => {
    cluster = await new TestCluster(3, { tunables: { auditEveryMs: far, scrubPeriodMs: far } }).start();
    const [a, b, c] = cluster.devices as [TestDevice, TestDevice, TestDevice];
    const [one, two] = [chunkOf(990), chunkOf(991)];
    for (const { id, bytes } of [one, two]) for (const { store } of [a, b, c]) await store.put(id, bytes);
    await cluster.clock.pass(5000);
    c.store.rot(two.id);
    b.store.rot(two.id);
    const given: ChunkId[] = [];
    const left = a.replication.handOverBatch([one.id, two.id], async (id) => void given.push(id));
    assert.deepEqual(await cluster.clock.until(left), [two.id]);
    assert.deepEqual(given, [one.id]);
  });

  it('a whole folder is handed over only for promises with proofs, not for claims', async () => {
    cluster = new TestCluster(3, { tunables: { auditEveryMs: far, scrubPeriodMs: far } });
    const [a, b, c] = cluster.devices as [TestDevice, TestDevice, TestDevice];
    const liar = cluster.addLiar({
      'chunk/have': async (body) => new Uint8Array(everyId(body)).fill(1),
      'chunk/hold': async (body) => new Uint8Array(everyId(body)).fill(1),
      'chunk/prove': async (body) => new Uint8Array(body.length / 32 - 1),
    });
    await cluster.start();
    await liar.transport.start();
    const chunks = Array.from({ length: 40 }, (_, number) => chunkOf(number + 500));
    for (const device of [a, b]) for (const { id, bytes } of chunks) await device.store.put(id, bytes);
    await cluster.clock.pass(5000);
    const all = chunks.map(({ id }) => id);
    for (const id of all) await cluster.believe(a, liar, id);
    assert.ok(
      all.every((id) => a.replication.isElsewhere(id)),
      'by what is said it could go',
    );
    const never = async () => assert.fail('only one other device really has it');
    assert.ok((await cluster.clock.until(a.replication.handOverAll(all, never))) > 0);
    assert.ok(liar.asked('chunk/prove') > 0);
    for (const { id, bytes } of chunks) await c.store.put(id, bytes);
    await cluster.clock.pass(5000);
    let gone = false;
    const giveUp = async () => {
      gone = true;
      const asked = b.replication.handOver(all[0] as ChunkId, async () =>
        assert.fail('nobody promises meanwhile'),
      );
      assert.equal(await asked, false);
    };
    assert.equal(await cluster.clock.until(a.replication.handOverAll(all, giveUp)), 0);
    assert.ok(gone);
    const held = b.replication.handOverAll(all, async () => assert.fail('it was promised'));
    assert.equal(await cluster.clock.until(held), all.length);
  });
});
