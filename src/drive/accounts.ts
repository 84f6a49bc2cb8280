/**
 * Accounts of the network, as this device serves them. Everything that is needed to sign in is in
 * the catalog, sealed; so any device of the network can do it.
 */
import type { Catalog } from '../model/contracts/catalog.ts';
import type { Accounts, PasswordChanges, Session } from '../model/contracts/drive.ts';
import type { OrderedStore } from '../model/contracts/ordered-store.ts';
import type { ChunkNetwork } from '../model/contracts/replication.ts';
import { isPeerstorError, PeerstorError } from '../model/errors.ts';
import { userId } from '../model/ids.ts';
import type { Tunables } from '../model/limits.ts';
import type { Log } from '../model/log.ts';
import { checkPassword, checkUsername } from './account-rules.ts';
import { type FoundingParts, found } from './founding.ts';
import { KeyedLock } from './keyed-lock.ts';
import { createLiveSessions } from './live-sessions.ts';
import { createOpenUsers } from './open-users.ts';
import { PasswordTries } from './password-tries.ts';
import { createSessionStore } from './sessions.ts';
import {
  accountOf,
  type OpenedAccount,
  openAccount,
  openAccountOf,
  openRecovered,
  requireEnabled,
} from './sign-in.ts';
import { firstGeneration, rekeyedBundle } from './user-keys.ts';

export interface AccountsParts extends FoundingParts {
  /** undefined while this device has no network. */
  catalog(): Catalog | undefined;
  network(): ChunkNetwork | undefined;
  /** Where sessions are kept; not shared with anything else. */
  sessions: OrderedStore;
  tunables: Tunables;
  log: Log;
}

export interface AccountsRoom extends Accounts, PasswordChanges {
  /** Closes every unlocked user; sessions stay on disk. */
  stop(): void;
}

/** Argon2id takes 64 MiB: one at a time, and nobody waits behind more than these. */
const passwordsWaitingMax = 64;

export function createAccounts(parts: AccountsParts): AccountsRoom {
  const { clock, random, log, kdfCost } = parts;
  const users = createOpenUsers(parts);
  const store = createSessionStore(parts.sessions, clock, random);
  const sessions = createLiveSessions({ store, users, clock, log });
  const tries = new PasswordTries(clock);
  const passwordQueue = new KeyedLock(passwordsWaitingMax);
  let settingUp = false;

  function requireCatalog(): Catalog {
    const catalog = parts.catalog();
    if (catalog) return catalog;
    throw new PeerstorError('no-network', 'This device has no network yet: set it up, or join one.');
  }

  /** The costly part of every sign-in: one at a time, and counted against the caller's address. */
  function guarded(from: string, check: () => Promise<OpenedAccount>): Promise<OpenedAccount> {
    const isWrong = (error: unknown) => isPeerstorError(error, 'wrong-password');
    return tries.run(from, () => passwordQueue.run(['password'], check), isWrong);
  }

  /** Puts the bundle under a new password; every session of the old one ends, here and elsewhere. */
  async function rekey(catalog: Catalog, opened: OpenedAccount, password: string): Promise<Session> {
    const { account, keys } = opened;
    const bundle = await rekeyedBundle(account.bundle, keys, password, kdfCost);
    await catalog.author([{ table: 'bundle', id: keys.user, body: bundle }], keys.signing);
    await sessions.endAllOf(keys.user);
    return sessions.begin(catalog, keys, bundle.generation);
  }

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
        const { catalog, keys, recoveryCode } = await found(parts, name, password);
        return { session: await sessions.begin(catalog, keys, firstGeneration), recoveryCode };
      } finally {
        settingUp = false;
      }
    },

    async login(username, password, from) {
      const catalog = requireCatalog();
      const { account, keys } = await guarded(from, () => openAccount(catalog, username, password));
      requireEnabled(account);
      return sessions.begin(catalog, keys, account.bundle.generation);
    },

    async resume(secret) {
      const catalog = parts.catalog();
      return catalog && sessions.resume(catalog, secret);
    },

    logout: (secret) => sessions.end(secret),

    async changePassword(session, oldPassword, newPassword) {
      checkPassword(newPassword);
      const catalog = requireCatalog();
      const id = userId(session.user.id);
      const opened = await guarded(`user ${id}`, () => openAccountOf(accountOf(catalog, id), oldPassword));
      return rekey(catalog, opened, newPassword);
    },

    async recover(username, words, newPassword, from) {
      checkPassword(newPassword);
      const catalog = requireCatalog();
      const opened = await guarded(from, () => openRecovered(catalog, username, words));
      requireEnabled(opened.account);
      return rekey(catalog, opened, newPassword);
    },

    stop() {
      sessions.stop();
      users.closeAll();
    },
  };
}
