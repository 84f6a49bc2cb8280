import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { comparison, pageOf, type Sortable } from '../../../../src/drive/tree/listing/paging.ts';
import type { ListOptions } from '../../../../src/model/contracts/drive.ts';
import { isPeerstorError } from '../../../../src/model/errors.ts';
import { entryId } from '../../../../src/model/ids.ts';

const key = new Uint8Array(32).fill(7);
const options = (more: Partial<ListOptions> = {}): ListOptions => ({
  sort: 'name',
  order: 'asc',
  limit: 3,
  ...more,
});

let next = 0;
function item(name: string, more: Partial<Sortable> = {}): Sortable {
  next += 1;
  const id = entryId(next.toString(16).padStart(32, '0'));
  return { id, kind: 'file', name, size: 0, modifiedAtMs: 0, ...more };
}

function namesIn(items: readonly Sortable[], order: Partial<ListOptions>): string[] {
  return [...items].sort(comparison(options(order))).map(({ name }) => name);
}

test('folders come first in both directions, and numbers in names count as numbers', () => {
  const items = [
    item('10'),
    item('9'),
    item('b', { kind: 'folder' }),
    item('a'),
    item('A10', { kind: 'folder' }),
  ];
  assert.deepEqual(namesIn(items, {}), ['A10', 'b', '9', '10', 'a']);
  assert.deepEqual(namesIn(items, { order: 'desc' }), ['b', 'A10', 'a', '10', '9']);
});

test('size, date and kind order, with the name between equals', () => {
  const items = [
    item('big.txt', { size: 9, modifiedAtMs: 1 }),
    item('small.jpg', { size: 1, modifiedAtMs: 3 }),
    item('also.jpg', { size: 1, modifiedAtMs: 2 }),
  ];
  assert.deepEqual(namesIn(items, { sort: 'size' }), ['also.jpg', 'small.jpg', 'big.txt']);
  assert.deepEqual(namesIn(items, { sort: 'modifiedAt', order: 'desc' }), [
    'small.jpg',
    'also.jpg',
    'big.txt',
  ]);
  assert.deepEqual(namesIn(items, { sort: 'kind' }), ['also.jpg', 'small.jpg', 'big.txt']);
});

test('pages together are the list, whatever the page size', () => {
  const some = fc.array(
    fc.record({ name: fc.constantFrom('a', 'A', 'b1', 'b10', 'b9'), size: fc.nat(3), folder: fc.boolean() }),
    { maxLength: 40 },
  );
  const orders = fc.record({
    sort: fc.constantFrom<ListOptions['sort']>('name', 'size', 'modifiedAt', 'kind'),
    order: fc.constantFrom<ListOptions['order']>('asc', 'desc'),
    limit: fc.integer({ min: 1, max: 7 }),
  });
  fc.assert(
    fc.property(some, orders, (made, order) => {
      const items = made.map(({ name, size, folder }) =>
        item(name, { size, kind: folder ? 'folder' : 'file' }),
      );
      const sorted = items.sort(comparison(order));
      const told: Sortable[] = [];
      let cursor: string | null = null;
      do {
        const page: { items: Sortable[]; nextCursor: string | null } = pageOf(
          sorted,
          { ...order, ...(cursor !== null && { cursor }) },
          key,
        );
        assert.ok(page.items.length <= order.limit);
        told.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== null);
      assert.deepEqual(told, sorted);
    }),
  );
});

test('a page goes on behind its last item, though that and those before it are gone', () => {
  const sorted = ['a', 'b', 'c', 'd', 'e'].map((name) => item(name));
  const first = pageOf(sorted, options(), key);
  assert.deepEqual(
    first.items.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
  assert.ok(first.nextCursor);
  const rest = pageOf(sorted.slice(3), options({ cursor: first.nextCursor }), key);
  assert.deepEqual(
    rest.items.map(({ name }) => name),
    ['d', 'e'],
  );
  assert.equal(rest.nextCursor, null);
});

test('a cursor tells nobody a name, and belongs to its order and its folder', () => {
  const sorted = ['secret one', 'secret two'].map((name) => item(name));
  const { nextCursor } = pageOf(sorted, options({ limit: 1 }), key);
  assert.ok(nextCursor);
  assert.ok(!Buffer.from(nextCursor, 'base64url').toString('latin1').includes('secret'));
  const refused = (error: unknown) => isPeerstorError(error, 'bad-input');
  assert.throws(() => pageOf(sorted, options({ cursor: 'nonsense' }), key), refused);
  assert.throws(() => pageOf(sorted, options({ cursor: nextCursor, order: 'desc' }), key), refused);
  assert.throws(
    () =>
      pageOf(
        sorted,
        options({ cursor: nextCursor }),
        key.map(() => 8),
      ),
    refused,
  );
});
