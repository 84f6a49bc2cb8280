/**
 * Smaller films for browsers that cannot play the original: made on demand by ffmpeg, sealed under the entry's key, kept by the device that made
 * them until it wants the room. No record names them, so no other device knows of them.
 */
import { open, seal, sealBytesAdded } from '../../crypto/index.ts';
import type { OpenContent, OpenRendition } from '../../model/contracts/drive.ts';
import type { MediaMaker } from '../../model/contracts/media/media-maker.ts';
import type { RenditionFiles } from '../../model/contracts/media/rendition-files.ts';
import { isPeerstorError, PeerstorError, sentenceOf } from '../../model/errors.ts';
import { type EntryId, shortId, type VersionId } from '../../model/ids.ts';
import { readContent } from '../content/index.ts';
import { openWithAny } from '../keys/sealed-parts.ts';
import type { OpenVersion } from '../tree/listing/heads.ts';
import { openMedia } from '../tree/media-record.ts';
import { type Entry, isConflict, nameOf, requireEntryOrConflict, type Tree } from '../tree/tree.ts';

/** Plain bytes of each sealed piece but the last one. */
const pieceBytes = 1024 * 1024;
const sealedPieceBytes = pieceBytes + sealBytesAdded;
/** Films that wait for their turn on this device. */
const jobsMax = 20;

interface Job {
  progress: number;
}

/** By version; of all who are signed in. A job goes on when its user leaves the page. */
const jobs = new WeakMap<RenditionFiles, Map<VersionId, Job>>();
/** What was tried and failed is not tried again until the device starts again. */
const failures = new WeakMap<RenditionFiles, Map<VersionId, string>>();

interface Film {
  entry: Entry;
  version: OpenVersion;
  durationSeconds: number | undefined;
  maker: MediaMaker;
  files: RenditionFiles;
}

/**
 * @returns the film, or how far its making is, 0 to 1
 * @throws `no-rendition` with what to do; `not-found`
 */
export async function openRendition(tree: Tree, id: EntryId): Promise<OpenRendition> {
  const film = await requireFilm(tree, id);
  const { files, version, entry } = film;
  const job = jobsOf(files).get(version.id);
  if (job) return { state: 'making', progress: job.progress };
  const sealedSize = await files.sizeOf(version.id);
  if (sealedSize !== undefined) return contentOf(tree, { files, version, entry }, sealedSize);
  throw none(
    failuresOf(files).get(version.id) ?? 'There is no smaller film of this yet: ask for one with POST.',
  );
}

/**
 * Begins to make it, unless it is there or under way.
 * @returns as `openRendition`
 * @throws `no-rendition` where this device cannot; `too-many-tries` when many wait; `not-found`
 */
export async function makeRendition(tree: Tree, id: EntryId): Promise<OpenRendition> {
  const film = await requireFilm(tree, id);
  const { files, version, maker } = film;
  const isThere = jobsOf(files).has(version.id) || (await files.sizeOf(version.id)) !== undefined;
  if (isThere) return openRendition(tree, id);
  if (!(await maker.films()).renditions) {
    throw none('This device cannot make films smaller: install ffmpeg on it, or ask another one.');
  }
  const failure = failuresOf(files).get(version.id);
  if (failure !== undefined) throw none(failure);
  const running = jobsOf(files);
  if (running.size >= jobsMax)
    throw new PeerstorError('too-many-tries', 'Many films wait already: ask later.');
  const job: Job = { progress: 0 };
  if (!running.has(version.id)) {
    running.set(version.id, job);
    void make(tree, film, job).finally(() => running.delete(version.id));
  }
  return { state: 'making', progress: running.get(version.id)?.progress ?? 0 };
}

async function make(tree: Tree, { entry, version, durationSeconds, maker, files }: Film, job: Job) {
  const { network } = tree;
  const { manifest, size } = version;
  const [entryKey = new Uint8Array(0), ...otherKeys] = entry.keys;
  const { signal } = new AbortController();
  const film = maker.render(
    {
      size,
      read: (range, until) => readContent({ manifest, entryKey, otherKeys, network, range, signal: until }),
    },
    { ...(durationSeconds !== undefined && { durationSeconds }) },
    {
      signal,
      onProgress: (share) => {
        job.progress = share;
      },
    },
  );
  try {
    await files.write(version.id, sealed(entry.key, version.id, film));
  } catch (error) {
    if (isPeerstorError(error, 'bad-input')) failuresOf(files).set(version.id, sentenceOf(error));
    tree.log.warn({ version: shortId(version.id) }, `A film was not made smaller: ${sentenceOf(error)}`);
  }
}

/** Each piece says which one of which film it is, so that none can take the place of another. */
const labelOf = (version: VersionId, index: number) => `rendition/1 ${version} ${index}`;

async function* sealed(
  key: Uint8Array,
  version: VersionId,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(pieceBytes);
  let filled = 0;
  let index = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + pieceBytes - filled);
      buffer.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < pieceBytes) continue;
      yield seal(key, labelOf(version, index), buffer);
      index += 1;
      filled = 0;
    }
  }
  if (filled > 0) yield seal(key, labelOf(version, index), buffer.subarray(0, filled));
}

async function contentOf(
  tree: Tree,
  { files, version, entry }: Pick<Film, 'files' | 'version' | 'entry'>,
  sealedSize: number,
): Promise<OpenContent> {
  const size = sealedSize - Math.ceil(sealedSize / sealedPieceBytes) * sealBytesAdded;
  return {
    name: `${await nameOf(tree, entry)}.mp4`,
    size,
    mime: 'video/mp4',
    etag: `${version.id}-720p`,
    modifiedAtMs: version.writtenAtMs,
    async *read({ start, end }, signal) {
      for (let index = Math.floor(start / pieceBytes); index * pieceBytes < end; index += 1) {
        signal.throwIfAborted();
        const from = index * sealedPieceBytes;
        const bytes = await files.read(version.id, from, Math.min(from + sealedPieceBytes, sealedSize));
        const plain = openWithAny(entry.keys, (key) => open(key, labelOf(version.id, index), bytes));
        yield plain.subarray(Math.max(0, start - index * pieceBytes), end - index * pieceBytes);
      }
    },
  };
}

async function requireFilm(tree: Tree, id: EntryId): Promise<Film> {
  const found = await requireEntryOrConflict(tree, id);
  const entry = isConflict(found) ? found.file : found;
  const version = isConflict(found)
    ? found.version
    : entry.body.kind === 'file'
      ? (await tree.cache.heads.of(entry.id, entry.keys)).winner
      : undefined;
  const media = version && openMedia(tree, version.id, entry.keys);
  const { media: maker } = tree;
  if (!version || media?.kind !== 'video' || !maker?.renditions) throw none('This is no film.');
  return { entry, version, durationSeconds: media.durationSeconds, maker, files: maker.renditions };
}

function jobsOf(files: RenditionFiles): Map<VersionId, Job> {
  const running = jobs.get(files) ?? new Map<VersionId, Job>();
  jobs.set(files, running);
  return running;
}

function failuresOf(files: RenditionFiles): Map<VersionId, string> {
  const known = failures.get(files) ?? new Map<VersionId, string>();
  failures.set(files, known);
  return known;
}

function none(why: string): PeerstorError {
  return new PeerstorError('no-rendition', why);
}
