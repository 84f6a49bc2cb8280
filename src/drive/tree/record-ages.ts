/**
 * For how long this device has had a record, by the count of elapsed time. The device regularly notes the
 * catalog's version vector; a record that a note covers is at least as old as the note. The date in a record
 * comes from one wall clock, which may have been wrong, so nothing is destroyed because of it alone.
 */
import { decode, encode, isFields } from '../../crypto/index.ts';
import type { Clock } from '../../model/clock.ts';
import type { CatalogReader } from '../../model/contracts/catalog.ts';
import { afterPrefix, idKey, type OrderedStore } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { CatalogRecord } from '../../model/records.ts';

export interface RecordAges {
  /** Notes the catalog's version vector. */
  note(catalog: CatalogReader): Promise<void>;
  /** @returns a lower bound, in milliseconds, of how long ago a record came here; 0 where no note covers it */
  of(catalog: CatalogReader): Promise<(record: Pick<CatalogRecord, 'device' | 'seq'>) => number>;
}

interface Note {
  key: string;
  atMs: number;
  /** Device → sequence number. */
  reaches: Readonly<Record<string, unknown>>;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Recent notes are an hour apart, older ones a day; of those older still, the newest is kept. */
const hourlyForMs = dayMs + hourMs;
const dailyForMs = 31 * dayMs;
const digits = 15;

/** @param store not shared with anything else; when it is lost, all ages begin again */
export function createRecordAges(store: OrderedStore, clock: Clock): RecordAges {
  const prefixOf = (catalog: CatalogReader) => `n${idKey(catalog.networkId)}/`;

  /** Oldest first. Damaged notes are left out. */
  async function notesOf(catalog: CatalogReader): Promise<Note[]> {
    const gte = prefixOf(catalog);
    const notes: Note[] = [];
    const nowMs = clock.elapsedMs();
    for await (const [key, value] of store.range({ gte, lt: afterPrefix(gte) })) {
      const atMs = Number(key.slice(gte.length));
      const reaches = readNote(value);
      if (reaches && atMs <= nowMs) notes.push({ key, atMs, reaches });
    }
    return notes;
  }

  return {
    async note(catalog) {
      const nowMs = Math.floor(clock.elapsedMs());
      const notes = await notesOf(catalog);
      const last = notes.at(-1);
      if (last && nowMs - last.atMs < hourMs) return;
      const key = prefixOf(catalog) + nowMs.toString().padStart(digits, '0');
      const dropped = superfluousNotes(notes, nowMs).map((note) => ({ key: note.key, value: null }));
      await store.batch([...dropped, { key, value: encode({ ...catalog.vector() }) }]);
    },

    async of(catalog) {
      const notes = await notesOf(catalog);
      const nowMs = clock.elapsedMs();
      return ({ device, seq }) => {
        const first = notes.find(({ reaches }) => Number(reaches[device] ?? 0) >= seq);
        return first ? nowMs - first.atMs : 0;
      };
    },
  };
}

function superfluousNotes(notes: readonly Note[], nowMs: number): Note[] {
  return notes.filter((note, index) => {
    const next = notes[index + 1];
    const before = notes[index - 1];
    const ageMs = nowMs - note.atMs;
    if (ageMs > dailyForMs) return next !== undefined && nowMs - next.atMs > dailyForMs;
    const isOfSameDay = before && Math.floor(before.atMs / dayMs) === Math.floor(note.atMs / dayMs);
    return ageMs > hourlyForMs && isOfSameDay === true;
  });
}

function readNote(value: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const fields = decode(value);
    return isFields(fields) ? fields : undefined;
  } catch (error) {
    if (isPeerstorError(error)) return undefined;
    throw error;
  }
}
