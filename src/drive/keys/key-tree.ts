/**
 * The keys of a drive's entries. Each entry has a random key that is wrapped by its parent's; the
 * topmost one's is opened by what the holder has: the user's root entry key, or a grant.
 *
 * An entry gets a new key when somebody lost access. What was sealed before stays as it is, so an
 * entry has one present key and others that still open something: those inside `oldKeys`, and those
 * of concurrent heads, since two devices may have made a new key at once. Of several heads the one
 * with the highest key version has the present key. The next record over them takes all into `oldKeys`.
 */
import { LRUCache } from 'lru-cache';
import { equalBytes } from '../../crypto/index.ts';
import type { CatalogReader } from '../../model/contracts/catalog.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId, type Revision } from '../../model/ids.ts';
import { folderDepthMax } from '../../model/limits.ts';
import type { EntryBody, Sealed } from '../../model/records.ts';
import { isLive, type Live } from './live.ts';
import { openOldKeys, unwrapKey } from './sealed-parts.ts';

/** About 300 bytes each: 15 MB at most. */
const keysKept = 50_000;
/** Folders that are written into, and those around them. */
const checksKept = 2000;
/** Concurrent moves can stack two trees of the greatest depth on each other. */
const climbMax = 4 * folderDepthMax;

export interface EntryKeys {
  /** Seals everything new. */
  readonly present: Uint8Array;
  /** All keys that may have sealed something, the present one first. */
  readonly all: readonly Uint8Array[];
  /** False where concurrent heads have different keys: each may be known to somebody who lost access. */
  readonly agreed: boolean;
  /** Heads whose key this device does not know. Replacing them would lose that key. */
  readonly closed: readonly Revision[];
  /** The highest of the heads. */
  readonly keyVersion: number;
}

/** The topmost entry of a key tree. */
export interface KeyTreeTop {
  readonly id: EntryId;
  /** The key that a record of this entry was sealed with. @throws `forbidden` */
  keyIn(body: EntryBody): Uint8Array;
  /** May whoever opens this tree give its topmost entry a new key? Grantees may not. */
  readonly mayRenew: boolean;
  /** Opens what was dropped for the owner. @throws `forbidden` to everybody else */
  openDropped(wrapped: Sealed): Uint8Array;
}

export interface KeyTree {
  /**
   * The present key of an entry.
   * @throws `not-found` when it is not in the catalog, `forbidden` when no wrap of it opens
   */
  keyOf(id: EntryId): Uint8Array;
  /** All keys of an entry. @throws as `keyOf` */
  keysOf(id: EntryId): EntryKeys;
  /**
   * Is what is written into this entry from now on closed to everybody who lost access? It is when
   * its key is wrapped under the present keys around it, and its heads agree.
   */
  isFresh(id: EntryId): boolean;
  /** Call this when the record of an entry changed: its keys may have changed too. */
  forget(id: EntryId): void;
  clear(): void;
}

/** These very bytes, which nobody changes, were opened with that key and gave this one. */
interface WrapCheck {
  readonly wrapped: Sealed;
  readonly around: Uint8Array;
  readonly key: Uint8Array;
}

/** The entries that one call has visited: it opens each once, and so stops at a cycle. */
type Visited = Map<EntryId, EntryKeys | undefined>;

