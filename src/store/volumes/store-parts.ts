/** What the parts of one disk store share. */
import type { KeyedLock } from '../../concurrency/index.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import type { ChunkId, VolumeId } from '../../model/ids.ts';
import { diskVerdict, isReadOnly } from '../files/disk-error.ts';
import type { ChunkIndex } from '../index/chunk-index.ts';
import type { ChunkRow } from '../index/chunk-rows.ts';
import type { Changes } from '../locks/changes.ts';
import type { Volume, VolumeSurroundings } from './volume.ts';

const dropsAtOnce = 500;

export interface StoreParts extends VolumeSurroundings {
  readonly index: ChunkIndex;
  readonly locks: KeyedLock<ChunkId>;
  readonly changes: Changes;
  /** Are these bytes the chunk? Those in shared memory may be hashed on another thread. */
  readonly hashesTo: (id: ChunkId, bytes: Uint8Array) => Promise<boolean>;
  /** The configured volumes, those that are missing included. */
  readonly volumes: Map<VolumeId, Volume>;
}

/** Reads a volume's marker now; false also says that it has just been noticed missing. Never rejects. */
export type IsThere = (volume: Volume) => Promise<boolean>;

/** Where a held chunk is: in the index, and on a volume that is there. */
export function locate(parts: StoreParts, id: ChunkId): { row: ChunkRow; volume: Volume } | undefined {
  const row = parts.index.chunk(id);
  const volume = row === undefined ? undefined : parts.volumes.get(row.volume);
  return row !== undefined && volume?.present === true ? { row, volume } : undefined;
}

/** Forgets a chunk that is no longer held; the caller holds its lock. */
export async function drop(
  parts: StoreParts,
  id: ChunkId,
  reason: 'deleted' | 'corrupt' | 'missing',
): Promise<void> {
  await parts.index.set(id, { chunk: null });
  parts.changes.announce({ kind: 'lost', id, reason });
}

/** Forgets all chunks of a volume that its owner emptied or deleted, held and in the trash. */
export async function dropVolume(parts: StoreParts, gone: VolumeId): Promise<void> {
  // Many at a time share one batch of the index.
  const dropping: Promise<void>[] = [];
  for await (const { id, volume } of parts.index.trash()) {
    if (volume === gone) dropping.push(parts.index.set(id, { trash: null }));
    if (dropping.length >= dropsAtOnce) await Promise.all(dropping.splice(0));
  }
  for await (const { id, volume } of parts.index.chunks()) {
    if (volume === gone) dropping.push(drop(parts, id, 'missing'));
    if (dropping.length >= dropsAtOnce) await Promise.all(dropping.splice(0));
  }
  await Promise.all(dropping);
}

/**
 * What the caller hears of a disk that failed it; the volume fails with it unless only this process
 * lacked something.
 * @param what did not happen, for a sentence: "A chunk could not be written to"
 */
export function diskFailure(volume: Volume, what: string, error: unknown): PeerstorError {
  if (error instanceof PeerstorError) return error;
  const sentence = `${what} the volume ${volume.path}: ${sentenceOf(error)}`;
  if (diskVerdict(error) === 'broken') volume.fail(sentence, isReadOnly(error));
  return new PeerstorError('storage-failed', sentence, { cause: error });
}

export function notRunning(): PeerstorError {
  return new PeerstorError('not-ready', 'The store is not running.');
}
