/**
 * How much users may store. The quota covers the plain bytes of all live versions of an owner and their
 * thumbnails, history and trash included, and the received bytes of uploads that continue in later requests. Leftovers
 * of deleted content and of uploads that broke off (`leftovers.ts`) count separately: everything together may be twice
 * the quota. The versions of an owner with a quota are counted once; then the count follows the catalog's changes. Each
 * upload reserves its bytes, so that concurrent uploads do not together exceed the quota. Two devices that are not
 * connected may together exceed it: each knows only the versions that it has.
 */
import type { Clock } from '../../../model/clock.ts';
import type { CatalogChange, CatalogReader } from '../../../model/contracts/catalog.ts';
import type { UploadSource } from '../../../model/contracts/drive.ts';
import type { OrderedStore } from '../../../model/contracts/ordered-store.ts';
import type { ChunkUpload } from '../../../model/contracts/replication.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { type ChunkId, ownRecordId, type UserId } from '../../../model/ids.ts';
import { recordBytesPerDayMax, recordsPerDayMax } from '../../../model/limits.ts';
import type { Log } from '../../../model/log.ts';
import type { VersionBody } from '../../../model/records.ts';
import { collectedIn, type StoredChunk } from '../../content/index.ts';
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
  /** @throws `quota-exceeded` when content of so many bytes would not fit */
  grow(toBytes: number): void;
  /** Wraps the upload: its chunks count as leftovers until `listed` is called. */
  watch(upload: ChunkUpload): ChunkUpload;
  /** Call it when the content differs from the present version. @throws `quota-exceeded` when it does not fit */
  requireNew(): void;
  /** Call it when the records are written: the chunks belong to them now. */
  listed(): void;
  /** Ends the reservation: the content is in the catalog, or never will be. */
  release(): void;
}

export interface Quotas {
  /**
   * @param sameBytes bytes of the file's present version: uploading the same content again takes no room, which is
   * known only at the end of the upload
   * @throws `quota-exceeded` when `bytes` do not fit into the quota of this owner, `disk-full` for a file that all devices
   * together could not keep
   */
  reserve(owner: UserId, bytes: number, sameBytes?: number): Promise<Reservation>;
  /** Bytes that an owner with a quota stores; undefined for an owner without one. */
  usageOf(owner: UserId): Promise<{ usedBytes: number; quotaBytes: number } | undefined>;
  /** Call it when an upload of so many bytes was given up: its chunks count as leftovers. */
  abandoned(owner: UserId, upload: string, bytes: number): void;
  /** Limits the records that a drive writes into the catalog. */
  readonly records: RecordMeter;
  apply(changes: readonly CatalogChange[]): void;
}

interface OwnerCount {
  /** Version → bytes: a change tells the new value, not the old one. */
  versions: Map<string, number>;
  plainBytes: number;
  reservedBytes: number;
  leftovers: Leftovers;
  /** Versions that changed during the first count. */
  changed: Set<string> | undefined;
  ready: Promise<void>;
}

/** The limit for everything that is stored for an owner, as a multiple of the quota. */
const storedRatioMax = 2;

/** Only larger files are compared with the free space of the devices: for smaller ones a full disk shows soon enough. */
const largeFileBytes = 2 ** 30;
/** Compression and equal pieces may make content so many times smaller, such as a disk image full of zeros. */
const shrinkingMax = 8;

export interface QuotasParts {
  catalog: CatalogReader;
  clock: Clock;
  /** How long devices keep chunks that nothing names any more. */
  graceMs: number;
  recordBounds?: RecordBounds;
  /** Where counts are stored across restarts; nothing else uses it. Without it they are in memory only. */
  store?: OrderedStore | undefined;
  log?: Log;
  /** Received bytes of uploads that continue in later requests. */
  unfinishedBytes?: ((owner: UserId) => number) | undefined;
}

export function createQuotas(parts: QuotasParts): Quotas {
  const { catalog, clock, graceMs, recordBounds = defaultRecordBounds, unfinishedBytes = () => 0 } = parts;
  const rows = new CountRows(parts.store, parts.log);
  const leftoversParts: LeftoversParts = { clock, graceMs, rows };
  const records = new RecordMeter(clock, recordBounds, rows);
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
      const fresh = emptyCount(new Leftovers(leftoversParts, owner));
      fresh.ready = countAll(owner, fresh);
      fresh.ready.catch(() => owners.delete(owner));
      owners.set(owner, fresh);
      count = fresh;
    }
    await count.ready;
    return count;
  }

  /** Notes the leftovers of an owner even if the owner's versions were not counted yet. */
  function noteGone(id: string): void {
    const gone = catalog.lastLive('version', id)?.body;
    if (!gone || owners.has(gone.owner) || quotaOf(gone.owner) === null) return;
    noteLeft(leftoversParts, gone.owner, { name: id, bytes: bytesOf(catalog, id, gone) });
  }

  const quotaOf = (owner: UserId) => catalog.get('user', owner)?.body?.quotaBytes ?? null;

  return {
    records,

    async reserve(owner, bytes, sameBytes = 0) {
      if (bytes >= largeFileBytes) await requireSpace(catalog, bytes);
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
        // Thumbnails count with their version.
        if (record.table !== 'version' && record.table !== 'media') continue;
        const [id = ''] = record.id.split('.');
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

function emptyCount(leftovers: Leftovers): OwnerCount {
  const sums = { plainBytes: 0, reservedBytes: 0 };
  return { versions: new Map(), ...sums, leftovers, changed: undefined, ready: Promise.resolve() };
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

/**
 * What can never be kept is refused before its first byte, also for owners without a quota.
 * @throws `disk-full`
 */
async function requireSpace(catalog: CatalogReader, bytes: number): Promise<void> {
  if (bytes < largeFileBytes) return;
  let lentBytes = 0;
  for await (const { body } of catalog.list('device')) {
    if (body && body.state !== 'removed') lentBytes += body.capacityBytes;
  }
  if (bytes <= lentBytes * shrinkingMax) return;
  throw new PeerstorError(
    'disk-full',
    `A file of ${bytes} bytes cannot be kept: the devices of this network lend ${lentBytes} bytes in all. Lend more folders first.`,
    { details: { bytes, lentBytes } },
  );
}

/** Bytes of every owner. Reads all versions. */
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

/** Passes a stream on, and throws when it exceeds what fits. */
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

/** Bytes of a version that count toward the quota: its content and its thumbnails. */
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
