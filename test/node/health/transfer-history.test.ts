import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../../src/model/log.ts';
import { daysMax, TransferHistory } from '../../../src/node/health/transfer-history.ts';
import { Traffic } from '../../../src/node/network/index.ts';
import { MemoryOrderedStore } from '../../../src/store/index.ts';
import { deviceNumber } from '../../replication/support/fixtures.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const dayMs = 86_400_000;
const other = deviceNumber(1);

function history(clock: ManualClock, store: MemoryOrderedStore) {
  const traffic = new Traffic(clock);
  return { traffic, transfers: new TransferHistory({ traffic, store, clock, log: silentLog }) };
}

test('transfers are added up by day and device, and are there after a restart', async () => {
  const clock = new ManualClock();
  const store = new MemoryOrderedStore();
  const before = history(clock, store);
  await before.transfers.start();
  before.traffic.add(other, 100, 1);
  await clock.pass(dayMs);
  before.traffic.add(other, 20, 2);
  before.traffic.add(other, 3, 0);
  await before.transfers.stop();
  const { transfers } = history(clock, store);
  await transfers.start();
  const days = transfers.list(10);
  assert.deepEqual(
    days.map(({ devices }) => devices),
    [
      [{ deviceId: other, sentBytes: 23, receivedBytes: 2 }],
      [{ deviceId: other, sentBytes: 100, receivedBytes: 1 }],
    ],
  );
  assert.ok(days[0]!.day > days[1]!.day);
  assert.equal(transfers.list(1).length, 1);
  await transfers.stop();
});

test('a year of days is kept, and a day that rotted is left out', async () => {
  const clock = new ManualClock();
  const store = new MemoryOrderedStore();
  await store.batch([{ key: '2001-01-01', value: new Uint8Array([255]) }]);
  const { traffic, transfers } = history(clock, store);
  await transfers.start();
  assert.deepEqual(transfers.list(10), []);
  for (let day = 0; day < daysMax + 5; day++) {
    traffic.add(other, 1, 0);
    transfers.list(1);
    await clock.pass(dayMs);
  }
  await transfers.stop();
  const again = history(clock, store);
  await again.transfers.start();
  assert.equal(again.transfers.list(1000).length, daysMax);
  await again.transfers.stop();
});
