/**
 * Writes what a snapshot has into a folder of this device: one file, a folder, or all. What is there already and differs
 * stays, unless it is to be replaced.
 */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Drive } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import { entryId, versionId } from '../../model/ids.ts';
import { type Counts, isFatal, type RunOutcome } from '../profiles/run-outcome.ts';
import { Tally } from '../profiles/tally.ts';
import type { SnapshotLine } from '../snapshots/snapshot-format.ts';
import { Snapshots } from '../snapshots/snapshots.ts';
import { type FileFacts, factsOf } from '../source/scanner.ts';
import { LocalWriter } from '../sync/local-writer.ts';

/** Disks keep times with less than a millisecond lost. */
const timeSlackMs = 2;

export interface RestoreParts {
  drive: Drive;
  target: Parameters<Drive['entry']>[0];
  /** Id of a snapshot, or a time. */
  at: string;
  /** A file or folder of the snapshot; empty for everything. */
  under: string;
  /** Local folder in which paths are as in the snapshot. */
  folder: string;
  overwrite: boolean;
  /** Makes a folder with those above it. */
  makeFolders(path: string): Promise<unknown>;
  signal: AbortSignal;
  onProgress(counts: Counts): void;
}

export async function restore(parts: RestoreParts): Promise<RunOutcome> {
  const { drive, target, at, folder, signal } = parts;
  const tally = new Tally((counts) => parts.onProgress(counts));
  const under = parts.under.split('/').filter(Boolean).join('/');
  const { lines } = await new Snapshots(drive, target, signal).open(at);
  await parts.makeFolders(folder);
  const writer = new LocalWriter(folder);
  let found = under === '';
  for await (const line of lines) {
    if (under !== '' && line.path !== under && !line.path.startsWith(`${under}/`)) continue;
    found = true;
    signal.throwIfAborted();
    try {
      if (line.kind === 'folder') await writer.makeFolder(line.path);
      else await restoreFile(parts, writer, line, tally);
    } catch (error) {
      signal.throwIfAborted();
      if (isFatal(error)) throw error;
      tally.fail(line.path, error);
    }
  }
  if (!found) throw new PeerstorError('not-found', 'This snapshot has nothing of that path.');
  const { counts, failed, failures } = tally;
  return { counts, failed, failures, snapshot: null, braked: undefined, loss: 0 };
}

async function restoreFile(
  { drive, folder, overwrite, signal }: RestoreParts,
  writer: LocalWriter,
  { path, size, modifiedAtMs, executable, entry, version }: SnapshotLine,
  tally: Tally,
): Promise<void> {
  const before = await factsAt(join(folder, path));
  if (before && before.size === size && Math.abs(before.mtimeMs - modifiedAtMs) < timeSlackMs) {
    tally.counts.unchanged += 1;
    return;
  }
  if (before && !overwrite)
    throw new PeerstorError('conflict', 'another file has this name here; it stays as it is');
  const content = await drive.open(entryId(entry ?? ''), versionId(version ?? ''));
  async function* pieces() {
    for await (const piece of content.read({ start: 0, end: content.size }, signal)) {
      tally.counts.bytes += piece.length;
      yield piece;
    }
  }
  await writer.write(path, { pieces: pieces(), modifiedAtMs, executable }, before);
  tally.count(before ? 'changed' : 'added');
}

async function factsAt(path: string): Promise<FileFacts | undefined> {
  const stats = await lstat(path, { bigint: true }).catch(() => undefined);
  if (!stats) return undefined;
  if (!stats.isFile()) throw new PeerstorError('conflict', 'a folder or a link has this name here');
  return factsOf(stats);
}
