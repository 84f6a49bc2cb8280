import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SoonestTimer } from '../../../src/replication/repair/soonest-timer.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('the earliest request decides when a run comes, and one run serves all of them', () => {
  const clock = new ManualClock();
  const runs: number[] = [];
  const timer = new SoonestTimer(clock, () => runs.push(clock.monotonicMs()));
  timer.within(500);
  timer.within(100);
  timer.within(300);
  clock.advance(1000);
  assert.deepEqual(runs, [100]);
  timer.within(50);
  clock.advance(1000);
  assert.deepEqual(runs, [100, 1050]);
});

test('a stopped timer runs nothing, whatever is asked later', () => {
  const clock = new ManualClock();
  const timer = new SoonestTimer(clock, () => assert.fail('it runs'));
  timer.within(100);
  timer.stop();
  timer.within(100);
  clock.advance(1000);
  assert.equal(clock.pending, 0);
});
