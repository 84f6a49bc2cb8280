import assert from 'node:assert/strict';
import { it } from 'node:test';
import { MemoryOrderedStore } from '../../../src/store/index.ts';
import { SortedKeys } from '../../../src/store/level/sorted-keys.ts';
import { describeOrderedStore } from '../../contract/ordered-store.contract.ts';

describeOrderedStore('MemoryOrderedStore', async () => ({
  store: new MemoryOrderedStore(),
  remove: async () => {},
}));

it('keeps thousands of keys in order while they come and go in any order', () => {
  const keys = new SortedKeys();
  const names = Array.from({ length: 5000 }, (_, index) => String((index * 7919) % 5000).padStart(4, '0'));
  for (const name of names) keys.add(name);
  for (const name of names) if (Number(name) % 3 === 0) keys.delete(name);
  const left = names.filter((name) => Number(name) % 3 !== 0).sort();
  assert.deepEqual([...keys.between('0', ':', false)], left);
  assert.deepEqual([...keys.between('0', ':', true)], left.toReversed());
  assert.deepEqual(
    [...keys.between('1000', '2000', false)],
    left.filter((name) => name >= '1000' && name < '2000'),
  );
  for (const name of left) keys.delete(name);
  assert.deepEqual([...keys.between('', 'z', false)], []);
});
