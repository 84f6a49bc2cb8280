/**
 * Messages between catalogs (docs/PROTOCOL.md, "Catalog"): canonical CBOR maps, with device ids and
 * revisions as raw bytes. A message of another shape is refused with `bad-frame`.
 *
 *   catalog/vectors   Hello → Hello                    on connect, and now and then
 *   catalog/news      Hello, no answer                 "I have more than you had"
 *   catalog/missing   Ask → Page                       records of one log that the asker lacks
 *   catalog/push      Page → Hello                     new records of the sender
 *   catalog/digests   Digests → Difference             are equal vectors equal catalogs?
 *   catalog/counted   CountedAsk → Counted             the records in the buckets that differ
 *   catalog/records   Wanted → Found                   the bytes of some of them
 *   catalog/compare   (empty), no answer               "you lack something too: ask for my digests"
 *
 * `log-head.ts` describes the heads of logs.
 */
import { decode, encode, isFields } from '../../crypto/index.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type DeviceId, deviceId, fromHex, revision, toHex } from '../../model/ids.ts';
import { readVector } from '../durability/acknowledgements.ts';
import type { CountedRecord } from '../durability/digest-scan.ts';
import { digestBytes } from '../records/digest.ts';

export const methods = {
  vectors: 'catalog/vectors',
  news: 'catalog/news',
  missing: 'catalog/missing',
  push: 'catalog/push',
  digests: 'catalog/digests',
  counted: 'catalog/counted',
  records: 'catalog/records',
  compare: 'catalog/compare',
} as const;

export type Vector = ReadonlyMap<DeviceId, number>;

export interface Hello {
  vector: Vector;
  /** The sender's wall clock, Unix ms. */
  wallMs: number;
  /** The newest head of the receiver's log that the sender has. */
  yours: Uint8Array | null;
  /** False while the sender fills its own catalog: then its gaps mean nothing. */
  whole: boolean;
}

export interface Ask {
  device: DeviceId;
  since: number;
}

/** All records of a log in (since, reaches] that the sender has. */
export interface LogPage extends Ask {
  records: readonly Uint8Array[];
  reaches: number;
  /** The newest head of the log that the sender has. */
  head: Uint8Array | null;
  /** False when the sender has more records after this page. */
  complete: boolean;
}

export interface DigestsMessage {
  vector: Vector;
  tables: ReadonlyMap<string, Uint8Array>;
}

export interface Difference {
  /** False when the vectors differ, which makes the digests useless. */
  comparable: boolean;
  tables: readonly { table: string; buckets: ReadonlySet<number> }[];
}

export interface CountedAsk {
  table: string;
  buckets: ReadonlySet<number>;
  after: string | undefined;
}

export interface Counted {
  records: readonly CountedRecord[];
  next: string | undefined;
}

export interface Found {
  records: readonly Uint8Array[];
  /** This answers for so many of the wanted records, from the first on; those that the sender lacks are left out. */
  answered: number;
}

type Fields = Record<string, unknown>;

export const hello = {
  write: ({ vector, wallMs, yours, whole }: Hello) =>
    encode({
      vector: Object.fromEntries(vector),
      wallMs,
      yours,
      whole,
    }),
  read(bytes: Uint8Array): Hello {
    const { vector, wallMs, yours, whole } = fieldsOf(bytes);
    return {
      vector: readVector(vector),
      wallMs: count(wallMs),
      yours: yours instanceof Uint8Array ? yours : null,
      whole: whole === true,
    };
  },
};

export const ask = {
  write: ({ device, since }: Ask) => encode({ device: fromHex(device), since }),
  read(bytes: Uint8Array): Ask {
    const { device, since } = fieldsOf(bytes);
    return { device: deviceId(hex(device)), since: count(since) };
  },
};

