/** Compares a volume's files with the index, by names and sizes, and sets the index right (I7). */
import { Semaphore } from '../concurrency/index.ts';
import { PeerstorError } from '../model/errors.ts';
import type { ChunkId } from '../model/ids.ts';
import { chunkId } from '../model/ids.ts';
import { sealedChunkBytesMax } from '../model/limits.ts';
import type { BlobFiles } from './blob-files.ts';
import { hashesTo } from './chunk-hash.ts';
import { diskCode, diskVerdict } from './files/disk-error.ts';
import {
  blobPath,
  blobsPath,
  branchPath,
  isTwoDigits,
  shardPath,
  trashFolderPath,
  trashPath,
} from './layout.ts';
import { diskFailure, drop, type IsThere, locate, type StoreParts } from './store-parts.ts';
import type { Volume } from './volume.ts';

/** Folders read at a time. */
const foldersAtOnce = 8;
/** Files of one folder asked for their size at a time. */
const filesAtOnce = 64;

export interface RescanOutcome {
  /** Chunks found that the index did not know. */
  added: number;
  /** Chunks of the index that are not there, or not in their size. */
  lost: number;
}

/**
 * Goes through one volume while the store is in use: only what differs is looked at again, under
 * the lock of its id. Only what came from elsewhere is hashed; of the rest a read finds wrong bytes.
 * @param options.isThere reads the volume's marker: nothing is called lost on a volume that is gone
 * @param options.hashesNew files that no row knows came from elsewhere
 * @throws `volume-missing`, `storage-failed`; the signal's reason
 */
export async function rescanVolume(
  volume: Volume,
  parts: StoreParts,
  options: { isThere: IsThere; signal: AbortSignal; hashesNew: boolean },
): Promise<RescanOutcome> {
  const { signal, hashesNew } = options;
  const outcome = { added: 0, lost: 0 };
  const scan: Scan = {
    volume,
    parts,
    signal,
    hashesNew,
    outcome,
    isThere: () => options.isThere(volume),
    lanes: new Semaphore(foldersAtOnce),
  };
  try {
    await mustBeThere(scan);
    // An earlier process may have been killed between making a folder and syncing its parent.
    await volume.folders.sync(blobsPath(volume.path));
    for (let branch = 0; branch < 256; branch += 1) {
      await rescanBranch(scan, branch.toString(16).padStart(2, '0'));
    }
    await rescanTrash(scan);
  } catch (error) {
    if (signal.aborted) throw error;
    throw diskFailure(volume, 'It was not possible to look through', error);
  }
  return outcome;
}

interface Scan {
  volume: Volume;
  parts: StoreParts;
  signal: AbortSignal;
  hashesNew: boolean;
  outcome: RescanOutcome;
  isThere: () => Promise<boolean>;
  lanes: Semaphore;
}

async function mustBeThere(scan: Scan): Promise<void> {
  if (await scan.isThere()) return;
  throw new PeerstorError(
    'volume-missing',
    `The volume ${scan.volume.path} went away while it was looked through.`,
  );
}

/** The 1/256 of the volume whose ids begin with two digits: its rows are held in memory meanwhile. */
async function rescanBranch(scan: Scan, digits: string): Promise<void> {
  const { volume, parts, signal } = scan;
  signal.throwIfAborted();
  const unseen = new Map<ChunkId, number>();
  for await (const row of parts.index.chunks({ branch: digits })) {
    if (row.volume === volume.id) unseen.set(row.id, row.size);
  }
  const shards = (await namesOrNone(parts.files, branchPath(volume.path, digits))).filter(isTwoDigits);
  if (shards.length > 0) await volume.folders.sync(branchPath(volume.path, digits));
  await Promise.all(
    shards.map((shard) => scan.lanes.run(() => rescanShard(scan, digits + shard, unseen), signal)),
  );
  if (unseen.size === 0) return;
  await mustBeThere(scan);
  for (const id of unseen.keys()) await forgetIfGone(scan, id);
}

