import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { idKey } from '../../../src/model/contracts/ordered-store.ts';
import { silentLog } from '../../../src/model/log.ts';
import { bucketCount, bucketOf } from '../../../src/replication/database/bucket-digest.ts';
import { WriteBehind } from '../../../src/replication/database/write-behind.ts';
import { Inventory } from '../../../src/replication/inventory/inventory.ts';
import { Members } from '../../../src/replication/peers/members.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { chunkNumber, deviceNumber, member } from '../support/fixtures.ts';

const [self, peer] = [deviceNumber(0), deviceNumber(1)];
const key = (number: number) => idKey(chunkNumber(number));

function make(store = new MemoryOrderedStore(), concerns: (key: string) => boolean = () => true) {
  const index = new WriteBehind({ store, clock: new ManualClock(), log: silentLog });
  return { store, index, inventory: new Inventory({ self, index, log: silentLog, concerns }) };
}

test('rows and digests are there again after a restart', async () => {
  const { store, index, inventory } = make();
  await inventory.start();
  for (let number = 0; number < 50; number++) inventory.set(number % 2 ? self : peer, key(number), true);
  inventory.set(peer, key(4), false);
  await index.flush();
  const again = make(store).inventory;
  await again.start();
  assert.deepEqual(again.holdersOf(chunkNumber(3)), [self]);
  assert.deepEqual(again.holdersOf(chunkNumber(2)), [peer]);
  assert.deepEqual(again.holdersOf(chunkNumber(4)), []);
  assert.deepEqual(again.digestsOf(peer).toBytes(), inventory.digestsOf(peer).toBytes());
});

test('replacing a range makes rows and digests equal to the list, whatever was there before', async () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(numbers, numbers, async (before, after) => {
      const { inventory } = make();
      await inventory.start();
      for (const number of before) inventory.set(peer, key(number), true);
      for (let from = 0; from < bucketCount; from += 1024) {
        const inRange = after.map(key).filter((one) => bucketOf(one) >= from && bucketOf(one) < from + 1024);
        await inventory.replace(peer, from, from + 1024, inRange);
      }
      assert.deepEqual(await inventory.list(peer, 0, bucketCount), after.map(key).toSorted());
      assert.equal(inventory.digestsOf(peer).total(), after.length);
    }),
    { numRuns: 30 },
  );
});

test('a change reported while a range is being replaced is newer than the list', async () => {
  const { inventory } = make();
  await inventory.start();
  inventory.set(peer, key(1), true);
  const replaced = inventory.replace(peer, 0, bucketCount, [key(2)]);
  inventory.set(peer, key(3), true);
  inventory.set(peer, key(2), true);
  inventory.set(peer, key(2), false);
  await replaced;
  assert.deepEqual(await inventory.list(peer, 0, bucketCount), [key(3)]);
  assert.equal(inventory.digestsOf(peer).total(), 1);
});

test('lists of two devices that come in at once are both taken whole', async () => {
  const { inventory } = make();
  await inventory.start();
  const other = deviceNumber(2);
  const keys = Array.from({ length: 20 }, (_, number) => key(number));
  const beside = new Promise<void>((resolve) => {
    const stop = inventory.onChange(() => {
      stop();
      resolve(inventory.replace(other, 0, bucketCount, keys));
    });
  });
  await Promise.all([inventory.replace(peer, 0, bucketCount, keys), beside]);
  for (const device of [peer, other]) {
    assert.deepEqual(await inventory.list(device, 0, bucketCount), keys.toSorted());
    assert.equal(inventory.digestsOf(device).total(), keys.length);
  }
});

test('chunks that do not concern this device are counted without rows', async () => {
  const { inventory } = make(undefined, (one) => one === key(1));
  await inventory.start();
  for (const number of [1, 2, 3]) inventory.follow(peer, key(number), true);
  inventory.follow(peer, key(3), false);
  assert.deepEqual(await inventory.list(peer, 0, bucketCount), [key(1)]);
  assert.equal(inventory.digestsOf(peer).total(), 2);
  await inventory.replace(peer, 0, bucketCount, [key(1), key(2), key(5)]);
  assert.deepEqual(await inventory.list(peer, 0, bucketCount), [key(1)]);
  assert.equal(inventory.digestsOf(peer).total(), 3);
  inventory.set(self, key(7), true);
  assert.deepEqual(inventory.holdersOf(chunkNumber(7)), [self], 'own rows are always kept');
});

test("a change of this device's interest makes it compare every list but its own again", async () => {
  const { inventory } = make();
  await inventory.start();
  inventory.set(self, key(1), true);
  inventory.set(peer, key(1), true);
  const before = [self, peer].map((device) => inventory.digestsOf(device).toBytes());
  assert.equal(inventory.setInterest('six of these'), false, 'all rows are here');
  assert.equal(inventory.setInterest('six of those'), true);
  assert.deepEqual(inventory.digestsOf(self).differing(before[0]!), []);
  assert.equal(inventory.digestsOf(peer).differing(before[1]!).length, bucketCount);
});

test('in a large network a device keeps rows of chunks for which it is among the first six', () => {
  const crowd = Array.from({ length: 20 }, (_, number) => member(number));
  const membersOf = (count: number) => {
    const directory = { members: () => crowd.slice(0, count), onChange: () => () => undefined };
    const members = new Members({ directory, self, copiesWanted: 3 });
    members.start();
    return members;
  };
  const [small, large] = [membersOf(6), membersOf(20)];
  const keys = Array.from({ length: 400 }, (_, number) => key(number));
  assert.ok(keys.every((one) => small.concerns(one)));
  const concerned = keys.filter((one) => large.concerns(one)).length;
  assert.ok(concerned > 400 * 0.2 && concerned < 400 * 0.4, `${concerned} of 400`);
  assert.notEqual(large.interest(), small.interest());
  assert.equal(large.interest(), membersOf(20).interest());
});
