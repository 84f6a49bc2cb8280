/**
 * How much users may keep. Counted against the quota are the plain bytes of every live version of an owner and its
 * thumbnails, history and trash included, and what came of uploads that go on in later requests. Beside it counts what is left on disks of deleted content and of uploads that broke
 * off (`leftovers.ts`): all together may be twice the quota. The catalog counts an owner with a quota once; then
 * the count follows its changes. Content that is on its way is reserved, so that concurrent uploads do not together
 * exceed the quota. Two devices that cannot hear each other may: each knows only what it has heard.
 */
import type { Clock } from '../../model/clock.ts';
import type { CatalogChange, CatalogReader } from '../../model/contracts/catalog.ts';
import type { UploadSource } from '../../model/contracts/drive.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import type { ChunkUpload } from '../../model/contracts/replication.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type ChunkId, ownRecordId, type UserId } from '../../model/ids.ts';
import { recordBytesPerDayMax, recordsPerDayMax } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import type { VersionBody } from '../../model/records.ts';
import { collectedIn, type StoredChunk } from '../content/index.ts';
import { CountRows } from './count-rows.ts';
import { Leftovers, type LeftoversParts, noteLeft, watched } from './leftovers.ts';
import { type RecordBounds, RecordMeter } from './record-meter.ts';

const defaultRecordBounds: RecordBounds = {
  recordsPerDay: recordsPerDayMax,
  bytesPerDay: recordBytesPerDayMax,
};

export interface Usage {
  plainBytes: number;
  /** Of one copy. */
  sealedBytes: number;
}

export interface Reservation {
  /** @throws `quota-exceeded` when the content would not fit with as many bytes in all */
  grow(toBytes: number): void;
  /** The upload as it is to be used: what it puts counts as left over until `listed` was called. */
  watch(upload: ChunkUpload): ChunkUpload;
  /** The content turned out to be new, not what the file has. @throws `quota-exceeded` when it does not fit so */
  requireNew(): void;
  /** The records are written: what was put belongs to them. */
  listed(): void;
  /** The content is in the catalog by now, or never will be. */
  release(): void;
}

export interface Quotas {
  /**
   * @param sameBytes of the present version of the file that is uploaded: the same content again takes no room,
   * which is known only at its end
   * @throws `quota-exceeded` when `bytes` do not fit into the quota of this owner
   */
  reserve(owner: UserId, bytes: number, sameBytes?: number): Promise<Reservation>;
  /** What an owner with a quota keeps; undefined for one without. */
  usageOf(owner: UserId): Promise<{ usedBytes: number; quotaBytes: number } | undefined>;
  /** An upload that had sent so much was given up: its chunks count as left over. */
  abandoned(owner: UserId, upload: string, bytes: number): void;
  /** Bounds what is written into the catalog. */
  readonly records: RecordMeter;
  apply(changes: readonly CatalogChange[]): void;
}

interface OwnerCount {
  /** Version → bytes: a change says what is, not what was. */
  versions: Map<string, number>;
  plainBytes: number;
  reservedBytes: number;
  leftovers: Leftovers;
  /** Versions that changed while the first count was under way. */
  changed: Set<string> | undefined;
  ready: Promise<void>;
}

/** All that is stored for an owner, as a multiple of the quota. */
const storedRatioMax = 2;

export interface QuotasParts {
  catalog: CatalogReader;
  clock: Clock;
  /** How long devices keep what nothing names any more. */
  graceMs: number;
  recordBounds?: RecordBounds;
  /** Where counts are kept over restarts, not shared with anything else; in memory where there is none. */
  store?: OrderedStore | undefined;
  log?: Log;
  /** Bytes of uploads that go on in later requests. */
  unfinishedBytes?: ((owner: UserId) => number) | undefined;
}

