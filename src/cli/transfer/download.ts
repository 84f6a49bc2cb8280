/** Brings the content of one file of the drive into one local file. */
import { type FileHandle, link, open, rename, rm, unlink } from 'node:fs/promises';
import type { EntryView, VersionView } from '../../model/api.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { Answer, Client } from '../client/client.ts';
import type { Progress } from '../terminal/progress.ts';
import { factsAt, isSystemError, runnableMode } from './disk-facts.ts';
import type { PartFiles } from './part-files.ts';

/** A connection that breaks is opened again so many times, and goes on where it broke. */
const triesMax = 4;
/** Less is not worth a file that waits for the next try. */
const keptBytesMin = 1024 * 1024;

export interface Download {
  entry: Pick<EntryView, 'id' | 'version' | 'size' | 'modifiedAt' | 'executable'>;
  /** A former version; default: the current one. */
  version?: Pick<VersionView, 'id' | 'modifiedAt' | 'size' | 'executable'>;
  /** Name and path of the local file. */
  name: string;
  path: string;
  parts: PartFiles;
  overwrite: boolean;
}

type CameFacts = Pick<EntryView, 'modifiedAt' | 'executable'>;

/**
 * @param progress counts the bytes
 * @throws `conflict` when a local file is in the way, and what the device or the disk says
 */
export async function download(
  client: Client,
  wanted: Download,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { entry, name, path, parts, overwrite } = wanted;
  const part = await parts.claim(name, entry.id, wanted.version?.id ?? entry.version);
  const file = await open(part, 'a', 0o666);
  let finished = false;
  try {
    const came = await fetchAll(client, wanted, file, progress, signal);
    if (came.executable && process.platform !== 'win32')
      await file.chmod(runnableMode((await file.stat()).mode));
    const modified = new Date(came.modifiedAt);
    await file.utimes(modified, modified);
    await file.datasync();
    await file.close();
    await moveIntoPlace(part, path, overwrite);
    finished = true;
  } finally {
    await file.close().catch(() => undefined);
    if (!finished) await discard(part, signal.aborted);
  }
}

/** What a broken connection left stays for the next try; what a person stopped goes. */
async function discard(part: string, stopped: boolean): Promise<void> {
  const left = await factsAt(part).catch(() => undefined);
  if (stopped || (left?.size ?? 0) < keptBytesMin) await rm(part, { force: true });
}

/** @returns when the content that came was modified, and whether it may be run */
async function fetchAll(
  client: Client,
  wanted: Download,
  file: FileHandle,
  progress: Progress,
  signal: AbortSignal,
): Promise<CameFacts> {
  const { entry, version } = wanted;
  const id = version?.id ?? entry.version;
  const query = version === undefined ? '' : `?version=${encodeURIComponent(version.id)}`;
  for (let tries = 1; ; tries += 1) {
    const from = await bytesToKeep(file, version?.size ?? entry.size);
    if (from > 0 && from === (version?.size ?? entry.size)) {
      return version ?? entry;
    }
    const resumed = from > 0 ? { range: `bytes=${from}-`, 'if-range': `"${id}"` } : {};
    const answer = await client.send(`/api/v1/entries/${entry.id}/content${query}`, {
      headers: { accept: '*/*', ...resumed },
      signal,
    });
    const total = await receive(answer, file, from, progress, signal);
    const { size } = await file.stat();
    if (size === total) return factsOf(client, wanted, answer);
    if (tries >= triesMax) {
      throw new PeerstorError(
        'peer-failed',
        `The connection broke after ${size} of ${total} bytes. Run the same command again to go on.`,
      );
    }
  }
}

/** How much of a begun file is of use: more than the whole is not. */
async function bytesToKeep(file: FileHandle, size: number): Promise<number> {
  const there = (await file.stat()).size;
  if (there <= size) return there;
  await file.truncate(0);
  return 0;
}

/** Writes what an answer brings. @returns how long the whole content is */
async function receive(
  answer: Answer,
  file: FileHandle,
  from: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<number> {
  let total = Number(answer.headers['content-length']);
  if (answer.status === 206) {
    const [, first, , size] =
      /^bytes (\d+)-(\d+)\/(\d+)$/.exec(String(answer.headers['content-range'])) ?? [];
    if (Number(first) !== from)
      throw new PeerstorError('peer-failed', 'The device sent another part of the file.');
    total = Number(size);
    progress.add(from);
  } else {
    await file.truncate(0);
  }
  try {
    for await (const piece of answer.body) {
      progress.add(piece.length);
      await file.write(piece);
    }
  } catch (error) {
    if (signal.aborted) throw new PeerstorError('aborted', 'Stopped before it was complete.');
    // A cut connection shows by what is missing; an error of the local disk is told as it is.
    if (!isSystemError(error, 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'EPIPE', 'ETIMEDOUT')) throw error;
  }
  return total;
}

/** Of the version that came: a file may have been replaced since its folder was listed. */
async function factsOf(client: Client, { entry, version }: Download, answer: Answer): Promise<CameFacts> {
  if (version !== undefined) return version;
  const came = String(answer.headers.etag ?? '').replace(/^W\/|"/g, '');
  if (came === entry.version) return entry;
  return client.json<EntryView>(`/api/v1/entries/${entry.id}`);
}

/** A file that is in the way is replaced only when that was said, even if it came a moment ago. */
async function moveIntoPlace(part: string, path: string, overwrite: boolean): Promise<void> {
  if (overwrite) return rename(part, path);
  try {
    await link(part, path);
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) throw inTheWay();
    // A disk without hard links, such as FAT.
    if ((await factsAt(path)) !== undefined) throw inTheWay();
    return rename(part, path);
  }
  await unlink(part);
}

/** Why a file was not downloaded. */
export function inTheWay(): PeerstorError {
  return new PeerstorError('conflict', 'another file is there under this name; --overwrite replaces it');
}
