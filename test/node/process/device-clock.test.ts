import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../../src/model/clock.ts';
import { silentLog } from '../../../src/model/log.ts';
import { openDeviceClock, uptimeBetweenGapsMs } from '../../../src/node/process/device-clock.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** One device: its disk, and what its two clocks show. */
function createMachine() {
  const store = new MemoryOrderedStore();
  const shown = { wallMs: Date.UTC(2027, 0, 1), monotonicMs: 0 };
  const timers: (() => void)[] = [];
  const system: Clock = {
    wallMs: () => shown.wallMs,
    monotonicMs: () => shown.monotonicMs,
    elapsedMs: () => assert.fail('the count is not taken from the system'),
    after(_ms, fn) {
      timers.push(fn);
      return { cancel: () => timers.splice(0) };
    },
  };
  return {
    store,
    open: () => openDeviceClock({ store, system, log: silentLog }),
    run(ms: number) {
      shown.monotonicMs += ms;
      shown.wallMs += ms;
    },
    /** Only the wall clock moves: the machine was off or asleep, or somebody set the clock. */
    moveWall(ms: number) {
      shown.wallMs += ms;
    },
    /** What the timer does each minute. */
    async saveNow() {
      timers.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('a device counts the time that it runs, over restarts', async () => {
  const machine = createMachine();
  const first = machine.open();
  machine.run(5 * dayMs);
  assert.equal(first.elapsedMs(), 5 * dayMs);
  await first.stop();
  machine.run(10 * hourMs);
  const second = machine.open();
  assert.equal(second.elapsedMs(), 5 * dayMs + 10 * hourMs);
});

test('a device that starts with a clock two months ahead counts one day of them', async () => {
  const machine = createMachine();
  await machine.open().stop();
  machine.moveWall(60 * dayMs);
  const clock = machine.open();
  assert.equal(clock.elapsedMs(), dayMs);
  machine.moveWall(-60 * dayMs);
  machine.run(hourMs);
  assert.equal(clock.elapsedMs(), dayMs + hourMs);
});

test('a clock that is set forward while the device runs adds one day at most', () => {
  const machine = createMachine();
  const clock = machine.open();
  machine.run(hourMs);
  machine.moveWall(400 * dayMs);
  assert.equal(clock.elapsedMs(), hourMs + dayMs);
});

test('a device that starts again and again, each time further ahead, counts no day without an hour of uptime', async () => {
  const machine = createMachine();
  for (let starts = 0; starts < 40; starts += 1) {
    const clock = machine.open();
    machine.run(60_000);
    await clock.stop();
    machine.moveWall(10 * dayMs);
  }
  const elapsedMs = machine.open().elapsedMs();
  assert.ok(elapsedMs <= dayMs + 40 * 60_000, `${elapsedMs / dayMs} days`);
  machine.run(uptimeBetweenGapsMs);
});

test('a clock that falls back at each start and is set right again adds nothing twice', async () => {
  const machine = createMachine();
  await machine.open().stop();
  for (let starts = 0; starts < 40; starts += 1) {
    machine.moveWall(-500 * dayMs);
    const clock = machine.open();
    machine.run(2 * hourMs);
    machine.moveWall(500 * dayMs);
    clock.elapsedMs();
    await clock.stop();
  }
  assert.equal(machine.open().elapsedMs(), 80 * hourMs);
});

test('a device that is on for two hours a day keeps the days of the calendar', async () => {
  const machine = createMachine();
  for (let days = 0; days < 30; days += 1) {
    const clock = machine.open();
    machine.run(2 * hourMs);
    await clock.stop();
    machine.moveWall(22 * hourMs);
  }
  assert.equal(machine.open().elapsedMs(), 30 * dayMs);
});

test('a process that is killed loses no more of the count than since it was saved', async () => {
  const machine = createMachine();
  machine.open();
  machine.run(hourMs);
  await machine.saveNow();
  machine.run(30_000);
  assert.equal(machine.open().elapsedMs(), hourMs);
});

test('a count that is damaged begins again', async () => {
  const machine = createMachine();
  const clock = machine.open();
  machine.run(dayMs);
  await clock.stop();
  await machine.store.batch([{ key: 'count', value: new Uint8Array(7) }]);
  assert.equal(machine.open().elapsedMs(), 0);
});
