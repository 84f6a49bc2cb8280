/** What the drive room needs of its content pipeline. */
export { CollectedChunks, type CollectOptions, collectChunks, collectedIn } from './collect-chunks.ts';
export { checkContent } from './content-check.ts';
export { type ContentKeys, contentKeys } from './content-keys.ts';
export { type ReadOptions, readContent } from './content-reader.ts';
export { type WriteOptions, type WrittenContent, writeContent } from './content-writer.ts';
export { type ManifestTree, type OpenTreeOptions, openManifestTree } from './manifest-tree.ts';
export { type PartsOptions, type WrittenParts, writeParts } from './parts-writer.ts';
export { type StoredChunk, storeRest } from './store-chunk.ts';