export const logPage = {
  write: ({ device, since, records, reaches, head, complete }: LogPage) =>
    encode({ device: fromHex(device), since, records, reaches, head, complete }),
  read(bytes: Uint8Array): LogPage {
    const { device, since, records, reaches, head, complete } = fieldsOf(bytes);
    return {
      device: deviceId(hex(device)),
      since: count(since),
      records: list(records, byteString),
      reaches: count(reaches),
      head: head instanceof Uint8Array ? head : null,
      complete: complete === true,
    };
  },
};

/** A page's head, as `accept` takes it. */
export function headOfPage({ device, since, reaches, head }: LogPage): {
  device: DeviceId;
  since: number;
  seq: number;
  signed?: Uint8Array;
} {
  return { device, since, seq: reaches, ...(head ? { signed: head } : {}) };
}

export const digestsMessage = {
  write: ({ vector, tables }: DigestsMessage) =>
    encode({ vector: Object.fromEntries(vector), tables: Object.fromEntries(tables) }),
  read(bytes: Uint8Array): DigestsMessage {
    const { vector, tables } = fieldsOf(bytes);
    if (!isFields(tables)) throw badFrame();
    const digests = Object.entries(tables).map(([table, digest]) => [table, byteString(digest)] as const);
    if (digests.some(([, digest]) => digest.length !== digestBytes)) throw badFrame();
    return { vector: readVector(vector), tables: new Map(digests) };
  },
};

export const difference = {
  write: ({ comparable, tables }: Difference) =>
    encode({ comparable, tables: tables.map(({ table, buckets }) => [table, [...buckets]]) }),
  read(bytes: Uint8Array): Difference {
    const { comparable, tables } = fieldsOf(bytes);
    return {
      comparable: comparable === true,
      tables: list(tables, (item) => {
        const [table, buckets] = list(item, (one) => one);
        return { table: text(table), buckets: new Set(list(buckets, count)) };
      }),
    };
  },
};

export const countedAsk = {
  write: ({ table, buckets, after }: CountedAsk) =>
    encode({ table, buckets: [...buckets], after: after ?? null }),
  read(bytes: Uint8Array): CountedAsk {
    const { table, buckets, after } = fieldsOf(bytes);
    return {
      table: text(table),
      buckets: new Set(list(buckets, count)),
      after: after === null ? undefined : text(after),
    };
  },
};

export const counted = {
  write: ({ records, next }: Counted) => encode({ records: records.map(placeOf), next: next ?? null }),
  read(bytes: Uint8Array): Counted {
    const { records, next } = fieldsOf(bytes);
    return { records: list(records, readPlace), next: next === null ? undefined : text(next) };
  },
};

export const wanted = {
  write: (records: readonly CountedRecord[]) => encode({ records: records.map(placeOf) }),
  read: (bytes: Uint8Array): CountedRecord[] => list(fieldsOf(bytes).records, readPlace),
};

export const found = {
  write: ({ records, answered }: Found) => encode({ records, answered }),
  read(bytes: Uint8Array): Found {
    const { records, answered } = fieldsOf(bytes);
    return { records: list(records, byteString), answered: count(answered) };
  },
};

function placeOf({ device, seq, revision: at }: CountedRecord): unknown[] {
  return [fromHex(device), seq, fromHex(at)];
}

function readPlace(item: unknown): CountedRecord {
  const [device, seq, at] = list(item, (one) => one);
  return { device: deviceId(hex(device)), seq: count(seq), revision: revision(hex(at)) };
}

function fieldsOf(bytes: Uint8Array): Fields {
  const value = decode(bytes);
  if (!isFields(value)) throw badFrame();
  return value;
}

function list<Item>(value: unknown, read: (item: unknown) => Item): Item[] {
  if (!Array.isArray(value)) throw badFrame();
  return value.map((item: unknown) => read(item));
}

function count(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw badFrame();
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw badFrame();
  return value;
}

function byteString(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw badFrame();
  return value;
}

function hex(value: unknown): string {
  return toHex(byteString(value));
}

function badFrame(): PeerstorError {
  return new PeerstorError(
    'bad-frame',
    'A device sent a catalog message that cannot be read; update both devices.',
  );
}
