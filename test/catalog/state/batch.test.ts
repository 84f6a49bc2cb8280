import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { Batch } from '../../../src/catalog/state/batch.ts';
import { countBatch, countRows } from '../../../src/catalog/state/row-counts.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';

/** `m` rows are not counted. */
const keys = ['a', 'b', 'c', 'd', 'm1'];
const step = fc.record({
  what: fc.constantFrom('get', 'put', 'new', 'delete', 'fork', 'join', 'drop'),
  key: fc.constantFrom(...keys),
  byte: fc.nat(255),
});

function apply(batches: Batch[], { what, key, byte }: { what: string; key: string; byte: number }): void {
  const batch = batches.at(-1);
  assert.ok(batch);
  const value = Uint8Array.of(byte);
  if (what === 'get') batch.get(key);
  if (what === 'put') batch.put(key, value);
  if (what === 'new' && batch.get(key) === undefined) batch.putNew(key, value);
  if (what === 'delete') batch.delete(key);
  if (what === 'fork' && batches.length < 4) batches.push(batch.fork());
  if ((what === 'join' || what === 'drop') && batches.length > 1) {
    const fork = batches.pop();
    if (what === 'join' && fork) batches.at(-1)?.join(fork);
  }
}

it('a batch knows which of its rows are there before, and so how many there will be', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 20 }), { maxLength: 4 }), async (rounds) => {
      const store = new MemoryOrderedStore();
      for (const steps of rounds) {
        const batches = [new Batch(store)];
        for (const one of steps) apply(batches, one);
        const [batch] = batches;
        assert.ok(batch);
        for (const key of keys) assert.equal(batch.isBelow(key), store.get(key) !== undefined);
        const rows = countBatch(await countRows(store), batch);
        await store.batch(batch.changes());
        // Throws where the number written is another than that of the rows.
        assert.equal(await countRows(store), rows);
      }
    }),
    { numRuns: 500 },
  );
});