export function createKeyTree(catalog: CatalogReader, top: KeyTreeTop): KeyTree {
  const kept = new LRUCache<EntryId, EntryKeys>({ max: keysKept });
  const placesChecked = new LRUCache<EntryId, WrapCheck>({ max: checksKept });
  const fallbacksChecked = new LRUCache<EntryId, WrapCheck>({ max: checksKept });

  function keysOf(id: EntryId): EntryKeys {
    const keys = find(id, new Map());
    if (keys) return keys;
    if (!isLive(catalog.get('entry', id))) throw new PeerstorError('not-found', 'This entry does not exist.');
    throw new PeerstorError('forbidden', 'This entry cannot be opened with your keys.');
  }

  function find(id: EntryId, visited: Visited): EntryKeys | undefined {
    const known = kept.get(id) ?? visited.get(id);
    if (known || visited.has(id)) return known;
    visited.set(id, undefined);
    const keys = visited.size > climbMax ? undefined : openAll(id, visited);
    visited.set(id, keys);
    // Nothing is kept for an entry that does not open: a later record, even of another entry, may open it.
    if (keys?.closed.length === 0) kept.set(id, keys);
    return keys;
  }

  function openAll(id: EntryId, visited: Visited): EntryKeys | undefined {
    const opened: { key: Uint8Array; body: EntryBody }[] = [];
    const closed: Revision[] = [];
    for (const { body, revision } of recordsOf(catalog, id)) {
      const key = openOne(id, body, visited);
      if (key) opened.push({ key, body });
      else closed.push(revision);
    }
    const [first] = opened;
    if (!first) return undefined;
    const newest = opened.reduce((best, one) => (one.body.keyVersion > best.body.keyVersion ? one : best));
    const all = [newest.key, ...opened.map(({ key }) => key)];
    for (const { key, body } of opened) all.push(...oldKeysIn(key, body));
    return {
      present: newest.key,
      all: distinct(all),
      agreed: opened.every(({ key }) => equalBytes(key, newest.key)),
      closed,
      keyVersion: newest.body.keyVersion,
    };
  }

  /** The key of one record, by any of its wraps. */
  function openOne(id: EntryId, body: EntryBody, visited: Visited): Uint8Array | undefined {
    if (id === top.id) return openedOr(() => top.keyIn(body));
    if (body.wrappedFor === 'owner') return openedOr(() => top.openDropped(body.wrappedKey));
    for (const [parent, wrapped] of wrapsOf(catalog, id, body)) {
      for (const key of find(parent, visited)?.all ?? []) {
        const opened = openedOr(() => unwrapKey(key, wrapped));
        if (opened) return opened;
      }
    }
    return undefined;
  }

  function isFresh(id: EntryId, climbed = 0): boolean {
    const keys = keysOf(id);
    if (id === top.id) return keys.agreed || !top.mayRenew;
    if (!keys.agreed) return false;
    const body = catalog.get('entry', id)?.body;
    const place = catalog.placeOf(id);
    if (!body || !place || body.wrappedFor || climbed > climbMax) return false;
    const { fallback } = body;
    const wraps = { place: place.wrappedKey, fallback: fallback?.wrappedKey };
    const parent = find(place.parent, new Map());
    if (!opensTo(parent, wraps.place, keys.present, placesChecked, id)) return false;
    // A grantee who cannot open the fallback place cannot judge its wrap; the owner checks it.
    const around =
      fallback && fallback.parent !== place.parent ? find(fallback.parent, new Map()) : undefined;
    if (around && wraps.fallback && !opensTo(around, wraps.fallback, keys.present, fallbacksChecked, id))
      return false;
    return isFresh(place.parent, climbed + 1);
  }

  return {
    keyOf: (id) => keysOf(id).present,
    keysOf,
    isFresh: (id) => isFresh(id),
    forget: (id) => {
      kept.delete(id);
    },
    clear: () => {
      kept.clear();
      placesChecked.clear();
      fallbacksChecked.clear();
    },
  };
}

/** Live heads, the winner first. For a deleted entry: its last live record, whose key still opens others. */
function recordsOf(catalog: CatalogReader, id: EntryId): Live<EntryBody>[] {
  const heads = catalog.heads('entry', id).filter(isLive);
  const [first] = heads;
  if (first && heads.length === 1) return heads;
  const shown = catalog.get('entry', id) ?? catalog.lastLive('entry', id);
  if (!isLive(shown)) return heads;
  return [shown, ...heads.filter(({ revision }) => revision !== shown.revision)];
}

/** The entry's key as each of its places wraps it; the effective place comes first. */
function wrapsOf(catalog: CatalogReader, id: EntryId, body: EntryBody): Map<EntryId, Sealed> {
  const wraps = new Map<EntryId, Sealed>();
  const place = catalog.placeOf(id);
  const { parent, wrappedKey, fallback } = body;
  const own: [EntryId, Sealed][] = [];
  if (parent !== null) own.push([parent, wrappedKey]);
  if (fallback) own.push([entryId(fallback.parent), fallback.wrappedKey]);
  own.sort(([left], [right]) => Number(right === place?.parent) - Number(left === place?.parent));
  for (const [at, wrapped] of own) if (!wraps.has(at)) wraps.set(at, wrapped);
  return wraps;
}

/** The same few folders are asked about for each upload: what was opened once is not opened again. */
function opensTo(
  around: EntryKeys | undefined,
  wrapped: Sealed,
  key: Uint8Array,
  checked: LRUCache<EntryId, WrapCheck>,
  id: EntryId,
): boolean {
  if (!around) return false;
  const known = checked.get(id);
  if (known?.wrapped === wrapped && known.around === around.present && known.key === key) return true;
  const opened = openedOr(() => unwrapKey(around.present, wrapped));
  if (opened === undefined || !equalBytes(opened, key)) return false;
  checked.set(id, { wrapped, around: around.present, key });
  return true;
}

/** Returns an empty list when the sealed list is damaged or was sealed under another key. */
export function oldKeysIn(key: Uint8Array, { oldKeys }: EntryBody): readonly Uint8Array[] {
  try {
    return oldKeys ? openOldKeys(key, oldKeys) : [];
  } catch (error) {
    if (isPeerstorError(error, 'forbidden') || isPeerstorError(error, 'bad-record')) return [];
    throw error;
  }
}

function openedOr(open: () => Uint8Array): Uint8Array | undefined {
  try {
    return open();
  } catch (error) {
    if (isPeerstorError(error, 'forbidden') || isPeerstorError(error, 'bad-record')) return undefined;
    throw error;
  }
}

function distinct(keys: readonly Uint8Array[]): Uint8Array[] {
  return keys.filter((key, index) => keys.findIndex((other) => equalBytes(key, other)) === index);
}
