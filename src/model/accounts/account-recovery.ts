/** The way back into an account without password and recovery words: trustees; of the same object as `Accounts`. */

import type { EndingGrants, Session } from '../contracts/drive.ts';
import type {
  RecoveryRequestsView,
  RecoveryRequestView,
  RecoveryStateView,
  TrusteesView,
} from '../views/recovery.ts';

/** Who shall be able to help, and how. */
export interface TrusteesWish {
  /** Usernames or ids of other users. */
  users: readonly string[];
  /** Ids of devices, where somebody at the device itself helps. */
  devices: readonly string[];
  /** So many of them are enough: 2 or more. */
  needed: number;
  waitHours: number;
}

export interface AccountRecovery {
  /** undefined where there are none. @throws `forbidden` for a token */
  trustees(session: Session): TrusteesView | undefined;
  /**
   * Takes the place of former trustees, whose shares open nothing any more.
   * @throws `wrong-password`, `too-many-tries`, `bad-input` (too few, unknown), `conflict` where the words are not kept
   */
  setTrustees(session: Session, password: string, wish: TrusteesWish): Promise<TrusteesView>;
  /** @throws `wrong-password`, `too-many-tries` */
  removeTrustees(session: Session, password: string): Promise<void>;
  /** @throws `forbidden` for a token */
  recoveryRequests(session: Session): Promise<RecoveryRequestsView>;
  /** The user does not want it: nobody helps any more. @throws `not-found` */
  stopRecovery(session: Session, id: string): Promise<void>;
  /**
   * Gives the share of the signed-in user.
   * @throws `not-found`, `not-ready` before the wait is over, `gone` for one that was stopped
   */
  helpRecovery(session: Session, id: string): Promise<RecoveryRequestView>;

  /** Requests that this device may help. Only for who can read its home. */
  deviceRecoveryRequests(): Promise<RecoveryRequestView[]>;
  /** Gives the share of this device. Only for who can read its home. @throws as `helpRecovery` */
  helpRecoveryHere(id: string): Promise<RecoveryRequestView>;

  /**
   * Asks the trustees of an account. The answer is the same for names that nobody has, and for users without trustees.
   * @returns 12 words, which alone lead to what the trustees give, and four that they compare
   * @throws `too-many-tries` when too many were made at this device within a day
   */
  requestRecovery(username: string, from: string): Promise<{ claim: string; checkWords: string }>;
  /** @throws `bad-input` for words that are none */
  recoveryState(claim: string): Promise<RecoveryStateView>;
  /**
   * Signs in with what the trustees gave, and sets a new password, as `PasswordChanges.recover`.
   * @throws `not-ready` while too few helped, `gone` for a request that was stopped or is over, `bad-input`
   */
  finishRecovery(claim: string, newPassword: string, from: string, ending?: EndingGrants): Promise<Session>;

  /** Notes that the recovery words are at hand. @throws `wrong-password`, `too-many-tries`, `bad-input` */
  testRecoveryCode(session: Session, words: string): Promise<void>;
  /** When that was last noted, Unix ms, or undefined. */
  recoveryCodeTestedAt(session: Session): number | undefined;
}
