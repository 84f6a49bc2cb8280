/**
 * Where things lie in a volume, and nothing else (FORMAT section 2):
 *
 *     VOLUME/.peerstor-volume            marker: which volume this is, and which device uses it
 *     VOLUME/segments/                   the only folder that peerstor makes in a volume
 *     VOLUME/segments/.peerstor-volume   the same marker: this folder is peerstor's
 *     VOLUME/segments/.lock              the process that uses the volume
 *     VOLUME/segments/NNNNNNNN.segment   chunks; the number has eight hex digits
 */
import { join } from 'node:path';

export const markerName = '.peerstor-volume';
/** Its name is how `nodeFiles` knows the folder that must never be a symbolic link. */
export const segmentsFolderName = 'segments';

export const markerPath = (folder: string): string => join(folder, markerName);
export const segmentsPath = (volume: string): string => join(volume, segmentsFolderName);
export const lockPath = (volume: string): string => join(segmentsPath(volume), '.lock');

/** @param number from 1; never used twice on one volume */
export const segmentPath = (volume: string, number: number): string =>
  join(segmentsPath(volume), `${number.toString(16).padStart(8, '0')}.segment`);

/** @returns the number in a segment's file name, or undefined when the name is not a segment's */
export function segmentNumber(name: string): number | undefined {
  const match = /^([0-9a-f]{8})\.segment$/.exec(name);
  const number = Number.parseInt(match?.[1] ?? '', 16);
  return number > 0 ? number : undefined;
}
