import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isSweepable, isTooMuch, refusalOf } from '../../../src/replication/garbage/garbage-plan.ts';

const time = fc.integer({ min: 0, max: 1000 });
const GiB = 2 ** 30;

test('no chunk goes before its grace is over, nor while an upload in progress may still list it', () => {
  fc.assert(
    fc.property(time, time, time, time, (sinceMs, nowMs, graceMs, oldestUploadMs) => {
      const times = { nowMs, graceMs, oldestUploadMs };
      const may = isSweepable({ sinceMs, cause: 'deleted' }, times);
      assert.equal(may, nowMs - sinceMs >= graceMs && sinceMs < oldestUploadMs);
    }),
  );
});

test('each refusing condition alone keeps everything', () => {
  const good = {
    catalogComplete: true,
    referencesComplete: true,
    volumeMissing: false,
    clockRight: true,
  };
  assert.equal(refusalOf(good), undefined);
  const bad = [
    { catalogComplete: false },
    { referencesComplete: false },
    { volumeMissing: true },
    { clockRight: false },
  ];
  const sentences = bad.map((one) => refusalOf({ ...good, ...one }));
  assert.equal(new Set(sentences).size, bad.length);
  assert.ok(sentences.every((sentence) => sentence?.endsWith('.')));
});

test('more than a twentieth, or than 20 GiB, of chunks that nobody deleted is too much', () => {
  const sweep = { heldBytes: 100 * GiB, confirmedBytes: 0 };
  assert.equal(isTooMuch({ ...sweep, unexplainedBytes: 5 * GiB }), false);
  assert.equal(isTooMuch({ ...sweep, unexplainedBytes: 5 * GiB + 1 }), true);
  assert.equal(isTooMuch({ ...sweep, unexplainedBytes: 9 * GiB, confirmedBytes: 4 * GiB }), false);
  const large = { heldBytes: 4000 * GiB, confirmedBytes: 0 };
  assert.equal(isTooMuch({ ...large, unexplainedBytes: 20 * GiB }), false);
  assert.equal(isTooMuch({ ...large, unexplainedBytes: 21 * GiB }), true);
});
