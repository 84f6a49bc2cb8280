import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemTellMs } from '../../../src/model/limits.ts';
import { SystemWatch } from '../../../src/node/machine/system-watch.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('the watch of the machine', () => {
  it('tells pages to look again every two seconds, only while somebody listens, and when transfers changed', () => {
    const clock = new ManualClock();
    const told: string[] = [];
    let transfers = { uploads: 0, unprotectedChunks: 0, repairs: 0 };
    const watch = new SystemWatch({ clock, transfers: () => transfers, tell: (topic) => told.push(topic) });
    clock.advance(systemTellMs * 3);
    assert.deepEqual(told, []);
    const stops = [watch.listen(), watch.listen()];
    clock.advance(systemTellMs);
    assert.deepEqual(told.splice(0), ['system']);
    transfers = { ...transfers, uploads: 1 };
    clock.advance(systemTellMs);
    assert.deepEqual(told.splice(0), ['transfers', 'system']);
    stops[0]?.();
    clock.advance(systemTellMs);
    assert.deepEqual(told.splice(0), ['system']);
    stops[1]?.();
    clock.advance(systemTellMs * 3);
    assert.deepEqual(told, []);
  });
});
