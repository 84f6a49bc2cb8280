/** What people do about their own account, besides its password; of the same object as `Accounts`. */
import type { SessionView } from '../api.ts';
import type { PasskeyView } from '../views/passkeys.ts';
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

/** Where a passkey is asked for: the page's origin, and the host in it. */
export interface PasskeySite {
  origin: string;
  host: string;
}

/** What an authenticator answered, as browsers give it (`PublicKeyCredential.toJSON`), and its secret. */
export interface PasskeyAnswer {
  credential: unknown;
  /** Result of the PRF extension for the salt that was asked for, 32 bytes. */
  secret: Uint8Array;
}

/** What a browser asks an authenticator, and the salt for its PRF extension. */
export interface PasskeyQuestion {
  /** `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`. */
  options: object;
  salt: Uint8Array;
}

/** Passkeys instead of the password; of the same object as `Accounts`. */
export interface Passkeys {
  /** @throws `bad-input` where the site has no name (WebAuthn knows no addresses) */
  passkeyQuestion(site: PasskeySite): Promise<PasskeyQuestion>;
  /** @throws `wrong-password`, `too-many-tries`, `forbidden` for a disabled account */
  loginByPasskey(site: PasskeySite, answer: PasskeyAnswer, from: string): Promise<Session>;
  passkeys(session: Session): PasskeyView[];
  /** @throws `wrong-password`, `too-many-tries`, `bad-input`, `conflict` where there are too many */
  newPasskeyQuestion(session: Session, site: PasskeySite, password: string): Promise<PasskeyQuestion>;
  /** @throws `gone` when it took too long, `bad-input` for an answer that proves nothing */
  addPasskey(session: Session, site: PasskeySite, name: string, answer: PasskeyAnswer): Promise<PasskeyView>;
  /** @throws `not-found`, `bad-input` */
  renamePasskey(session: Session, id: string, name: string): Promise<PasskeyView>;
  /** @throws `not-found` */
  removePasskey(session: Session, id: string): Promise<void>;
}
