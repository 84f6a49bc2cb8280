import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createStallWatch } from '../../../src/http/limits/stall-watch.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('a stall watch', () => {
  function watched() {
    const clock = new ManualClock();
    let stalls = 0;
    const watch = createStallWatch(clock, 1000, () => {
      stalls += 1;
    });
    return { clock, watch, stalls: () => stalls };
  }

  it('calls once when one wait was too long', () => {
    const { clock, watch, stalls } = watched();
    watch.waiting();
    clock.advance(999);
    assert.equal(stalls(), 0);
    clock.advance(1);
    clock.advance(5000);
    assert.equal(stalls(), 1);
  });

  it('counts each wait by itself, with one timer', () => {
    const { clock, watch, stalls } = watched();
    for (let n = 0; n < 10; n += 1) {
      watch.waiting();
      clock.advance(900);
      watch.moved();
    }
    assert.ok(clock.pending <= 1);
    watch.waiting();
    clock.advance(999);
    assert.equal(stalls(), 0);
    clock.advance(1);
    assert.equal(stalls(), 1);
  });

  it('does not count the time in which nothing was waited for', () => {
    const { clock, watch, stalls } = watched();
    watch.waiting();
    watch.moved();
    clock.advance(10_000);
    watch.waiting();
    clock.advance(500);
    assert.equal(stalls(), 0);
  });

  it('is silent once stopped', () => {
    const { clock, watch, stalls } = watched();
    watch.waiting();
    watch.stop();
    clock.advance(5000);
    assert.equal(stalls(), 0);
    assert.equal(clock.pending, 0);
  });
});
