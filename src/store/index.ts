/** The store room's only door. */
export { DiskChunkStore, type DiskChunkStoreOptions } from './disk-chunk-store.ts';
export { LevelStore } from './level-store.ts';
export { makeFolders } from './make-folders.ts';
export { MemoryChunkStore, type MemoryChunkStoreOptions } from './memory-chunk-store.ts';
export { MemoryOrderedStore } from './memory-ordered-store.ts';
export type { RescanOutcome } from './rescan.ts';
export type { PurgeOutcome } from './trash.ts';
export type { VolumeOptions } from './volume.ts';
