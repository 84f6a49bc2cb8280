/** What every ordered index promises. Run it on each implementation and on each wrapper. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import type { OrderedStore } from '../../src/model/contracts/ordered-store.ts';
import { afterPrefix, pagesOf, withPrefix } from '../../src/model/contracts/ordered-store.ts';

export interface OrderedStoreUnderTest {
  store: OrderedStore;
  /** Closes what the store needs and removes its files. */
  remove(): Promise<void>;
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (value: Uint8Array | undefined) =>
  value === undefined ? undefined : Buffer.from(value).toString();

/** A key of every byte that there is. */
const binaryKey = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
const first = '\x00';
const last = '\xff\xff\xff\xff';

async function collect(
  store: OrderedStore,
  bounds: { gte: string; lt: string; reverse?: boolean; limit?: number },
): Promise<[string, string | undefined][]> {
  const rows: [string, string | undefined][] = [];
  for await (const [key, value] of store.range(bounds)) rows.push([key, text(value)]);
  return rows;
}

async function keysOf(store: OrderedStore, bounds: Parameters<OrderedStore['range']>[0]): Promise<string[]> {
  return (await collect(store, bounds)).map(([key]) => key);
}

export function describeOrderedStore(name: string, make: () => Promise<OrderedStoreUnderTest>): void {
  describe(`${name} as an ordered index`, () => {
    let store: OrderedStore;
    let remove: () => Promise<void>;

    beforeEach(async () => {
      ({ store, remove } = await make());
    });
    afterEach(() => remove());

    const put = (...keys: string[]) => store.batch(keys.map((key) => ({ key, value: bytes(`of ${key}`) })));

    it('gives back what was put, replaced and deleted', async () => {
      assert.equal(store.get('a'), undefined);
      await put('a', 'b');
      assert.equal(text(store.get('a')), 'of a');
      await store.batch([
        { key: 'a', value: bytes('new') },
        { key: 'b', value: null },
        { key: 'never there', value: null },
      ]);
      assert.equal(text(store.get('a')), 'new');
      assert.equal(store.get('b'), undefined);
    });

    it('takes the last of several changes to one key in a batch', async () => {
      await store.batch([
        { key: 'a', value: bytes('1') },
        { key: 'a', value: null },
        { key: 'a', value: bytes('3') },
        { key: 'b', value: bytes('1') },
        { key: 'b', value: null },
      ]);
      assert.deepEqual(await collect(store, { gte: first, lt: last }), [['a', '3']]);
    });

    it('keeps empty values apart from no value, and takes an empty batch', async () => {
      await store.batch([]);
      await store.batch([{ key: 'a', value: new Uint8Array(0) }]);
      assert.equal(store.get('a')?.length, 0);
    });

    it('keeps any byte in keys and values', async () => {
      const value = new Uint8Array(Buffer.from(binaryKey, 'latin1'));
      await store.batch([{ key: binaryKey, value }], { sync: true });
      assert.deepEqual(new Uint8Array(store.get(binaryKey) ?? []), value);
      assert.deepEqual(await keysOf(store, { gte: first, lt: last }), [binaryKey]);
    });

    it('ranges over [gte, lt) in byte order, both ways and limited', async () => {
      await put('\xff', 'b', '\x00\x01', 'a', 'ab', '\x80', 'B');
      assert.deepEqual(await keysOf(store, { gte: first, lt: last }), [
        '\x00\x01',
        'B',
        'a',
        'ab',
        'b',
        '\x80',
        '\xff',
      ]);
      assert.deepEqual(await keysOf(store, { gte: 'a', lt: 'b' }), ['a', 'ab']);
      assert.deepEqual(await keysOf(store, { gte: 'a', lt: '\x80', reverse: true }), ['b', 'ab', 'a']);
      assert.deepEqual(await keysOf(store, { gte: 'a', lt: last, limit: 2 }), ['a', 'ab']);
      assert.deepEqual(await keysOf(store, { gte: 'a', lt: last, limit: 2, reverse: true }), [
        '\xff',
        '\x80',
      ]);
      assert.deepEqual(await keysOf(store, { gte: 'c', lt: 'd' }), []);
      assert.deepEqual(await keysOf(store, { gte: 'b', lt: 'a' }), []);
      assert.deepEqual(await keysOf(store, { gte: 'a', lt: last, limit: 0 }), []);
    });

    it('reads a range as it was when its reading began', async () => {
      await put('a', 'b', 'c');
      const reading = store.range({ gte: first, lt: last })[Symbol.asyncIterator]();
      assert.equal((await reading.next()).value?.[0], 'a');
      await store.batch([
        { key: 'b', value: null },
        { key: 'bb', value: bytes('later') },
        { key: 'c', value: bytes('changed') },
      ]);
      const seen: (string | undefined)[] = [];
      for (let row = await reading.next(); !row.done; row = await reading.next())
        seen.push(text(row.value[1]));
      assert.deepEqual(seen, ['of b', 'of c']);
    });

    it('lets a reader leave a range early and goes on', async () => {
      await put('a', 'b', 'c');
      for await (const [key] of store.range({ gte: first, lt: last })) if (key === 'b') break;
      await put('d');
      assert.equal((await keysOf(store, { gte: first, lt: last })).length, 4);
    });

    it('is not changed through the arrays it took and gave', async () => {
      const given = bytes('good');
      await store.batch([{ key: 'a', value: given }]);
      given.fill(0);
      store.get('a')?.fill(0);
      for await (const [, value] of store.range({ gte: first, lt: last })) value.fill(0);
      assert.equal(text(store.get('a')), 'good');
    });

    it('holds two rooms apart by prefix', async () => {
      const [one, two] = [withPrefix(store, 'one/'), withPrefix(store, 'two/')];
      await one.batch([{ key: 'k', value: bytes('1') }]);
      await two.batch([{ key: 'k', value: bytes('2') }]);
      assert.equal(text(one.get('k')), '1');
      assert.deepEqual(await collect(two, { gte: first, lt: last }), [['k', '2']]);
      assert.equal((await keysOf(store, { gte: 'one/', lt: afterPrefix('one/') })).length, 1);
    });

    it('answers like a sorted map, whatever is done to it', async () => {
      const key = fc
        .array(fc.constantFrom('\x00', 'a', 'b', '\xff'), { minLength: 1, maxLength: 3 })
        .map((part) => part.join(''));
      const change = fc.record({ key, value: fc.option(fc.uint8Array({ maxLength: 4 })) });
      const bounds = fc.record({
        gte: key,
        lt: key,
        reverse: fc.boolean(),
        limit: fc.integer({ min: 0, max: 9 }),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 6 }),
          bounds,
          async (batches, range) => {
            const all = await keysOf(store, { gte: first, lt: last });
            await store.batch(all.map((known) => ({ key: known, value: null })));
            const model = new Map<string, Uint8Array>();
            for (const batch of batches) {
              await store.batch(batch);
              for (const { key: changed, value } of batch) {
                if (value === null) model.delete(changed);
                else model.set(changed, value);
              }
            }
            const expected = [...model.keys()]
              .filter((known) => known >= range.gte && known < range.lt)
              .sort();
            if (range.reverse) expected.reverse();
            assert.deepEqual(await keysOf(store, range), expected.slice(0, range.limit));
            const pages = await Array.fromAsync(pagesOf(store, range));
            assert.deepEqual(
              pages.flat().map(([known, value]) => [known, Buffer.from(value)]),
              expected.slice(0, range.limit).map((known) => [known, Buffer.from(model.get(known) ?? [])]),
            );
            for (const [known, value] of model)
              assert.deepEqual(Buffer.from(store.get(known) ?? []), Buffer.from(value));
          },
        ),
        { numRuns: 60 },
      );
    });

    it('says that it is closed', async () => {
      await put('a');
      await store.close();
      assert.throws(() => store.get('a'), { code: 'not-ready' });
      await assert.rejects(store.batch([{ key: 'a', value: null }]), { code: 'not-ready' });
      await assert.rejects(collect(store, { gte: first, lt: last }), { code: 'not-ready' });
    });
  });
}
