import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { ChunkId } from '../../../src/model/ids.ts';
import { silentLog } from '../../../src/model/log.ts';
import { WriteBehind } from '../../../src/replication/database/write-behind.ts';
import { Foreground } from '../../../src/replication/verify/foreground.ts';
import { Scrub } from '../../../src/replication/verify/scrub.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { startCluster, type TestCluster, type TestDevice } from '../support/cluster.ts';
import { fileOf, save } from '../support/files.ts';
import { chunkOf } from '../support/fixtures.ts';
import { TestChunkStore } from '../support/test-chunk-store.ts';

const periodMs = 60_000;
const far = 365 * 86_400_000;
const file = fileOf(1, 2, 3, 4, 5, 6);
const ids = file.chunks.map(({ id }) => id);

describe('scrubbing', () => {
  let cluster: TestCluster;
  afterEach(() => cluster.end());

  async function threeWithAFile(scrubPeriodMs = periodMs): Promise<[TestDevice, TestDevice, TestDevice]> {
    cluster = await startCluster(3, { tunables: { scrubPeriodMs, auditEveryMs: far } });
    const [a, b, c] = cluster.devices as [TestDevice, TestDevice, TestDevice];
    await save(cluster, a, 1, file);
    return [a, b, c];
  }

  const readsOf = (device: TestDevice) => {
    const reads: ChunkId[] = [];
    const get = device.store.get.bind(device.store);
    device.store.get = (id, options) => {
      reads.push(id);
      return get(id, options);
    };
    return reads;
  };

  it('scrubbing finds a rotted chunk that nobody reads, heals it from another device, and writes a receipt', async () => {
    const [a, b, c] = await threeWithAFile();
    const [first, second, third] = ids as [ChunkId, ChunkId, ChunkId];
    a.store.rot(first);
    // Two blobs swapped: each is whole, and neither is what its name says.
    const swapped = [a.store.chunks.get(second), a.store.chunks.get(third)];
    a.store.chunks.set(second, swapped[1] ?? new Uint8Array());
    a.store.chunks.set(third, swapped[0] ?? new Uint8Array());
    await cluster.clock.pass(2 * periodMs);
    for (const id of ids) assert.deepEqual(a.store.chunks.get(id), b.store.chunks.get(id));
    assert.deepEqual(
      a.replication.receipts().map(({ sentence }) => sentence),
      ['3 chunks rotted on device-0; repaired.'],
    );
    assert.deepEqual(
      [b, c].flatMap((device) => device.replication.receipts()),
      [],
    );
    const { running, lastFinishedAt, checkedChunks, badChunks } = a.replication.scrubStatus();
    assert.ok(lastFinishedAt !== null || running);
    assert.ok(checkedChunks <= ids.length && badChunks <= 3);
  });

  it('scrubbing never sends the bad copy to another device', async () => {
    const [a, b, c] = await threeWithAFile();
    const [first] = ids as [ChunkId];
    a.store.rot(first);
    b.store.vanish(first);
    b.replication.reportCorruptLocal(first).catch(() => undefined);
    await cluster.clock.pass(3 * periodMs);
    for (const device of [a, b, c]) {
      const bytes = device.store.chunks.get(first);
      if (bytes) assert.deepEqual(bytes, file.chunks[0]?.bytes);
    }
    assert.ok(a.store.has(first));
  });

  it('scrubbing reports what could not be repaired', async () => {
    cluster = await startCluster(1, { tunables: { scrubPeriodMs: periodMs } });
    const [alone] = cluster.devices as [TestDevice];
    await save(cluster, alone, 1, file, 'accepted');
    alone.store.rot(ids[0] as ChunkId);
    await cluster.clock.pass(2 * periodMs);
    const [receipt] = alone.replication.receipts();
    assert.match(receipt?.sentence ?? '', /^1 chunk rotted on device-0; not repaired yet/);
  });

  it('scrubbing reads every chunk once in each period, and not all devices at the same moment', async () => {
    const [a] = await threeWithAFile();
    await cluster.clock.pass(periodMs / 2);
    const reads = readsOf(a);
    await cluster.clock.pass(12 * periodMs);
    for (const id of ids) {
      const times = reads.filter((read) => read === id).length;
      assert.ok(times >= 10 && times <= 15, `${times} times in 12 periods`);
    }
  });

  it('scrubbing continues after a restart where it was', async () => {
    // A pass takes 5/6 of the period when there is much to read; here the floor of speed is in the way.
    const [a] = await threeWithAFile(far);
    await cluster.clock.pass(1000);
    assert.ok(a.replication.scrubStatus().lastFinishedAt !== null, 'the first pass begins at once');
    await cluster.restart(a);
    const reads = readsOf(a);
    await cluster.clock.pass(10 * 60_000);
    assert.deepEqual(reads, [], 'a pass that was finished is not begun again');
    assert.ok(a.replication.scrubStatus().lastFinishedAt !== null);
  });

  it('scrubbing waits while people use the device, but not for ever', async () => {
    const [a] = await threeWithAFile();
    await cluster.clock.pass(3 * periodMs);
    const read = () => a.replication.read(ids[0] as ChunkId);
    let busyMs = 0;
    let waited = false;
    let done = false;
    for (; busyMs < 3 * periodMs; busyMs += 1000) {
      await read();
      await cluster.clock.pass(1000);
      const { running } = a.replication.scrubStatus();
      if (running) waited = true;
      if (waited && !running) done = true;
    }
    assert.ok(waited, 'a pass that is due waits for people');
    assert.ok(done, 'and goes on in the end');
  });
});

