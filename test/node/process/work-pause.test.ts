import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pauseMinutesMax, WorkPause } from '../../../src/node/process/work-pause.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('a pause ends by itself, or when somebody ends it, and never lasts longer than it may', async () => {
  const clock = new ManualClock();
  const pause = new WorkPause(clock);
  assert.equal(pause.until, null);
  pause.begin(60);
  assert.equal(pause.until, new Date(clock.wallMs() + 3_600_000).toISOString());
  await clock.pass(59 * 60_000);
  assert.equal(pause.isOn, true);
  await clock.pass(60_000);
  assert.deepEqual([pause.isOn, pause.until], [false, null]);
  pause.begin(60);
  pause.begin(0);
  assert.equal(pause.isOn, false);
  pause.begin(1e9);
  await clock.pass(pauseMinutesMax * 60_000);
  assert.equal(pause.isOn, false);
});
