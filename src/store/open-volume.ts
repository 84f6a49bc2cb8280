/** What a configured folder is at start: a volume, a new one, or a drive that is not plugged in. */
import { dirname, resolve } from 'node:path';
import type { Random } from '../model/clock.ts';
import { PeerstorError, sentenceOf } from '../model/errors.ts';
import type { VolumeId } from '../model/ids.ts';
import { toHex, volumeId } from '../model/ids.ts';
import type { BlobFiles } from './blob-files.ts';
import type { KnownVolume } from './chunk-index.ts';
import { diskCode } from './files/disk-error.ts';
import { blobsPath, markerPath } from './layout.ts';
import type { StoreParts } from './store-parts.ts';
import { Volume, type VolumeOptions } from './volume.ts';
import { markerText, readMarker, writeMarker } from './volume-marker.ts';

export interface OpenedVolume {
  volume: Volume;
  /** The volume that was known at this path and that this one takes the place of: its chunks are gone. */
  replaced: VolumeId | undefined;
  /**
   * `made`: just now, and empty; `unseen`: it may hold chunks that no row knows, and which are hashed
   * before they count where the volume is `unverified`.
   */
  origin: 'known' | 'unseen' | 'made';
}

/**
 * Looks at a configured folder. A folder that the index knew as a volume and that has no marker is
 * `missing`, unless nothing but its owner can have emptied it: an unplugged drive must not be taken
 * for a new one, nor its mount point be filled.
 * @param isIndexNew what is found is not strange only because no row knows it
 * @throws `storage-failed` when a folder that never was a volume cannot become one
 */
export async function openVolume(
  options: VolumeOptions,
  parts: StoreParts,
  random: Random,
  isIndexNew = false,
): Promise<OpenedVolume> {
  const { files, index, clock } = parts;
  const { path } = options;
  const known = index.knownAt(path);
  const make = (id: VolumeId) => new Volume(id, options, files, clock);
  try {
    const marked = await readMarker(files, path);
    if (marked === undefined && known !== undefined) {
      const problem = await whyMissing(files, options, known);
      if (problem !== undefined) {
        const volume = make(known.id);
        volume.miss(problem);
        return { volume, replaced: undefined, origin: 'known' };
      }
    }
    const volume = make(marked ?? volumeId(toHex(random.bytes(16))));
    if (marked === undefined) await makeVolume(files, path, volume.id);
    await volume.makeFolders();
    await volume.emptyTmp();
    volume.find();
    if (volume.id === known?.id) {
      volume.unverified = known.unverified === true;
      return { volume, replaced: undefined, origin: 'known' };
    }
    const origin = marked !== undefined || (await hasBlobs(files, path)) ? 'unseen' : 'made';
    // Where the index itself was lost the files are this device's own: scrubbing reads them in its time.
    volume.unverified = origin === 'unseen' && !isIndexNew;
    await index.remember(path, {
      id: volume.id,
      mountPoint: await files.isMountPoint(path),
      ...(volume.unverified && { unverified: true }),
    });
    return { volume, replaced: marked === undefined ? known?.id : undefined, origin };
  } catch (error) {
    const sentence = `The volume ${path} cannot be used: ${sentenceOf(error)}`;
    if (known === undefined) throw new PeerstorError('storage-failed', sentence, { cause: error });
    const volume = make(known.id);
    volume.fail(sentence);
    return { volume, replaced: undefined, origin: 'known' };
  }
}

/** Are there chunks (or at least folders for them) in a volume? */
export async function hasBlobs(files: BlobFiles, path: string): Promise<boolean> {
  return (await files.list(blobsPath(path))).length > 0;
}

/** Why a folder without a marker is the known volume gone missing; undefined when it is a new start. */
async function whyMissing(
  files: BlobFiles,
  options: VolumeOptions,
  known: KnownVolume,
): Promise<string | undefined> {
  const { path } = options;
  const names = await namesIn(files, path);
  if (names === undefined) {
    if (options.owned === true) return undefined;
    return `The volume ${path} is not there: plug its drive in, or make the folder to start it anew.`;
  }
  if (names.length > 0) {
    return `The volume ${path} has lost its marker: if it is the right drive, put ${markerText(known.id)} into ${markerPath(path)}; to start it anew, empty it.`;
  }
  if (known.mountPoint && !(await files.isMountPoint(path))) {
    return `The drive of the volume ${path} is not mounted.`;
  }
  return undefined;
}

/** Names in a folder, or undefined when there is none; what a fresh file system brings does not count. */
async function namesIn(files: BlobFiles, path: string): Promise<string[] | undefined> {
  try {
    return (await files.list(path)).filter((name) => name !== 'lost+found');
  } catch (error) {
    if (diskCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes the folder where there is none, then the marker, each durable. */
async function makeVolume(files: BlobFiles, path: string, id: VolumeId): Promise<void> {
  const made = await files.makeFolders(path);
  if (made !== undefined) {
    for (let at = path; at !== dirname(resolve(made)); at = dirname(at)) await files.syncFolder(dirname(at));
  }
  await writeMarker(files, path, id);
}