describe('a long pass', () => {
  const chunks = Array.from({ length: 20 }, (_, number) => chunkOf(number, 512 * 1024));

  /** A pass over these takes ten seconds at the least speed. */
  async function scrubber(index: MemoryOrderedStore, clock: ManualClock) {
    const store = new TestChunkStore();
    for (const { id, bytes } of chunks) await store.put(id, bytes);
    const battery = { isOn: false };
    const written = new WriteBehind({ store: index, clock, log: silentLog });
    const scrub = new Scrub({
      store,
      index: written,
      foreground: new Foreground(clock),
      clock,
      random: seededRandom(3),
      log: silentLog,
      periodMs: far,
      onBattery: () => battery.isOn,
      lost: () => undefined,
    });
    scrub.start();
    const end = async () => {
      await clock.until(scrub.stop());
      await clock.until(written.flush());
    };
    return { scrub, battery, end };
  }

  it('a long scrub pass continues after a restart where it was', async () => {
    const [index, clock] = [new MemoryOrderedStore(), new ManualClock()];
    const first = await scrubber(index, clock);
    await clock.pass(5000);
    const { running, checkedChunks } = first.scrub.status();
    assert.ok(running && checkedChunks > 5 && checkedChunks < 15, `${checkedChunks}`);
    await first.end();
    const second = await scrubber(index, clock);
    assert.equal(second.scrub.status().checkedChunks, checkedChunks);
    await clock.pass(3000);
    assert.ok(second.scrub.status().running);
    await clock.pass(4000);
    assert.equal(second.scrub.status().checkedChunks, chunks.length);
    assert.notEqual(second.scrub.status().lastFinishedAt, null);
    await second.end();
  });

  it('a long scrub pass waits while the machine has only its battery', async () => {
    const clock = new ManualClock();
    const { scrub, battery, end } = await scrubber(new MemoryOrderedStore(), clock);
    battery.isOn = true;
    await clock.pass(3_600_000);
    assert.ok(scrub.status().checkedChunks <= 1);
    battery.isOn = false;
    await clock.pass(120_000);
    assert.equal(scrub.status().checkedChunks, chunks.length);
    await end();
  });

  it('a long scrub pass starts again when its stored state is invalid', async () => {
    const clock = new ManualClock();
    const index = new MemoryOrderedStore();
    for (const value of ['', '{', '{"cursor":"../x"}', '[]', '{"cursor":null,"startedAtMs":"1"}']) {
      await index.batch([{ key: 'z', value: Buffer.from(value) }]);
      const { scrub, end } = await scrubber(index, clock);
      await clock.pass(20_000);
      assert.equal(scrub.status().checkedChunks, chunks.length, value);
      await end();
    }
  });
});
