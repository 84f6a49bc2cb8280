import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../../src/model/log.ts';
import { Receipts } from '../../../src/replication/database/receipts.ts';
import { WriteBehind } from '../../../src/replication/database/write-behind.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const indexOn = (store: MemoryOrderedStore) =>
  new WriteBehind({ store, clock: new ManualClock(), log: silentLog });

test('the last 200 receipts are kept, newest first, also after a restart and one that is damaged', async () => {
  const store = new MemoryOrderedStore();
  const index = indexOn(store);
  const receipts = new Receipts({ index, log: silentLog });
  await receipts.start();
  for (let number = 0; number < 300; number++) receipts.add(number, `Receipt ${number}.`);
  await index.flush();
  assert.equal(receipts.list().length, 200);
  const again = new Receipts({ index: indexOn(store), log: silentLog });
  await again.start();
  assert.deepEqual(again.list(), receipts.list());
  assert.deepEqual(again.list()[0], { at: '1970-01-01T00:00:00.299Z', sentence: 'Receipt 299.' });

  const rows = await Array.fromAsync(store.range({ gte: 'r', lt: 's' }));
  assert.equal(rows.length, 200);
  await store.batch([{ key: rows[0]?.[0] ?? '', value: Uint8Array.of(0xff) }]);
  const damaged = new Receipts({ index: indexOn(store), log: silentLog });
  await damaged.start();
  damaged.add(0, 'One more.');
  assert.equal(damaged.list().length, 200);
});
