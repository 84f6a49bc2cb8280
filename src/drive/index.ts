/** The drive room's door: accounts, and through their sessions the drives. */
export { type AccountsParts, type AccountsRoom, createAccounts } from './accounts/accounts.ts';
export type { Founding } from './accounts/founding.ts';
export {
  openByWords,
  type RecoverableUser,
  type RecoveredDrive,
  recoverableUsers,
  sealingSecretByWords,
} from './accounts/recovered-drive.ts';
