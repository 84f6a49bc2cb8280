/** A chunk's bytes from its record, where they are right. */
import type { ChunkId } from '../../model/ids.ts';
import { isUnreadable } from '../files/disk-error.ts';
import type { Place } from '../segments/segment-format.ts';
import type { Volume } from '../volumes/volume.ts';
import { hashesTo } from './chunk-hash.ts';

/**
 * @returns undefined when the bytes are wrong, or when the disk says that it cannot give them any more; an
 * error that says nothing about them, such as too many open files, is thrown
 */
export async function soundBytes(
  volume: Volume,
  place: Place,
  id: ChunkId,
  length: number,
): Promise<Uint8Array | undefined> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await volume.log.read(place, id, length);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  return bytes !== undefined && (await hashesTo(id, bytes)) ? bytes : undefined;
}
