import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultTunables } from '../../../src/model/limits.ts';
import { silentLog } from '../../../src/model/log.ts';
import { createReplication } from '../../../src/replication/index.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { OwnClock } from '../../catalog/world.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryNetwork } from '../../support/memory-network.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { TestVersions } from '../support/cluster.ts';
import { chunkOf, deviceNumber, member } from '../support/fixtures.ts';
import { TestChunkStore } from '../support/test-chunk-store.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const graceMs = defaultTunables.garbageGraceMs;

/** One device with a chunk that nothing references, put while its wall clock was `aheadMs` ahead. */
async function deviceWithGarbage(put: { aheadMs: number; isClockRight: boolean }) {
  const trueClock = new ManualClock();
  const clock = Object.assign(new OwnClock(trueClock), { aheadMs: put.aheadMs });
  const standing = { isClockRight: put.isClockRight };
  const random = seededRandom(1);
  const network = new MemoryNetwork({ clock: trueClock, random });
  const store = new TestChunkStore(clock);
  const transport = network.transport(deviceNumber(0));
  const replication = createReplication({
    self: deviceNumber(0),
    transport,
    store,
    index: new MemoryOrderedStore(),
    devices: { members: () => [member(0)], onChange: () => () => undefined },
    versions: new TestVersions(),
    catalog: {
      isComplete: () => true,
      isClockRight: () => standing.isClockRight,
      refresh: async () => undefined,
    },
    clock,
    random,
    tunables: { ...defaultTunables, scrubPeriodMs: 1000 * dayMs },
    log: silentLog,
  });
  await trueClock.until(replication.start());
  await transport.start();
  const garbage = chunkOf(1, 500);
  const upload = replication.beginUpload();
  await trueClock.until(upload.put(garbage.id, garbage.bytes));
  upload.close();
  const isHere = () => store.has(garbage.id);
  const advance = (ms: number) => trueClock.pass(ms);
  const set = (aheadMs: number, isClockRight: boolean) => {
    clock.aheadMs = aheadMs;
    standing.isClockRight = isClockRight;
  };
  const end = () => trueClock.until(replication.stop());
  const wallMs = () => clock.wallMs();
  return { replication, isHere, advance, set, end, wallMs };
}

test('a chunk that came while the clock was behind has its whole grace once the clock is set', async () => {
  const { isHere, advance, set, end } = await deviceWithGarbage({
    aheadMs: -400 * dayMs,
    isClockRight: false,
  });
  await advance(hourMs);
  set(0, true);
  await advance(graceMs - hourMs);
  assert.ok(isHere());
  await advance(2 * dayMs + 2 * hourMs);
  assert.ok(!isHere());
  await end();
});

test('a chunk that came while the clock was ahead does not stay for that long', async () => {
  const { isHere, advance, set, end } = await deviceWithGarbage({
    aheadMs: 400 * dayMs,
    isClockRight: false,
  });
  await advance(hourMs);
  set(0, true);
  await advance(graceMs + 3 * dayMs);
  assert.ok(!isHere());
  await end();
});

test('a clock that jumps ends no grace period before another device agrees with it', async () => {
  const device = await deviceWithGarbage({ aheadMs: 0, isClockRight: true });
  const { replication, isHere, advance, set, end } = device;
  await advance(graceMs - 2 * dayMs);
  for (const aheadMs of [dayMs, 400 * dayMs]) {
    set(aheadMs, false);
    await advance(dayMs / 4);
    assert.match((await replication.garbageReport()).waitsFor ?? '', /clock/);
    assert.ok(isHere());
  }
  // Set right again, it ends when it would have ended.
  set(0, true);
  await advance(dayMs);
  assert.ok(isHere());
  await advance(2 * dayMs);
  assert.ok(!isHere());
  await end();
});

test('a report tells an age that a clock which was wrong did not make', async () => {
  const device = await deviceWithGarbage({ aheadMs: -400 * dayMs, isClockRight: false });
  await device.advance(hourMs);
  device.set(0, true);
  const { chunks, dueChunks, oldestAt } = await device.replication.garbageReport();
  assert.deepEqual([chunks, dueChunks], [1, 0]);
  assert.equal(Date.parse(oldestAt ?? ''), device.wallMs() - hourMs);
  await device.end();
});
