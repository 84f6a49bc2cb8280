/** The file that says which volume a folder is, wherever it is mounted, and which device uses it. */
import type { Random } from '../../model/clock.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import type { DeviceId, VolumeId } from '../../model/ids.ts';
import { deviceId, toHex, volumeId } from '../../model/ids.ts';
import { diskVerdict } from '../files/disk-error.ts';
import type { DiskFiles } from '../files/disk-files.ts';
import { markerPath, segmentsPath } from '../files/layout.ts';
import { readSmall, writeSynced } from '../files/whole-file.ts';

/** The layout of a volume. Format 1 kept a file for each chunk and was never released. */
const volumeFormat = 2;
const markerBytesMax = 4096;

export interface Marker {
  id: VolumeId;
  /** The device that uses it; null once that device lends it no more. */
  owner: DeviceId | null;
}

/** What the marker file holds, as JSON. */
export const markerText = ({ id, owner }: Marker): string =>
  JSON.stringify({ id, format: volumeFormat, owner });

/**
 * Reads the marker in a folder: a volume, or its folder of segments.
 * @returns undefined when there is no marker (or no folder)
 * @throws `storage-failed` when it cannot be read or makes no sense, `unsupported-format` when
 * another version of peerstor wrote it
 */
export async function readMarker(files: DiskFiles, folder: string): Promise<Marker | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readSmall(files, markerPath(folder), markerBytesMax);
  } catch (error) {
    if (diskVerdict(error) === 'gone') return undefined;
    throw new PeerstorError(
      'storage-failed',
      `The marker of the volume ${folder} cannot be read: ${sentenceOf(error)}`,
      { cause: error },
    );
  }
  return parseMarker(folder, Buffer.from(bytes).toString('utf8'));
}

function parseMarker(folder: string, text: string): Marker {
  let marker: unknown;
  try {
    marker = JSON.parse(text);
  } catch (error) {
    throw damaged(folder, error);
  }
  if (typeof marker !== 'object' || marker === null || !('id' in marker) || !('format' in marker)) {
    throw damaged(folder);
  }
  if (marker.format === 1) {
    throw new PeerstorError(
      'unsupported-format',
      `The volume ${folder} was written by an earlier peerstor, with a file for each chunk in blobs/, which this one does not read: lend an empty folder.`,
    );
  }
  if (marker.format !== volumeFormat) {
    throw new PeerstorError(
      'unsupported-format',
      `The volume ${folder} has format ${String(marker.format)}, written by a newer peerstor: update this one.`,
    );
  }
  const owner = 'owner' in marker ? marker.owner : undefined;
  if (typeof marker.id !== 'string' || (typeof owner !== 'string' && owner !== null)) throw damaged(folder);
  try {
    return { id: volumeId(marker.id), owner: owner === null ? null : deviceId(owner) };
  } catch (error) {
    throw damaged(folder, error);
  }
}

function damaged(folder: string, cause?: unknown): PeerstorError {
  return new PeerstorError('storage-failed', `The marker ${markerPath(folder)} is damaged.`, { cause });
}

/** Writes a marker, in the place of an older one; it survives a power cut when this resolves. */
export async function writeMarker(
  files: DiskFiles,
  folder: string,
  marker: Marker,
  random: Random,
): Promise<void> {
  const path = markerPath(folder);
  // A name that nobody else uses: a file that is there already is not peerstor's to replace.
  const unfinished = `${path}.${toHex(random.bytes(8))}`;
  try {
    await writeSynced(files, unfinished, Buffer.from(markerText(marker)));
    await files.rename(unfinished, path);
  } catch (error) {
    await files.unlink(unfinished).catch(() => undefined);
    throw error;
  }
  await files.syncFolder(folder);
}

/**
 * Makes the folder of segments, or shows that the one that is there is this volume's.
 * @throws `storage-failed` when somebody else's file, folder or link has its name
 */
export async function makeSegmentsFolder(
  files: DiskFiles,
  volume: string,
  marker: Marker,
  random: Random,
): Promise<void> {
  const path = segmentsPath(volume);
  if ((await files.kind(path)) === undefined && (await files.makeFolder(path)))
    await files.syncFolder(volume);
  if ((await files.kind(path)) !== 'folder') throw foreign(path);
  const own = await readMarker(files, path);
  if (own?.id === marker.id) return;
  // Without a marker it is this program's only if it is empty: a crash came between folder and marker.
  if (own !== undefined || (await files.list(path)).length > 0) throw foreign(path);
  await writeMarker(files, path, marker, random);
}

function foreign(path: string): PeerstorError {
  return new PeerstorError(
    'storage-failed',
    `${path} was not made by peerstor for this volume, so peerstor does not touch it: move it away, or lend another folder.`,
  );
}
