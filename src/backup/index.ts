/** The backup room's door. */
export { AdoptedChunks } from './adopt/adopted-chunks.ts';
export { SourcedChunkStore } from './adopt/sourced-chunk-store.ts';
export { BackupService, type BackupServiceParts } from './backup-service.ts';
export type { ProfileFolder } from './profiles/profile-state.ts';
