/**
 * Where things lie in a volume, and nothing else (FORMAT):
 *
 *     VOLUME/.peerstor-volume    marker: which volume this is
 *     VOLUME/blobs/aa/bb/ID      chunks; aa and bb are the first four digits of ID
 *     VOLUME/tmp/                half-written files, emptied at start
 *     VOLUME/trash/ID            deleted chunks that can still come back
 *     VOLUME/quarantine/ID       chunks whose bytes were found wrong
 */
import { join } from 'node:path';
import type { ChunkId } from '../model/ids.ts';

export const markerPath = (volume: string): string => join(volume, '.peerstor-volume');
export const blobsPath = (volume: string): string => join(volume, 'blobs');
export const tmpPath = (volume: string): string => join(volume, 'tmp');
export const trashFolderPath = (volume: string): string => join(volume, 'trash');
export const quarantineFolderPath = (volume: string): string => join(volume, 'quarantine');

/** The 256 branches of blobs/; @param digits two hex digits */
export const branchPath = (volume: string, digits: string): string => join(blobsPath(volume), digits);
/** The folder of a chunk; @param digits four or more hex digits, such as its id */
export const shardPath = (volume: string, digits: string): string =>
  join(branchPath(volume, digits.slice(0, 2)), digits.slice(2, 4));

export const blobPath = (volume: string, id: ChunkId): string => join(shardPath(volume, id), id);
/** @param attempt makes the name new even where an older attempt could not be removed */
export const unfinishedPath = (volume: string, id: ChunkId, attempt: number): string =>
  join(tmpPath(volume), `${id}.${attempt}`);
export const trashPath = (volume: string, id: ChunkId): string => join(trashFolderPath(volume), id);
export const quarantinePath = (volume: string, id: ChunkId): string => join(quarantineFolderPath(volume), id);

export const isTwoDigits = (name: string): boolean => /^[0-9a-f]{2}$/.test(name);
