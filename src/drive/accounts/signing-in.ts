/** Founds a network with its first user, signs people in and out, and resumes sessions. */
import type { Audit } from '../../model/contracts/audit.ts';
import type { CatalogAuthor } from '../../model/contracts/catalog.ts';
import type { Accounts, Guests } from '../../model/contracts/drive.ts';
import type { SessionList } from '../../model/contracts/own-account.ts';
import { PeerstorError } from '../../model/errors.ts';
import { firstGeneration } from '../keys/user-keys.ts';
import { isTokenSecret } from '../sharing/grants/grant-secrets.ts';
import type { LinkSessions } from '../sharing/link-sessions.ts';
import type { NetworkDrives } from '../tree/network-drives.ts';
import { checkPassword, checkUsername } from '../users/account-rules.ts';
import { openAccount, requireEnabled, sessionGeneration } from '../users/sign-in.ts';
import { type FoundingParts, found } from './founding.ts';
import type { LiveSessions } from './live-sessions.ts';
import type { SecondFactors } from './second-factors.ts';
import type { SignInGate } from './sign-in-gate.ts';

export interface SigningInParts {
  /** The parts of a new network. */
  founding: FoundingParts;
  catalog(): CatalogAuthor | undefined;
  gate: SignInGate;
  drivesOf(catalog: CatalogAuthor): Promise<NetworkDrives>;
  /** Checks the code of the second factor, if the account has one. */
  checkCode: SecondFactors['check'];
  sessions: LiveSessions;
  secrets: LinkSessions;
  audit: Audit;
}

export function createSigningIn(parts: SigningInParts): Accounts & Guests & SessionList {
  const { founding, gate, drivesOf, sessions, secrets, audit } = parts;
  let settingUp = false;
  return {
    setupNeeded: () => parts.catalog() === undefined,

    async setup(username, password) {
      const name = checkUsername(username);
      checkPassword(password);
      if (settingUp || parts.catalog()) {
        throw new PeerstorError('already-set-up', 'This device belongs to a network already: sign in.');
      }
      settingUp = true;
      try {
        const { catalog, keys, recoveryCode } = await found(founding, name, password);
        const session = await sessions.begin(await drivesOf(catalog), keys, firstGeneration);
        return { session, recoveryCode };
      } finally {
        settingUp = false;
      }
    },

    async login(username, password, from, code) {
      gate.requireSignIns();
      const catalog = gate.requireCatalog();
      await gate.requireArrived(catalog, username);
      const { account, keys } = await gate.noted(catalog, { typed: username, from }, () =>
        gate.guarded(from, async () => {
          const opened = await openAccount(catalog, username, password, founding.kdfCost);
          await parts.checkCode(opened, code);
          return opened;
        }),
      );
      requireEnabled(account);
      const sentence = 'Somebody signed in.';
      audit.note({ event: 'sign-in', username: account.user.username, sentence });
      return sessions.begin(await drivesOf(catalog), keys, sessionGeneration(account));
    },

    async resume(secret) {
      const catalog = parts.catalog();
      if (!catalog) return undefined;
      if (isTokenSecret(secret)) {
        gate.requireSignIns();
        return secrets.token(await drivesOf(catalog), secret);
      }
      return sessions.resume(await drivesOf(catalog), secret);
    },

    sessions: (session) => sessions.sessions(session),
    endSession: (session, id) => sessions.endSession(session, id),

    async resumeAccessKey(id) {
      const catalog = parts.catalog();
      if (!catalog) return undefined;
      gate.requireSignIns();
      return secrets.byAccessKey(await drivesOf(catalog), id);
    },

    // A token is not signed out: its owner revokes it.
    logout: async (secret) => (isTokenSecret(secret) ? undefined : sessions.end(secret)),

    async openLink(secret, password, from) {
      // Typed here, the password of a link would be known to the owner of this device.
      if (password !== undefined) gate.requireSignIns();
      return secrets.link(await drivesOf(gate.requireCatalog()), secret, password, from);
    },
  };
}
