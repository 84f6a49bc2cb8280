/** The store room's only door. */

export type { PurgeOutcome } from './chunks/trash.ts';
export { DiskChunkStore, type DiskChunkStoreOptions } from './disk-chunk-store.ts';
export { type DiskFiles, nodeFiles, type OpenFile } from './files/disk-files.ts';
export { segmentsPath } from './files/layout.ts';
export { makeFolders } from './files/make-folders.ts';
export { readAll, writeAll } from './files/whole-file.ts';
export { LevelStore } from './level/level-store.ts';
export { MemoryOrderedStore } from './level/memory-ordered-store.ts';
export { LooseVolumes, type LooseVolumesOutcome } from './loose-volumes.ts';
export { MemoryChunkStore, type MemoryChunkStoreOptions } from './memory-chunk-store.ts';
export type { CompactionOutcome } from './upkeep/compaction.ts';
export type { RescanOutcome } from './upkeep/rescan.ts';
export type { VolumeOptions } from './volumes/volume.ts';
