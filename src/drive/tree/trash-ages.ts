/**
 * For how long this device has seen each entry in the trash, by the count of elapsed time. The date in an
 * entry's record comes from one wall clock, which may have been wrong; nothing is destroyed by it alone.
 */
import type { Clock } from '../../model/clock.ts';
import { idKey, idOfKey, type OrderedStore } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId, type UserId } from '../../model/ids.ts';
import type { EntryBody } from '../../model/records.ts';

export interface Trashed {
  readonly id: EntryId;
  readonly body: Pick<EntryBody, 'trashedAt'>;
}

export interface TrashAges {
  /** Notes an entry that was just put into the trash here, so that its age counts from now. */
  begin(user: UserId, entry: Trashed): Promise<void>;
  /**
   * Notes the entries that are new, and forgets those that are not among these any more.
   * @param entries all entries of this user that have a trash mark
   * @returns milliseconds since this device saw each of them with its present mark first
   */
  of(user: UserId, entries: readonly Trashed[]): Promise<Map<EntryId, number>>;
}

/** u ‖ user ‖ entry → trashedAt, double ‖ seen first, elapsed ms, double */
const prefix = 'u';
const rowBytes = 16;
const idBytes = 16;

interface Row {
  trashedAt: number;
  sinceMs: number;
}

/** @param store not shared with anything else; when it is lost, all ages begin again */
export function createTrashAges(store: OrderedStore, clock: Clock): TrashAges {
  const prefixOf = (user: UserId) => prefix + idKey(user);
  const keyOf = (user: UserId, id: EntryId) => prefixOf(user) + idKey(id);

  /** A damaged row is none: the age of its entry begins again. */
  function read(key: string): Row | undefined {
    try {
      return readRow(store.get(key));
    } catch (error) {
      if (isPeerstorError(error, 'index-corrupt')) return undefined;
      throw error;
    }
  }

  async function forgotten(user: UserId, present: ReadonlySet<EntryId>): Promise<string[]> {
    const keys: string[] = [];
    const gte = prefixOf(user);
    // Longer than every row of this user, so it comes after all of them.
    const lt = gte + '\xff'.repeat(idBytes + 1);
    for await (const [key] of store.range({ gte, lt })) {
      if (!present.has(entryId(idOfKey(key.slice(-idBytes))))) keys.push(key);
    }
    return keys;
  }

  return {
    async begin(user, { id, body: { trashedAt } }) {
      if (trashedAt === null) return;
      await store.batch([
        { key: keyOf(user, id), value: writeRow({ trashedAt, sinceMs: clock.elapsedMs() }) },
      ]);
    },

    async of(user, entries) {
      const nowMs = clock.elapsedMs();
      const ages = new Map<EntryId, number>();
      const changes: { key: string; value: Uint8Array | null }[] = [];
      for (const { id, body } of entries) {
        if (body.trashedAt === null) continue;
        const key = keyOf(user, id);
        const row = read(key);
        const isKnown = row?.trashedAt === body.trashedAt && row.sinceMs <= nowMs;
        if (!isKnown) changes.push({ key, value: writeRow({ trashedAt: body.trashedAt, sinceMs: nowMs }) });
        ages.set(id, isKnown ? nowMs - row.sinceMs : 0);
      }
      for (const key of await forgotten(user, new Set(ages.keys()))) changes.push({ key, value: null });
      if (changes.length > 0) await store.batch(changes);
      return ages;
    },
  };
}

function readRow(bytes: Uint8Array | undefined): Row | undefined {
  if (bytes?.length !== rowBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { trashedAt: view.getFloat64(0), sinceMs: view.getFloat64(8) };
}

function writeRow({ trashedAt, sinceMs }: Row): Uint8Array {
  const bytes = new Uint8Array(rowBytes);
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, trashedAt);
  view.setFloat64(8, sinceMs);
  return bytes;
}
