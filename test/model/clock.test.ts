import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { systemClock } from '../../src/model/clock.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describe('the system clock', () => {
  it('waits longer than a timer of Node can, and can be told not to', () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      let rung = 0;
      const ring = () => {
        rung += 1;
      };
      systemClock.after(60 * dayMs, ring);
      const cancelled = systemClock.after(60 * dayMs, ring);
      const pass = (hours: number) => {
        for (let hour = 0; hour < hours; hour += 1) mock.timers.tick(hourMs);
      };
      pass(24 * 30);
      cancelled.cancel();
      pass(24 * 30 - 1);
      assert.equal(rung, 0);
      // The mock lets a timer that is set by another begin at the end of its tick.
      pass(4);
      assert.equal(rung, 1);
    } finally {
      mock.timers.reset();
    }
  });
});
