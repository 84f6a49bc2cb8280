/** What sharing with people, by links and by tokens needs. */
import type { Audit, AuditEvent } from '../../model/contracts/audit.ts';
import type { KdfCost } from '../keys/user-keys.ts';
import type { Tree } from '../tree/tree.ts';
import type { PasswordQueue } from '../users/password-queue.ts';
import type { SharedDrives } from './shared-drives.ts';

export interface SharingParts {
  tree: Tree;
  shared: SharedDrives;
  audit: Audit;
  kdfCost: KdfCost | undefined;
  passwordQueue: PasswordQueue;
}

/** Notes what the owner of the tree did in the audit log. */
export function noteSharing(
  { tree, audit }: SharingParts,
  event: AuditEvent['event'],
  sentence: string,
): void {
  const username = tree.catalog.get('user', tree.user)?.body?.username;
  audit.note({ event, sentence, ...(username !== undefined && { username }) });
}
