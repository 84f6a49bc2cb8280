/** Compares a volume's segments with the index, and sets the index right (I7). */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PeerstorError } from '../../model/errors.ts';
import type { ChunkId } from '../../model/ids.ts';
import { soundBytes } from '../chunks/sound-bytes.ts';
import { isSamePlace } from '../index/chunk-rows.ts';
import type { Place, SegmentRecord } from '../segments/segment-format.ts';
import { diskFailure, drop, type IsThere, locate, type StoreParts } from '../volumes/store-parts.ts';
import type { Volume } from '../volumes/volume.ts';
import { KnownRecords } from './known-records.ts';

/** Records compared in one turn of the event loop: less than a millisecond, as a device that starts takes many turns. */
const recordsAtOnce = 50;

export interface RescanOutcome {
  /** Chunks found that the index did not know. */
  added: number;
  /** Chunks of the index that are not there, or not in their size. */
  lost: number;
}

/**
 * Goes through one volume while the store is in use: only what differs is looked at again, under the lock
 * of its id. Records that no row knows are hashed where they came from elsewhere or may never have been
 * acknowledged; of the rest a read finds wrong bytes.
 * @param options.isThere reads the volume's marker: nothing is called lost on a volume that is gone
 * @param options.hashesNew records that no row knows came from elsewhere
 * @throws `volume-missing`, `storage-failed`; the signal's reason
 */
export async function rescanVolume(
  volume: Volume,
  parts: StoreParts,
  options: { isThere: IsThere; signal: AbortSignal; hashesNew: boolean },
): Promise<RescanOutcome> {
  const { signal, hashesNew } = options;
  const outcome = { added: 0, lost: 0 };
  const known = new KnownRecords();
  // What is deleted while the segments are read must not be taken for held.
  const stopWatching = volume.log.watchMarks((mark) => known.add(mark));
  const isThere = () => options.isThere(volume);
  const scan: Scan = { volume, parts, signal, hashesNew, outcome, known, isThere };
  try {
    await mustBeThere(scan);
    await volume.log.refresh();
    for (const segment of volume.log.numbers) {
      signal.throwIfAborted();
      known.addSegment(segment, await volume.log.entries(segment));
    }
    // The newest first: what was put last is what an unclean end left without a row.
    for (const segment of volume.log.numbers.reverse()) await rescanSegment(scan, segment);
    await mustBeThere(scan);
    await rescanRows(scan);
  } catch (error) {
    signal.throwIfAborted();
    throw diskFailure(volume, 'It was not possible to look through', error);
  } finally {
    stopWatching();
  }
  return outcome;
}

interface Scan {
  volume: Volume;
  parts: StoreParts;
  signal: AbortSignal;
  hashesNew: boolean;
  outcome: RescanOutcome;
  known: KnownRecords;
  isThere: () => Promise<boolean>;
}

type ChunkRecord = Extract<SegmentRecord, { kind: 'chunk' }>;

async function mustBeThere(scan: Scan): Promise<void> {
  if (await scan.isThere()) return;
  throw new PeerstorError(
    'volume-missing',
    `The volume ${scan.volume.path} went away while it was looked through.`,
  );
}

async function rescanSegment(scan: Scan, segment: number): Promise<void> {
  const { volume, parts, signal } = scan;
  let compared = 0;
  for (const entry of await volume.log.entries(segment)) {
    compared += 1;
    if (compared % recordsAtOnce === 0) await nextTurn(undefined, { signal });
    if (entry.kind !== 'chunk') continue;
    const place = { segment, offset: entry.offset };
    const row = parts.index.chunk(entry.id);
    const mark = scan.known.markOf(place)?.kind ?? 'kept';
    const isHeld = isSamePlace(row, volume.id, place);
    if (isHeld && row?.size === entry.length && mark === 'kept') continue;
    if (row === undefined && isSamePlace(parts.index.trashed(entry.id), volume.id, place)) continue;
    if (!isHeld && mark === 'dead') continue;
    await parts.locks.hold(entry.id, () => lookAgain(scan, entry, place));
  }
}