export function createQuotas(parts: QuotasParts): Quotas {
  const { catalog, clock, graceMs, recordBounds, unfinishedBytes = () => 0 } = parts;
  const rows = new CountRows(parts.store, parts.log);
  const leftoversParts: LeftoversParts = { clock, graceMs, rows };
  const records = new RecordMeter(clock, recordBounds ?? defaultRecordBounds, rows);
  const owners = new Map<UserId, OwnerCount>();

  function look(owner: UserId, count: OwnerCount, id: string, body: VersionBody | null | undefined): void {
    const bytes = body && body.owner === owner ? bytesOf(catalog, id, body) : undefined;
    const before = count.versions.get(id);
    count.plainBytes += (bytes ?? 0) - (before ?? 0);
    if (bytes !== undefined) count.versions.set(id, bytes);
    else if (before !== undefined) {
      count.versions.delete(id);
      count.leftovers.add(id, before);
    }
  }

  async function countAll(owner: UserId, count: OwnerCount): Promise<void> {
    count.changed = new Set();
    await count.leftovers.load();
    for await (const { id, body } of catalog.versionsOwnedBy(owner)) look(owner, count, id, body);
    for (const id of count.changed) look(owner, count, id, catalog.get('version', id)?.body);
    count.changed = undefined;
  }

  async function countOf(owner: UserId): Promise<OwnerCount> {
    let count = owners.get(owner);
    if (!count) {
      const fresh: OwnerCount = {
        versions: new Map(),
        plainBytes: 0,
        reservedBytes: 0,
        leftovers: new Leftovers(leftoversParts, owner),
        changed: undefined,
        ready: Promise.resolve(),
      };
      fresh.ready = countAll(owner, fresh);
      fresh.ready.catch(() => owners.delete(owner));
      owners.set(owner, fresh);
      count = fresh;
    }
    await count.ready;
    return count;
  }

  /** Of an owner whose versions were not counted yet, what goes is noted all the same. */
  function noteGone(id: string): void {
    const gone = catalog.lastLive('version', id)?.body;
    if (!gone || owners.has(gone.owner) || quotaOf(gone.owner) === null) return;
    noteLeft(leftoversParts, gone.owner, { name: id, bytes: bytesOf(catalog, id, gone) });
  }

  const quotaOf = (owner: UserId) => catalog.get('user', owner)?.body?.quotaBytes ?? null;

  return {
    records,

    async reserve(owner, bytes, sameBytes = 0) {
      if (quotaOf(owner) === null) return noReservation;
      const limits = { quotaBytes: () => quotaOf(owner), unfinishedBytes: () => unfinishedBytes(owner) };
      const reservation = reserveIn(await countOf(owner), limits, sameBytes);
      reservation.grow(bytes);
      return reservation;
    },

    async usageOf(owner) {
      const quotaBytes = quotaOf(owner);
      if (quotaBytes === null) return undefined;
      const { plainBytes, reservedBytes } = await countOf(owner);
      return { usedBytes: plainBytes + reservedBytes + unfinishedBytes(owner), quotaBytes };
    },

    abandoned(owner, upload, bytes) {
      const count = owners.get(owner);
      if (count) count.leftovers.add(upload, bytes);
      else noteLeft(leftoversParts, owner, { name: upload, bytes });
    },

    apply(changes) {
      for (const { record, local } of changes) {
        if (!local) records.heard(record);
        // Thumbnails count with the version that they are of.
        if (record.table !== 'version' && record.table !== 'media') continue;
        const id = record.id.split('.')[0] ?? '';
        if (record.table === 'version' && record.body === null) noteGone(id);
        if (owners.size === 0) continue;
        const body = catalog.get('version', id)?.body;
        for (const [owner, count] of owners) {
          if (count.changed) count.changed.add(id);
          else look(owner, count, id, body);
        }
      }
    },
  };
}

interface OwnerLimits {
  quotaBytes(): number | null;
  unfinishedBytes(): number;
}

