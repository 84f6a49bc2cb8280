/**
 * The order of lists, and cursors into them. A cursor holds the sort key of the last item on a page, not
 * a number of items, so that no entry is skipped or repeated when entries come and go between two pages.
 * It is sealed, because it contains a name and travels in URLs.
 */
import { decode, encode, open, seal } from '../../../crypto/index.ts';
import type { ListOptions } from '../../../model/contracts/drive.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { type EntryId, entryId } from '../../../model/ids.ts';
import { listLimitMax } from '../../../model/limits.ts';
import { endingOf } from './names.ts';

/** The sort key of an item. */
export interface Sortable {
  id: EntryId;
  kind: 'file' | 'folder';
  name: string;
  size: number;
  modifiedAtMs: number;
}

type Order = Pick<ListOptions, 'sort' | 'order'>;
type Compare = (left: Sortable, right: Sortable) => number;

const cursorLabel = 'cursor/1';
/** One locale for all devices: a list may be continued on another one. */
const collator = new Intl.Collator('en', { numeric: true });

const comparisons: Record<ListOptions['sort'], Compare> = {
  name: () => 0,
  size: (left, right) => left.size - right.size,
  modifiedAt: (left, right) => left.modifiedAtMs - right.modifiedAtMs,
  kind: (left, right) => collator.compare(endingOf(left.name), endingOf(right.name)),
};

/** Folders first, whatever the order; equal items by name in natural order, then by id. */
export function comparison({ sort, order }: Order): Compare {
  const compare = comparisons[sort];
  const sign = order === 'desc' ? -1 : 1;
  return (left, right) => {
    if (left.kind !== right.kind) return left.kind === 'folder' ? -1 : 1;
    const difference =
      compare(left, right) || collator.compare(left.name, right.name) || compareIds(left.id, right.id);
    return sign * difference;
  };
}

/**
 * @param sorted in the order of `options`
 * @param key 32 bytes that seal the cursor
 * @throws `bad-input` for a cursor that is not from this list
 */
export function pageOf<Item extends Sortable>(
  sorted: readonly Item[],
  options: ListOptions,
  key: Uint8Array,
): { items: Item[]; nextCursor: string | null } {
  const limit = Math.min(Math.max(1, Math.trunc(options.limit)), listLimitMax);
  const start = options.cursor === undefined ? 0 : indexAfter(sorted, options, options.cursor, key);
  const items = sorted.slice(start, start + limit);
  const last = items.at(-1);
  const more = start + limit < sorted.length;
  return { items, nextCursor: more && last ? sealCursor(last, options, key) : null };
}

function sealCursor(last: Sortable, { sort, order }: Order, key: Uint8Array): string {
  const { id, kind, name, size, modifiedAtMs } = last;
  const place = encode([sort, order, id, kind, name, size, modifiedAtMs]);
  return Buffer.from(seal(key, cursorLabel, place)).toString('base64url');
}

function openCursor(cursor: string, options: Order, key: Uint8Array): Sortable {
  let place: unknown;
  try {
    place = decode(open(key, cursorLabel, Buffer.from(cursor, 'base64url')));
  } catch (cause) {
    throw wrongCursor(cause);
  }
  if (!Array.isArray(place)) throw wrongCursor();
  const [sort, order, id, kind, name, size, modifiedAtMs]: unknown[] = place;
  const fits =
    sort === options.sort &&
    order === options.order &&
    typeof id === 'string' &&
    (kind === 'file' || kind === 'folder') &&
    typeof name === 'string' &&
    typeof size === 'number' &&
    typeof modifiedAtMs === 'number';
  if (!fits) throw wrongCursor();
  return { id: entryId(id), kind, name, size, modifiedAtMs };
}

function indexAfter(sorted: readonly Sortable[], options: Order, cursor: string, key: Uint8Array): number {
  const place = openCursor(cursor, options, key);
  const compare = comparison(options);
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = sorted[middle];
    if (item && compare(item, place) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function wrongCursor(cause?: unknown): PeerstorError {
  return new PeerstorError('bad-input', 'This cursor does not belong to this list: start again without it.', {
    cause,
  });
}

function compareIds(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
