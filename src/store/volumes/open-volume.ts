/** What a configured folder is at start: a volume, a new one, or a drive that is not plugged in. */
import { dirname, resolve } from 'node:path';
import { isPeerstorError, PeerstorError, sentenceOf } from '../../model/errors.ts';
import type { VolumeId } from '../../model/ids.ts';
import { toHex, volumeId } from '../../model/ids.ts';
import { diskCode, isReadOnly } from '../files/disk-error.ts';
import type { DiskFiles } from '../files/disk-files.ts';
import { markerPath, segmentsPath } from '../files/layout.ts';
import type { KnownVolume } from '../index/chunk-index.ts';
import type { StoreParts } from './store-parts.ts';
import { Volume, type VolumeOptions } from './volume.ts';
import { type Marker, makeSegmentsFolder, markerText, readMarker, writeMarker } from './volume-marker.ts';

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
 * @param isIndexNew the index has no rows at all, so unknown chunks are this device's own
 * @throws `storage-failed` when a folder that never was a volume cannot become one, or is the volume of
 * another device; `unsupported-format`
 */
export async function openVolume(
  options: VolumeOptions,
  parts: StoreParts,
  isIndexNew = false,
): Promise<OpenedVolume> {
  const { files, index } = parts;
  const known = index.knownAt(options.path);
  const make = (id: VolumeId) => new Volume(id, options, parts);
  try {
    const marked = await findMarker(files, options.path, known);
    if (marked === undefined && known !== undefined) {
      const problem = await whyMissing(files, options, known);
      if (problem !== undefined) {
        const volume = make(known.id);
        volume.miss(problem);
        return { volume, replaced: undefined, origin: 'known' };
      }
    }
    return await openMarked({ options, parts, known, isIndexNew, make }, marked);
  } catch (error) {
    if (isPeerstorError(error, 'unsupported-format')) throw error;
    const sentence = `The volume ${options.path} cannot be used: ${sentenceOf(error)}`;
    if (known === undefined) throw new PeerstorError('storage-failed', sentence, { cause: error });
    const volume = make(known.id);
    volume.fail(sentence);
    return { volume, replaced: undefined, origin: 'known' };
  }
}

interface Opening {
  options: VolumeOptions;
  parts: StoreParts;
  known: KnownVolume | undefined;
  isIndexNew: boolean;
  make(id: VolumeId): Volume;
}

async function openMarked(opening: Opening, marked: Marker | undefined): Promise<OpenedVolume> {
  const { options, parts, known, isIndexNew, make } = opening;
  const { files, index, random, device } = parts;
  const { path } = options;
  const marker = { id: marked?.id ?? volumeId(toHex(random.bytes(16))), owner: device };
  if (marked !== undefined) mustBeOurs(options, parts, known, marked);
  else await makeFolder(files, path);
  const volume = make(marker.id);
  const problem = await prepare(volume, parts, marked, marker);
  await volume.log.open();
  volume.find(await files.identity(path));
  if (problem !== undefined) volume.fail(problem, true);
  const remembered = { id: volume.id, owner: device, mountPoint: await files.isMountPoint(path) };
  if (volume.id === known?.id) {
    volume.unverified = known.unverified === true;
    if (known.owner !== device) await index.remember(path, { ...known, owner: device });
    return { volume, replaced: undefined, origin: 'known' };
  }
  const origin = volume.log.isEmpty ? 'made' : 'unseen';
  // Where the index itself was lost the chunks are this device's own: scrubbing reads them in its time.
  volume.unverified = origin === 'unseen' && !isIndexNew;
  await index.remember(path, { ...remembered, ...(volume.unverified && { unverified: true }) });
  return { volume, replaced: marked === undefined ? known?.id : undefined, origin };
}

/** Takes the lock and makes missing folders and markers. @returns why the volume takes no writes, if its disk is read-only */
async function prepare(
  volume: Volume,
  { files, random }: StoreParts,
  before: Marker | undefined,
  marker: Marker,
): Promise<string | undefined> {
  try {
    await makeSegmentsFolder(files, volume.path, marker, random);
    await volume.lock.take();
    const written = await readMarker(files, volume.path);
    if (written?.owner !== marker.owner) await writeMarker(files, volume.path, marker, random);
  } catch (error) {
    // A new volume must be written to; an older one can be read.
    if (before === undefined || !isReadOnly(error)) throw error;
    return `The volume ${volume.path} takes no writes: ${sentenceOf(error)}`;
  }
  return undefined;
}

/** The marker of the folder; where that is lost, and no index row names the volume, the one beside its segments. */
async function findMarker(
  files: DiskFiles,
  path: string,
  known: KnownVolume | undefined,
): Promise<Marker | undefined> {
  const marked = await readMarker(files, path);
  if (marked !== undefined || known !== undefined) return marked;
  if ((await files.kind(segmentsPath(path))) !== 'folder') return undefined;
  return await readMarker(files, segmentsPath(path));
}

/** @throws `storage-failed` when another device uses the volume, and nobody asked to take it from that one */
function mustBeOurs(
  { path, owned, adopt }: VolumeOptions,
  { device }: StoreParts,
  known: KnownVolume | undefined,
  { id, owner }: Marker,
): void {
  if (owner === null || owner === device || owned === true || adopt === true) return;
  // This device had another key when it wrote the marker.
  if (known?.id === id && known.owner === owner) return;
  throw new PeerstorError(
    'storage-failed',
    `${path} is the volume of another device (${owner.slice(0, 12)}…). If that device is gone for good, take its volume over: peerstor volume add ${path} --adopt`,
    { details: { path, owner } },
  );
}

/** Why a folder without a marker is the known volume gone missing; undefined when it is a new start. */
async function whyMissing(
  files: DiskFiles,
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
    return `The volume ${path} has lost its marker: if it is the right drive, put ${markerText(known)} into ${markerPath(path)}; to start it anew, empty it.`;
  }
  if (known.mountPoint && !(await files.isMountPoint(path))) {
    return `The drive of the volume ${path} is not mounted.`;
  }
  return undefined;
}

/** Names in a folder, or undefined when there is no folder; `lost+found` of a fresh file system does not count. */
async function namesIn(files: DiskFiles, path: string): Promise<string[] | undefined> {
  try {
    return (await files.list(path)).filter((name) => name !== 'lost+found');
  } catch (error) {
    if (diskCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes the folder where there is none; it is durable when this resolves. */
async function makeFolder(files: DiskFiles, path: string): Promise<void> {
  const made = await files.makeFolders(path);
  if (made === undefined) return;
  for (let at = path; at !== dirname(resolve(made)); at = dirname(at)) await files.syncFolder(dirname(at));
}