/** A record that differs from the index, looked at again under the lock of its id. */
async function lookAgain(scan: Scan, record: ChunkRecord, place: Place): Promise<void> {
  const { volume, parts, known } = scan;
  const { id, length } = record;
  const row = parts.index.chunk(id);
  const trashed = parts.index.trashed(id);
  const mark = known.markOf(place);
  if (isSamePlace(row, volume.id, place)) {
    await settleHeld(scan, record, place);
    return;
  }
  if (mark?.kind === 'dead' || isSamePlace(trashed, volume.id, place)) return;
  // Compaction, or a later put, made another record of the same chunk on this volume.
  const other = [row, trashed].find((one) => one?.volume === volume.id);
  if (other !== undefined && (known.has(other) || (await volume.log.has(other, id)))) return;
  const isHeld = locate(parts, id) !== undefined;
  if (isHeld || mark?.kind === 'trashed') {
    if (trashed !== undefined) return;
    // Stored elsewhere while this volume was away: one copy on a device is enough.
    if (mark?.kind !== 'trashed') await volume.markTrashed(id, place);
    // Since when it was in the trash is known to the index alone: it counts from now.
    const deletedAtMs = parts.clock.elapsedMs();
    await parts.index.set(id, { trash: { volume: volume.id, size: length, ...place, deletedAtMs } });
    return;
  }
  await takeIn(scan, record, place);
}

/** A row that its record contradicts, by its length or by a mark: a crash came between the log and the index. */
async function settleHeld(scan: Scan, { id, length }: ChunkRecord, place: Place): Promise<void> {
  const { volume, parts, known, outcome } = scan;
  const mark = known.markOf(place)?.kind ?? 'kept';
  const isRight = parts.index.chunk(id)?.size === length;
  if (isRight && mark === 'kept') return;
  if (isRight && (mark === 'trashed' || (await isSound(volume, id, length, place)))) {
    // The index says held, and so must the log, or a lost index would lose the chunk with it.
    await volume.log.appendMark({ kind: 'kept', id, target: place }, true);
    return;
  }
  await volume.markDead(id, place, true);
  await drop(parts, id, 'corrupt');
  outcome.lost += 1;
}

/** Counts a record that no row knows. A put that is under way does so itself, under the same lock. */
async function takeIn(scan: Scan, { id, length }: ChunkRecord, place: Place): Promise<void> {
  const { volume, parts, outcome } = scan;
  const mustHash = scan.hashesNew || !volume.log.isProven(place.segment);
  if (mustHash && !(await isSound(volume, id, length, place))) {
    await volume.markDead(id, place, true);
    return;
  }
  await volume.log.sync(place.segment);
  const trash = parts.index.trashed(id)?.volume === volume.id ? { trash: null } : {};
  await parts.index.set(id, { chunk: { volume: volume.id, size: length, ...place }, ...trash });
  parts.changes.announce({ kind: 'added', id, size: length });
  outcome.added += 1;
}

async function isSound(volume: Volume, id: ChunkId, length: number, place: Place): Promise<boolean> {
  return (await soundBytes(volume, place, id, length)) !== undefined;
}

/** Rows whose record is not there any more. */
async function rescanRows(scan: Scan): Promise<void> {
  const { volume, parts, known, signal } = scan;
  for await (const row of parts.index.chunks()) {
    signal.throwIfAborted();
    if (row.volume === volume.id && !known.has(row)) await forgetIfGone(scan, row.id);
  }
  for await (const row of parts.index.trash()) {
    signal.throwIfAborted();
    if (row.volume === volume.id && !known.has(row)) await forgetTrashIfGone(scan, row.id);
  }
}

async function forgetIfGone(scan: Scan, id: ChunkId): Promise<void> {
  const { volume, parts, outcome } = scan;
  await parts.locks.hold(id, async () => {
    const row = parts.index.chunk(id);
    if (row?.volume !== volume.id || (await volume.log.has(row, id))) return;
    await drop(parts, id, 'missing');
    outcome.lost += 1;
  });
}

async function forgetTrashIfGone(scan: Scan, id: ChunkId): Promise<void> {
  const { volume, parts } = scan;
  await parts.locks.hold(id, async () => {
    const row = parts.index.trashed(id);
    if (row?.volume !== volume.id || (await volume.log.has(row, id))) return;
    await parts.index.set(id, { trash: null });
  });
}
