/** The chart of what moved on each day. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { barsOf, byDevice } from '../../../web/client/network/transfer-days.ts';

const days = [
  { day: '2026-03-01', devices: [{ deviceId: 'a', sentBytes: 5, receivedBytes: 1 }] },
  {
    day: '2026-02-27',
    devices: [
      { deviceId: 'a', sentBytes: 1, receivedBytes: 1 },
      { deviceId: 'b', sentBytes: 100, receivedBytes: 0 },
    ],
  },
];

describe('transfers by day', () => {
  it('have a bar for each day up to today, also where nothing moved', () => {
    assert.deepEqual(barsOf(days, 4, '2026-03-02'), [
      { day: '2026-02-27', sentBytes: 101, receivedBytes: 1 },
      { day: '2026-02-28', sentBytes: 0, receivedBytes: 0 },
      { day: '2026-03-01', sentBytes: 5, receivedBytes: 1 },
      { day: '2026-03-02', sentBytes: 0, receivedBytes: 0 },
    ]);
  });

  it('are added up by device, the busiest first', () => {
    assert.deepEqual(byDevice(days), [
      { deviceId: 'b', sentBytes: 100, receivedBytes: 0 },
      { deviceId: 'a', sentBytes: 6, receivedBytes: 2 },
    ]);
  });
});
