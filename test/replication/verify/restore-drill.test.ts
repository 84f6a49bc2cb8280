import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { RestorableUser } from '../../../src/model/contracts/restoring.ts';
import { PeerstorError } from '../../../src/model/errors.ts';
import { type ChunkId, type EntryId, entryId, userId } from '../../../src/model/ids.ts';
import { drillStateOf, firstDrill, isDue } from '../../../src/replication/verify/drill-plan.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { type Liar, TestCluster, type TestDevice } from '../support/cluster.ts';
import { fileOf, save, type TestFile } from '../support/files.ts';

/** Weeks of heartbeats take their time even on a virtual clock. */
const periodMs = 2 * 3_600_000;
const far = 365 * 86_400_000;
const user = userId('a'.repeat(64));
const fileNumber = (number: number): EntryId => entryId(number.toString(16).padStart(32, '0'));

/** A user with these files, who notes what was read. */
function userWith(files: ReadonlyMap<EntryId, TestFile>): RestorableUser & { tried: EntryId[] } {
  const tried: EntryId[] = [];
  return {
    user,
    tried,
    sample: async (count) => [...files.keys()].slice(0, count),
    async restore(file, read, signal) {
      const found = files.get(file);
      if (!found) return false;
      tried.push(file);
      for (const { id, bytes } of found.chunks) assert.deepEqual(await read(id, signal), bytes);
      return true;
    },
  };
}