/** Takes what is there, in its size, out of `unseen`. */
async function rescanShard(scan: Scan, digits: string, unseen: Map<ChunkId, number>): Promise<void> {
  const { volume, parts, signal } = scan;
  const names = await namesOrNone(parts.files, shardPath(volume.path, digits));
  const ids = names.filter((name) => isChunkId(name) && name.startsWith(digits)).map(chunkId);
  for (let at = 0; at < ids.length; at += filesAtOnce) {
    signal.throwIfAborted();
    const some = ids.slice(at, at + filesAtOnce);
    const sizes = await Promise.all(some.map((id) => sizeOrNone(parts.files, blobPath(volume.path, id))));
    for (const [place, id] of some.entries()) {
      const size = sizes[place];
      if (size === undefined) continue;
      const expected = unseen.get(id);
      unseen.delete(id);
      if (expected !== size) await lookAgain(scan, id);
    }
  }
}

/** A file that differs from the index, looked at again under its lock. */
async function lookAgain(scan: Scan, id: ChunkId): Promise<void> {
  const { volume, parts, outcome } = scan;
  await parts.locks.hold(id, async () => {
    const size = await sizeOrNone(parts.files, blobPath(volume.path, id));
    const row = parts.index.chunk(id);
    if (size === undefined || (row?.volume === volume.id && row.size === size)) return;
    if (row?.volume === volume.id || size > sealedChunkBytesMax) {
      await volume.quarantine(id);
      if (row?.volume !== volume.id) return;
      await drop(parts, id, 'corrupt');
      outcome.lost += 1;
    } else if (locate(parts, id) !== undefined) {
      // Stored elsewhere while this volume was away: one copy on a device is enough.
      await volume.moveToTrash(id);
      await parts.index.set(id, { trash: { volume: volume.id, size, deletedAtMs: parts.clock.elapsedMs() } });
    } else if (scan.hashesNew && !(await isSound(scan, id, size))) {
      await volume.quarantine(id);
    } else {
      await volume.folders.syncShard(id);
      await parts.index.set(id, { chunk: { volume: volume.id, size } });
      parts.changes.announce({ kind: 'added', id, size });
      outcome.added += 1;
    }
  });
}

/** A file that cannot be read is as bad as one with wrong bytes. */
async function isSound({ volume }: Scan, id: ChunkId, size: number): Promise<boolean> {
  const bytes = await volume.read(id, size).catch(() => undefined);
  return bytes !== undefined && (await hashesTo(id, bytes));
}

async function forgetIfGone(scan: Scan, id: ChunkId): Promise<void> {
  const { volume, parts, outcome } = scan;
  await parts.locks.hold(id, async () => {
    if (parts.index.chunk(id)?.volume !== volume.id) return;
    if ((await sizeOrNone(parts.files, blobPath(volume.path, id))) !== undefined) return;
    await drop(parts, id, 'missing');
    outcome.lost += 1;
  });
}

/** Rows of the trash are set right both ways; a chunk whose time is not known counts from now. */
async function rescanTrash(scan: Scan): Promise<void> {
  const { volume, parts } = scan;
  const ids = new Set((await parts.files.list(trashFolderPath(volume.path))).filter(isChunkId).map(chunkId));
  for (const id of ids) {
    await parts.locks.hold(id, async () => {
      const size = await sizeOrNone(parts.files, trashPath(volume.path, id));
      if (size === undefined || parts.index.trashed(id) !== undefined) return;
      await parts.index.set(id, { trash: { volume: volume.id, size, deletedAtMs: parts.clock.elapsedMs() } });
    });
  }
  for await (const { id, volume: holder } of parts.index.trash()) {
    if (holder !== volume.id || ids.has(id)) continue;
    await parts.locks.hold(id, async () => {
      if (parts.index.trashed(id)?.volume !== volume.id) return;
      if ((await sizeOrNone(parts.files, trashPath(volume.path, id))) !== undefined) return;
      await parts.index.set(id, { trash: null });
    });
  }
}

async function namesOrNone(files: BlobFiles, path: string): Promise<string[]> {
  try {
    return await files.list(path);
  } catch (error) {
    if (diskVerdict(error) === 'gone') return [];
    throw error;
  }
}

async function sizeOrNone(files: BlobFiles, path: string): Promise<number | undefined> {
  try {
    return await files.size(path);
  } catch (error) {
    if (diskCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isChunkId(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name);
}
