import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../../src/model/log.ts';
import { openClocks } from '../../../src/node/process/agreed-clock.ts';
import { MemoryOrderedStore } from '../../../src/store/index.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const startMs = Date.UTC(2027, 0, 1);

/** The right time, the wrong clock of this device, and the clocks of others. */
function createMachine() {
  const index = new MemoryOrderedStore();
  const right = { ms: startMs, monotonicMs: 0 };
  const wrong = { ownMs: 0, othersMs: [] as number[] };
  const system = {
    wallMs: () => right.ms + wrong.ownMs,
    monotonicMs: () => right.monotonicMs,
    elapsedMs: () => assert.fail('the count is not taken from the system'),
    after: () => ({ cancel: () => undefined }),
  };
  const heard = () => wrong.othersMs.map((ms) => wrong.ownMs - ms);
  let clocks = openClocks({ index, system, heard, log: silentLog });
  return {
    /** How far the clocks are ahead of the right time. */
    wrong,
    run(ms: number) {
      right.ms += ms;
      right.monotonicMs += ms;
    },
    /** Off for so long; then another process, whose monotonic clock begins anew. */
    async restart(offMs: number) {
      clocks.agreedClock.wallMs();
      await clocks.stop();
      right.ms += offMs;
      right.monotonicMs = 0;
      clocks = openClocks({ index, system, heard, log: silentLog });
    },
    /** How far the agreed time is ahead of the right one. */
    aheadMs: () => clocks.agreedClock.wallMs() - right.ms,
  };
}

test('a device alone has nothing but its own clock', () => {
  const machine = createMachine();
  for (const ms of [0, -60 * dayMs, 60 * dayMs]) {
    machine.wrong.ownMs = ms;
    assert.equal(machine.aheadMs(), ms);
  }
});

test('two other clocks that agree are believed, and the own one where it is not far off', () => {
  const machine = createMachine();
  machine.wrong.othersMs = [0, 1000];
  machine.wrong.ownMs = minuteMs;
  assert.equal(machine.aheadMs(), minuteMs);
  for (const ms of [-60 * dayMs, 60 * dayMs]) {
    machine.wrong.ownMs = ms;
    assert.ok(Math.abs(machine.aheadMs()) <= 1000);
  }
});

test('of two other clocks the wrong one moves nothing where the own one agrees with the other', () => {
  const machine = createMachine();
  machine.wrong.othersMs = [0, 60 * dayMs];
  assert.equal(machine.aheadMs(), 0);
  machine.wrong.othersMs = [0, -60 * dayMs];
  assert.equal(machine.aheadMs(), 0);
});

test('a clock that starts in the past is overruled by the only other one', async () => {
  const machine = createMachine();
  machine.wrong.othersMs = [0];
  assert.equal(machine.aheadMs(), 0);
  await machine.restart(30 * dayMs);
  // Without a battery it goes on where it was switched off, or at a date of its own.
  for (const ms of [-30 * dayMs, -2000 * dayMs]) {
    machine.wrong.ownMs = ms;
    assert.equal(machine.aheadMs(), 0);
  }
});

test('a clock that is set wrong while the device runs moves nothing while another one goes on rightly', () => {
  const machine = createMachine();
  machine.wrong.othersMs = [0];
  machine.run(dayMs);
  assert.equal(machine.aheadMs(), 0);
  for (const ms of [60 * dayMs, -60 * dayMs]) {
    machine.wrong.ownMs = ms;
    machine.run(minuteMs);
    assert.equal(machine.aheadMs(), 0);
  }
});

test('the only other clock moves nothing when it is the one that was set wrong', () => {
  const machine = createMachine();
  machine.wrong.othersMs = [0];
  assert.equal(machine.aheadMs(), 0);
  for (const ms of [60 * dayMs, -60 * dayMs]) {
    machine.wrong.othersMs = [ms];
    machine.run(minuteMs);
    assert.equal(machine.aheadMs(), 0);
  }
});

test('no clock is believed that is behind what two clocks agreed on before, over restarts and alone', async () => {
  const machine = createMachine();
  machine.wrong.othersMs = [0];
  machine.run(10 * dayMs);
  assert.equal(machine.aheadMs(), 0);
  machine.wrong.othersMs = [];
  machine.wrong.ownMs = -400 * dayMs;
  await machine.restart(5 * dayMs);
  // Switched off for five days that nothing here can know of.
  assert.equal(machine.aheadMs(), -5 * dayMs);
  machine.run(3 * dayMs);
  assert.equal(machine.aheadMs(), -5 * dayMs);
  // After a power cut at home others are as far behind.
  machine.wrong.othersMs = [-400 * dayMs, -400 * dayMs];
  assert.equal(machine.aheadMs(), -5 * dayMs);
  machine.wrong.othersMs = [0, 0];
  assert.equal(machine.aheadMs(), 0);
});

test('a count of elapsed time that ran a day ahead does not move the agreed time for ever', async () => {
  const machine = createMachine();
  machine.wrong.othersMs = [0];
  machine.run(2 * dayMs);
  assert.equal(machine.aheadMs(), 0);
  // One start with a wrong clock: the gap counts for a day.
  machine.wrong.ownMs = 60 * dayMs;
  machine.wrong.othersMs = [];
  await machine.restart(minuteMs);
  assert.equal(machine.aheadMs(), 60 * dayMs);
  machine.wrong.ownMs = 0;
  machine.wrong.othersMs = [0];
  await machine.restart(minuteMs);
  assert.equal(machine.aheadMs(), 0);
});

test('a damaged row of the agreed time is none', async () => {
  const index = new MemoryOrderedStore();
  await index.batch([{ key: 'agreed-clock/agreed', value: new Uint8Array(3) }]);
  const system = {
    wallMs: () => startMs,
    monotonicMs: () => 0,
    elapsedMs: () => 0,
    after: () => ({ cancel: () => undefined }),
  };
  const { agreedClock } = openClocks({ index, system, heard: () => [], log: silentLog });
  assert.equal(agreedClock.wallMs(), startMs);
});
