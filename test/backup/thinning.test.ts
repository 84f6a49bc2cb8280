import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { superfluousSnapshots } from '../../src/backup/snapshots/thinning.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const nowMs = Date.UTC(2026, 10, 30, 16, 30);
const none = { hourly: 0, daily: 0, weekly: 0, monthly: 0 };
const every = (stepMs: number, count: number) => Array.from({ length: count }, (_, n) => nowMs - n * stepMs);
const kept = (times: number[], keep: typeof none) => {
  const gone = new Set(superfluousSnapshots(times, keep, nowMs));
  return times.filter((atMs) => !gone.has(atMs)).map((atMs) => new Date(atMs).toISOString().slice(0, 16));
};

describe('thinning of snapshots', () => {
  it('keeps all of the last hour, at most sixty, and always the newest', () => {
    assert.equal(kept(every(2 * minuteMs, 100), none).length, 30);
    assert.equal(kept(every(10_000, 1000), none).length, 60);
    assert.deepEqual(kept([nowMs - 400 * dayMs, nowMs - 300 * dayMs], none), ['2026-02-03T16:30']);
  });

  it('keeps the newest of each hour, day, week and month, as many as are wanted', () => {
    const times = every(20 * minuteMs, 3 * 24 * 400);
    const hourly = kept(times, { ...none, hourly: 5 });
    assert.deepEqual(hourly, [
      '2026-11-30T16:30',
      '2026-11-30T16:10',
      '2026-11-30T15:50',
      '2026-11-30T14:50',
      '2026-11-30T13:50',
      '2026-11-30T12:50',
    ]);
    const days = kept(times, { ...none, daily: 3 }).slice(3);
    assert.deepEqual(days, ['2026-11-29T23:50', '2026-11-28T23:50']);
    const weeks = kept(times, { ...none, weekly: 3 }).slice(3);
    assert.deepEqual(weeks, ['2026-11-29T23:50', '2026-11-22T23:50']);
    const months = kept(times, { ...none, monthly: 3 }).slice(3);
    assert.deepEqual(months, ['2026-10-31T23:50', '2026-09-30T23:50']);
  });
});