function reserveIn(count: OwnerCount, limits: OwnerLimits, sameBytes: number): Reservation {
  const put = new Map<ChunkId, number>();
  let reserved = 0;
  let allowance = sameBytes;
  let isListed = false;

  function requireRoom(more: number): void {
    const quota = limits.quotaBytes();
    if (quota === null) return;
    const kept = count.plainBytes + count.reservedBytes + limits.unfinishedBytes() + more;
    if (kept > quota + allowance) throw exceeded(quota);
    const leftBytes = count.leftovers.bytes();
    if (kept + leftBytes > storedRatioMax * quota + allowance) throw exceededFor(quota, leftBytes);
  }

  return {
    grow(toBytes) {
      const more = toBytes - reserved;
      if (more <= 0) return;
      requireRoom(more);
      count.reservedBytes += more;
      reserved = toBytes;
    },
    watch: (upload) => watched(upload, put),
    requireNew() {
      allowance = 0;
      requireRoom(0);
    },
    listed() {
      isListed = true;
    },
    release() {
      count.reservedBytes -= reserved;
      reserved = 0;
      for (const [id, bytes] of put) {
        if (isListed) count.leftovers.forget(id);
        else count.leftovers.add(id, bytes);
      }
      put.clear();
    },
  };
}

/** What every owner keeps: a look at every version. */
export async function usageOfAll(catalog: CatalogReader): Promise<Map<UserId, Usage>> {
  const usage = new Map<UserId, Usage>();
  for await (const { id, body } of catalog.list('version')) {
    if (!body) continue;
    const { plainBytes = 0, sealedBytes = 0 } = usage.get(body.owner) ?? {};
    const thumbnails = thumbnailBytesOf(catalog, id, body);
    const sum = {
      plainBytes: plainBytes + plainBytesOf(body) + thumbnails,
      sealedBytes: sealedBytes + body.sealedBytes + thumbnails,
    };
    usage.set(body.owner, sum);
  }
  return usage;
}

/** What is stored of a source, refused where it goes beyond what fits. */
export function within(
  reservation: Reservation,
  source: UploadSource,
): { kept?: AsyncIterable<StoredChunk>; content: AsyncIterable<Uint8Array> } {
  if (!('collected' in source)) return { content: bounded(reservation, source) };
  const collected = collectedIn(source);
  reservation.grow(collected.size);
  return { kept: collected.chunks(), content: collected.rest() };
}

async function* bounded(
  reservation: Reservation,
  content: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  let size = 0;
  for await (const piece of content) {
    size += piece.length;
    reservation.grow(size);
    yield piece;
  }
}

const noReservation: Reservation = {
  grow: () => undefined,
  watch: (upload) => upload,
  requireNew: () => undefined,
  listed: () => undefined,
  release: () => undefined,
};

/** What a version takes of its owner's quota: its content and its thumbnails. */
function bytesOf(catalog: CatalogReader, id: string, body: VersionBody): number {
  return plainBytesOf(body) + thumbnailBytesOf(catalog, id, body);
}

function thumbnailBytesOf(catalog: CatalogReader, id: string, { owner }: VersionBody): number {
  return catalog.get('media', ownRecordId(id, owner))?.body?.sealedBytes ?? 0;
}

function plainBytesOf({ plainBytes, sealedBytes }: VersionBody): number {
  return plainBytes ?? sealedBytes;
}

function exceeded(quotaBytes: number): PeerstorError {
  const sentence = `This does not fit: the drive may keep ${quotaBytes} bytes, old versions and the trash included. Empty the trash, or ask an admin for more.`;
  return new PeerstorError('quota-exceeded', sentence, { details: { quotaBytes } });
}

function exceededFor(quotaBytes: number, leftBytes: number): PeerstorError {
  const sentence = `This does not fit for now: ${leftBytes} bytes of what was deleted or broken off lately still lie on the devices, which free them within weeks. Try again then, or ask an admin for more.`;
  return new PeerstorError('quota-exceeded', sentence, { details: { quotaBytes, leftBytes } });
}
