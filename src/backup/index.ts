/** The backup room's door. */
export { BackupService, type BackupServiceParts } from './backup-service.ts';
export type { ProfileFolder } from './profiles/profile-state.ts';