describe('restore drills', () => {
  let cluster: TestCluster;
  afterEach(() => cluster.end());

  /** Files on three devices, and the user of them signed in on the first. */
  async function threeWith(count: number, tunables = {}) {
    cluster = new TestCluster(3, {
      tunables: { restoreDrillMs: periodMs, auditEveryMs: far, scrubPeriodMs: far, ...tunables },
    });
    const [a, b, c] = cluster.devices as [TestDevice, TestDevice, TestDevice];
    const files = new Map<EntryId, TestFile>();
    const signedIn = userWith(files);
    cluster.signedIn.set(a.id, [signedIn]);
    await cluster.start();
    for (let number = 1; number <= count; number += 1) {
      const file = fileOf(number * 10, number * 10 + 1, number * 10 + 2);
      await save(cluster, a, number, file);
      files.set(fileNumber(number), file);
    }
    return { a, b, c, files, signedIn };
  }

  /** A member that claims a file and answers as it likes. */
  async function withLiar(a: TestDevice, file: TestFile, get: () => Promise<Uint8Array>): Promise<Liar> {
    const liar = cluster.addLiar({ 'chunk/get': get, 'chunk/bad': async () => new Uint8Array() });
    await liar.transport.start();
    cluster.membersChanged();
    await cluster.clock.pass(5000);
    for (const { id } of file.chunks) await cluster.believe(a, liar, id);
    return liar;
  }

  const reads = (device: TestDevice) => device.sent.filter(({ method }) => method === 'chunk/get');
  const sentences = (device: TestDevice) => device.replication.receipts().map(({ sentence }) => sentence);

  it('restore drills read files from every other device once a period, without the copies here, and say so', async () => {
    const { a, b, c, signedIn } = await threeWith(12);
    a.store.get = () => assert.fail('the copies here prove nothing');
    await cluster.clock.pass(periodMs);
    assert.deepEqual(sentences(a), ['Restore drill: 10 of 10 files read from other devices.']);
    assert.equal(new Set(signedIn.tried).size, 10);
    const from = (device: TestDevice) => reads(a).filter(({ to }) => to === device.id).length;
    assert.equal(reads(a).length, 40);
    assert.ok(from(b) >= 15 && from(c) >= 15, `${from(b)} and ${from(c)}`);
    const { lastFinishedAt, files, failed } = a.replication.drillStatus();
    assert.ok(lastFinishedAt);
    assert.deepEqual([files, failed], [10, 0]);
    await cluster.clock.pass(4 * periodMs);
    assert.ok(sentences(a).length >= 4 && sentences(a).length <= 6, `${sentences(a).length}`);
    assert.deepEqual([sentences(b), sentences(c)], [[], []], 'nobody is signed in there');
  });

  it('restore drills find copies that are not as claimed, read another one, and no longer count them', async () => {
    const { a, files } = await threeWith(3);
    const one = files.get(fileNumber(1));
    assert.ok(one);
    const liar = await withLiar(a, one, async () => new Uint8Array(50).fill(3));
    const claims = () => one.chunks.filter(({ id }) => a.replication.holders(id).includes(liar.id)).length;
    assert.equal(claims(), one.chunks.length);
    await cluster.clock.pass(periodMs);
    assert.match(
      sentences(a)[0] ?? '',
      /^Restore drill: 3 of 3 files read from other devices\. \d cop\w+ w\w+ not what the device claimed/,
    );
    assert.equal(a.replication.drillStatus().failed, 0);
    assert.ok(liar.asked('chunk/get') > 0);
    assert.equal(claims(), one.chunks.length - liar.asked('chunk/get'));
    assert.equal(liar.asked('chunk/bad'), liar.asked('chunk/get'));
  });

  it('restore drills fail when connected devices claim the copies and send none, and are repeated sooner until that is repaired', async () => {
    const { a, b, c, files } = await threeWith(2);
    const only = files.get(fileNumber(1));
    assert.ok(only);
    const lost = only.chunks[1]?.id as ChunkId;
    const give = [b, c].map((device) => {
      const get = device.store.get.bind(device.store);
      device.store.get = (id, options) =>
        id === lost ? Promise.reject(new PeerstorError('chunk-missing', 'It is gone.')) : get(id, options);
      return () => {
        device.store.get = get;
      };
    });
    await cluster.clock.pass(periodMs);
    assert.equal(
      sentences(a).at(-1),
      'Restore drill: 1 of 2 files read from other devices. 2 copies were not what the device claimed, and will be made again.',
    );
    assert.equal(a.replication.drillStatus().failed, 1);
    assert.deepEqual(a.replication.holders(lost), [a.id]);
    for (const mend of give) mend();
    await cluster.clock.pass(periodMs / 3);
    assert.equal(a.replication.drillStatus().failed, 0);
    assert.ok(a.replication.holders(lost).length > 1, 'who gives it again is believed again');
  });

  it('restore drills do not punish a device that reports a lost copy, and it gets another one', async () => {
    const { a, b, c, files } = await threeWith(1);
    const [chunk] = files.get(fileNumber(1))?.chunks ?? [];
    assert.ok(chunk);
    // Both, so that whoever is asked has lost it.
    for (const device of [b, c]) device.store.rot(chunk.id);
    await cluster.clock.pass(2 * periodMs);
    assert.equal(cluster.holdersOf(chunk.id).length, 3);
    assert.equal(a.replication.holders(chunk.id).length, 3);
    for (const { store } of [b, c]) assert.deepEqual(store.chunks.get(chunk.id), chunk.bytes);
    assert.equal(a.replication.drillStatus().failed, 0);
  });

  it('restore drills conclude nothing about files on devices that are off, nor from silence', async () => {
    const { a, b, c, files } = await threeWith(2);
    for (const device of [b, c]) {
      device.store.get = () => Promise.reject(new PeerstorError('storage-failed', 'The drive is asleep.'));
    }
    await cluster.clock.pass(2 * periodMs);
    assert.deepEqual(sentences(a), []);
    assert.deepEqual(a.replication.drillStatus(), { lastFinishedAt: null, files: 0, failed: 0 });
    const manifest = files.get(fileNumber(1))?.manifest;
    assert.ok(manifest);
    assert.equal(a.replication.safetyOf(manifest).copies, 3);
  });

  it('restore drills wait for another device, and continue where it left', async () => {
    const { a, b, c, signedIn } = await threeWith(12);
    const { restore } = signedIn;
    signedIn.restore = async (file, read, signal) => {
      // The others leave in the middle of the fourth file.
      if (signedIn.tried.length === 3 && b.running) {
        b.running = c.running = false;
        await Promise.all([b.transport.stop(), c.transport.stop()]);
      }
      return restore(file, read, signal);
    };
    await cluster.clock.pass(periodMs);
    assert.deepEqual(sentences(a), []);
    assert.equal(signedIn.tried.length, 4);
    b.running = c.running = true;
    await cluster.restart(b);
    await cluster.restart(c);
    await cluster.clock.pass(120_000);
    assert.deepEqual(sentences(a), ['Restore drill: 10 of 10 files read from other devices.']);
    assert.equal(signedIn.tried.length, 11, 'the one that broke off is tried again, the others are not');
  });

  it('restore drills are neither repeated nor skipped because of a restart', async () => {
    const { a, signedIn } = await threeWith(12);
    const { restore } = signedIn;
    let isSlow = true;
    signedIn.restore = (file, read, signal) => {
      if (signedIn.tried.length < 5 || !isSlow) return restore(file, read, signal);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    await cluster.clock.pass(periodMs);
    assert.equal(signedIn.tried.length, 5);
    isSlow = false;
    await cluster.restart(a);
    await cluster.clock.pass(120_000);
    assert.deepEqual(sentences(a), ['Restore drill: 10 of 10 files read from other devices.']);
    assert.equal(new Set(signedIn.tried).size, 10);
    assert.equal(signedIn.tried.length, 10);
    await cluster.restart(a);
    assert.equal(a.replication.drillStatus().files, 10);
    await cluster.clock.pass(periodMs / 2);
    assert.equal(signedIn.tried.length, 10, 'the next one is due in a period');
  });

  it('no restore drills run on a device that is alone, has no users, or is set to read no files', async () => {
    const { a, b, c, signedIn } = await threeWith(2, { restoreDrillFiles: 0 });
    await cluster.clock.pass(2 * periodMs);
    assert.deepEqual(signedIn.tried, []);
    await cluster.stop(b);
    await cluster.stop(c);
    await cluster.clock.pass(2 * periodMs);
    assert.deepEqual([sentences(a), signedIn.tried], [[], []]);
  });

  it('restore drills wait while people use the device, but not for ever', async () => {
    const { a, signedIn } = await threeWith(2, { restoreDrillMs: 100_000 });
    const [chunk] = fileOf(10).chunks;
    assert.ok(chunk);
    let waitedMs = 0;
    for (let ms = 0; ms < 300_000 && sentences(a).length === 0; ms += 500) {
      await a.replication.read(chunk.id);
      await cluster.clock.pass(500);
      if (signedIn.tried.length === 1) waitedMs += 500;
    }
    assert.ok(waitedMs >= 20_000 && waitedMs <= 30_000, `a quarter of the period: ${waitedMs}`);
    assert.deepEqual(sentences(a), ['Restore drill: 2 of 2 files read from other devices.']);
  });
});

describe('what is remembered of a drill', () => {
  const state = firstDrill(1000, periodMs, seededRandom(1));

  it('the stored state of a drill is read as it was written, and other text is refused', () => {
    assert.deepEqual(drillStateOf(JSON.stringify(state)), state);
    const under = {
      ...state,
      left: [fileNumber(1)],
      failed: [fileNumber(2)],
      last: { finishedAtMs: 1, files: 2, failed: [] },
    };
    assert.deepEqual(drillStateOf(JSON.stringify(under)), under);
    for (const bad of [
      '',
      '{',
      '[]',
      'null',
      '1',
      JSON.stringify({ ...under, left: ['../x'] }),
      JSON.stringify({ ...under, nextAtMs: '1' }),
      JSON.stringify({ ...under, last: { files: 1 } }),
    ]) {
      assert.equal(drillStateOf(bad), undefined, bad);
    }
  });

  it('a clock that is set back does not delay the next drill for years', () => {
    assert.equal(isDue({ ...state, nextAtMs: far }, far - 1, periodMs), false);
    assert.equal(isDue({ ...state, nextAtMs: far }, far, periodMs), true);
    assert.equal(isDue({ ...state, nextAtMs: far }, far - 3 * periodMs, periodMs), true);
  });
});
