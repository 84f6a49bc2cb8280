/** The store room's only door. */
export { DiskChunkStore, type DiskChunkStoreOptions } from './disk-chunk-store.ts';
export { makeFolders } from './files/make-folders.ts';
export { LevelStore } from './level/level-store.ts';
export { MemoryOrderedStore } from './level/memory-ordered-store.ts';
export { MemoryChunkStore, type MemoryChunkStoreOptions } from './memory-chunk-store.ts';
export type { RescanOutcome } from './rescan.ts';
export type { PurgeOutcome } from './trash.ts';
export type { VolumeOptions } from './volume.ts';
