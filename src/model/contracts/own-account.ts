/** What people do about their own account, besides its password; of the same object as `Accounts`. */
import type { SessionView } from '../api.ts';
import type { Session } from './drive.ts';

/** A code beside the password; of the same object as `Accounts`. */
export interface SecondFactor {
  /** Does signing in ask this user for a code? */
  hasTotp(session: Session): boolean;
  /**
   * A new secret for an authenticator app. Nothing is asked for until `confirmTotp` saw a code of it.
   * @returns the secret as people type it, and the address that an app reads from a QR code
   * @throws `wrong-password`, `too-many-tries`, `forbidden` for a token
   */
  beginTotp(session: Session, password: string): Promise<{ secret: string; address: string }>;
  /** @throws `wrong-code`, `gone` when it took too long, `too-many-tries` */
  confirmTotp(session: Session, code: string): Promise<void>;
  /** @throws `wrong-password`, `too-many-tries` */
  removeTotp(session: Session, password: string): Promise<void>;
}

/** Where one is signed in; of the same object as `Accounts`. A device knows its own sessions only. */
export interface SessionList {
  /** The sessions of the user at this device, the one used last first. @throws `forbidden` for a token */
  sessions(session: Session): Promise<SessionView[]>;
  /** Signs one of them out. @throws `not-found`, `forbidden` for a token */
  endSession(session: Session, id: string): Promise<void>;
}
