import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idKey } from '../../../src/model/contracts/ordered-store.ts';
import { silentLog } from '../../../src/model/log.ts';
import { WriteBehind } from '../../../src/replication/database/write-behind.ts';
import { Inventory } from '../../../src/replication/inventory/inventory.ts';
import { Copies } from '../../../src/replication/references/copies.ts';
import { ReferenceIndex } from '../../../src/replication/references/reference-index.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { chunkNumber, deviceNumber } from '../support/fixtures.ts';

const key = (number: number) => idKey(chunkNumber(number));

test('counts are right although everything changes while they are being made', async () => {
  const self = deviceNumber(0);
  const index = new WriteBehind({
    store: new MemoryOrderedStore(),
    clock: new ManualClock(),
    log: silentLog,
  });
  const inventory = new Inventory({ self, index, log: silentLog, concerns: () => true });
  const references = new ReferenceIndex({ index, log: silentLog });
  const random = seededRandom(4);
  const pick = (count: number) => Math.floor(random.next() * count);
  const change = () => {
    const some = Array.from({ length: 20 }, () => ({ key: key(pick(6000)), size: 10 }));
    references.addManifest(key(10_000 + pick(100_000)), 50, false, some);
    for (let times = 0; times < 20; times++)
      inventory.set(deviceNumber(pick(3)), key(pick(6000)), pick(2) === 0);
  };
  for (let times = 0; times < 100; times++) change();
  const copies = new Copies({ inventory, references });
  copies.start();
  let counting = true;
  const counted = copies.count().then(() => {
    counting = false;
  });
  let during = 0;
  while (counting) {
    change();
    during += 1;
    for (let turn = 0; turn < 200; turn++) await Promise.resolve();
  }
  await counted;
  assert.ok(during > 3, 'pages were read in between');
  const all = inventory.maskFor([0, 1, 2].map(deviceNumber));
  const followed = copies.health(all);
  const fresh = new Copies({ inventory, references });
  fresh.start();
  await fresh.count();
  assert.deepEqual(followed, fresh.health(all));
});
