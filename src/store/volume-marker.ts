/** The file that says which volume a folder is, wherever it is mounted. */
import { PeerstorError, sentenceOf } from '../model/errors.ts';
import type { VolumeId } from '../model/ids.ts';
import { volumeId } from '../model/ids.ts';
import type { BlobFiles } from './blob-files.ts';
import { readWhole, writeSynced } from './blob-files.ts';
import { diskCode, diskVerdict } from './files/disk-error.ts';
import { markerPath } from './layout.ts';

/** The layout of a volume; a newer one is not touched. */
const volumeFormat = 1;
const markerBytesMax = 4096;

/** What the marker file holds, as JSON. */
export const markerText = (id: VolumeId): string => JSON.stringify({ id, format: volumeFormat });

/**
 * @returns the id in a folder's marker, or undefined when there is no marker (or no folder)
 * @throws `storage-failed` when it cannot be read or makes no sense, `unsupported-format` when a
 * newer peerstor wrote it
 */
export async function readMarker(files: BlobFiles, volume: string): Promise<VolumeId | undefined> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readWhole(files, markerPath(volume), markerBytesMax);
  } catch (error) {
    if (diskVerdict(error) === 'gone') return undefined;
    throw new PeerstorError(
      'storage-failed',
      `The marker of the volume ${volume} cannot be read: ${sentenceOf(error)}`,
      {
        cause: error,
      },
    );
  }
  return parseMarker(volume, bytes === undefined ? '' : Buffer.from(bytes).toString('utf8'));
}

function parseMarker(volume: string, text: string): VolumeId {
  let marker: unknown;
  try {
    marker = JSON.parse(text);
  } catch (error) {
    throw damaged(volume, error);
  }
  if (typeof marker !== 'object' || marker === null || !('id' in marker) || !('format' in marker)) {
    throw damaged(volume);
  }
  if (marker.format !== volumeFormat) {
    throw new PeerstorError(
      'unsupported-format',
      `The volume ${volume} has format ${String(marker.format)}, written by a newer peerstor: update this one.`,
    );
  }
  if (typeof marker.id !== 'string') throw damaged(volume);
  try {
    return volumeId(marker.id);
  } catch (error) {
    throw damaged(volume, error);
  }
}

function damaged(volume: string, cause?: unknown): PeerstorError {
  return new PeerstorError('storage-failed', `The marker ${markerPath(volume)} is damaged.`, { cause });
}

/** Writes the marker of a new volume; it survives a power cut when this resolves. */
export async function writeMarker(files: BlobFiles, volume: string, id: VolumeId): Promise<void> {
  const path = markerPath(volume);
  const unfinished = `${path}.new`;
  await files.unlink(unfinished).catch((error: unknown) => {
    if (diskCode(error) !== 'ENOENT') throw error;
  });
  await writeSynced(files, unfinished, Buffer.from(markerText(id)));
  await files.rename(unfinished, path);
  await files.syncFolder(volume);
}
