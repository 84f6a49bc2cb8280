/**
 * The keys of one user's entries. Each entry has a random key that is wrapped by its parent's; the
 * root's is wrapped by the user's root entry key. Opened on demand, walking up to an ancestor whose
 * key is at hand.
 */
import { LRUCache } from 'lru-cache';
import type { Catalog } from '../model/contracts/catalog.ts';
import { isPeerstorError, PeerstorError } from '../model/errors.ts';
import { type EntryId, entryId } from '../model/ids.ts';
import { folderDepthMax } from '../model/limits.ts';
import type { EntryBody } from '../model/records.ts';
import { isLive, type Live } from './live.ts';
import { unwrapKey } from './sealed-parts.ts';

/** About 200 bytes each: 10 MB at most. */
const keysKept = 50_000;
/** Concurrent moves can stack two trees of the greatest depth on each other. */
const climbMax = 4 * folderDepthMax;

export interface KeyTree {
  /**
   * The key of an entry.
   * @throws `not-found` when it or an ancestor is not in the catalog, `forbidden` when no wrap of it
   * opens with this user's keys
   */
  keyOf(id: EntryId): Uint8Array;
  /** The same for a record in hand, whose effective parent is known. */
  keyIn(parent: EntryId, record: Live<EntryBody>): Uint8Array;
  /** The record of an entry changed: its key may be another. */
  forget(id: EntryId): void;
  clear(): void;
}

export function createKeyTree(catalog: Catalog, root: EntryId, rootEntryKey: Uint8Array): KeyTree {
  const kept = new LRUCache<EntryId, Uint8Array>({ max: keysKept });

  function bodyOf(id: EntryId): EntryBody {
    const record = catalog.get('entry', id);
    if (!isLive(record)) throw new PeerstorError('not-found', 'This entry does not exist.');
    return record.body;
  }

  function keep(id: EntryId, key: Uint8Array): Uint8Array {
    kept.set(id, key);
    return key;
  }

  /** Keys from `id` up to the first ancestor whose key is known, then down again. */
  function keyOf(id: EntryId): Uint8Array {
    const climbed: EntryId[] = [];
    let at = id;
    let key = kept.get(at);
    while (key === undefined) {
      if (at === root) {
        key = keep(root, unwrapKey(rootEntryKey, bodyOf(root).wrappedKey));
        break;
      }
      climbed.push(at);
      if (climbed.length > climbMax) {
        throw new PeerstorError('forbidden', 'This entry lies too deep to be opened.');
      }
      at = parentOf(at);
      key = kept.get(at);
    }
    for (const below of climbed.reverse()) {
      key = keep(below, unwrap(below, bodyOf(below), at, key));
      at = below;
    }
    return key;
  }

  function parentOf(id: EntryId): EntryId {
    const parent = catalog.placeOf(id)?.parent;
    if (parent === undefined) throw new PeerstorError('not-found', 'This entry does not exist.');
    return parent;
  }

  /** Tries the wrap for the parent that it is effectively in, then the other one that the record holds. */
  function unwrap(id: EntryId, body: EntryBody, parent: EntryId, parentKey: Uint8Array): Uint8Array {
    const { fallback } = body;
    const wrapped = body.parent === parent ? body.wrappedKey : catalog.placeOf(id)?.wrappedKey;
    try {
      if (wrapped) return unwrapKey(parentKey, wrapped);
    } catch (error) {
      if (!fallback || fallback.parent === parent || !isPeerstorError(error, 'forbidden')) throw error;
    }
    if (!fallback || fallback.parent === parent) {
      throw new PeerstorError('forbidden', 'This entry cannot be opened with your keys.');
    }
    return unwrapKey(keyOf(fallback.parent), fallback.wrappedKey);
  }

  return {
    keyOf,
    keyIn(parent, record) {
      const id = entryId(record.id);
      const known = kept.get(id);
      if (known) return known;
      return keep(id, unwrap(id, record.body, parent, keyOf(parent)));
    },
    forget: (id) => {
      kept.delete(id);
    },
    clear: () => kept.clear(),
  };
}
