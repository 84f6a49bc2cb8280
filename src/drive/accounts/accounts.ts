/**
 * Accounts of the network, as this device serves them. Everything that is needed to sign in is in
 * the catalog, sealed; so any device of the network can do it.
 */
import { type Audit, noAudit } from '../../model/contracts/audit.ts';
import type { CatalogAuthor, CatalogReader } from '../../model/contracts/catalog.ts';
import type { Accounts, Guests, PasswordChanges, UserAdmin } from '../../model/contracts/drive.ts';
import type { MediaMaker } from '../../model/contracts/media/media-maker.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import type { SecondFactor, SessionList } from '../../model/contracts/own-account.ts';
import type { ChunkNetwork } from '../../model/contracts/replication.ts';
import type { RestorableUser } from '../../model/contracts/restoring.ts';
import { alone, type UseReservations } from '../../model/contracts/use-reservations.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { Tunables } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import { isTokenSecret } from '../grants/grant-secrets.ts';
import { firstGeneration } from '../keys/user-keys.ts';
import { createSecretAccess } from '../sharing/link-sessions.ts';
import { type NetworkDrives, openNetworkDrives } from '../tree/network-drives.ts';
import { createRecordAges } from '../tree/record-ages.ts';
import { createTrashAges } from '../tree/trash-ages.ts';
import { checkPassword, checkUsername } from '../users/account-rules.ts';
import { PasswordQueue } from '../users/password-queue.ts';
import { PasswordTries } from '../users/password-tries.ts';
import {
  knownUsername,
  type OpenedAccount,
  openAccount,
  requireEnabled,
  sessionGeneration,
} from '../users/sign-in.ts';
import { type FoundingParts, found } from './founding.ts';
import { createLiveSessions } from './live-sessions.ts';
import { createOpenUsers } from './open-users.ts';
import { createPasswords } from './passwords.ts';
import { createSecondFactors } from './second-factors.ts';
import { createSessionStore } from './sessions.ts';
import { createUserAdmin } from './user-admin.ts';

export interface AccountsParts extends FoundingParts {
  /** undefined while this device has no network. */
  catalog(): CatalogAuthor | undefined;
  network(): ChunkNetwork | undefined;
  /** With whom uses of links are agreed; absent where there is nobody to ask. */
  reservations?(): UseReservations | undefined;
  /** Where sessions are kept; not shared with anything else. */
  sessions: OrderedStore;
  /** Where this device notes since when it has seen each entry in the trash; not shared either. */
  trashAges: OrderedStore;
  /** Where this device notes how far its catalog reached when; not shared either. */
  recordAges: OrderedStore;
  /** Where wrong passwords of the last hour are counted; not shared either. */
  passwordTries: OrderedStore;
  /** Does this device only keep copies? Then nobody signs in on it. */
  storageOnly?(): boolean;
  /** Is this device still fetching the records of its network, users among them? */
  isFilling?(): boolean;
  /** Reads pictures and films. */
  media?: MediaMaker;
  tunables: Tunables;
  log: Log;
  audit?: Audit;
}

export interface AccountsRoom
  extends Accounts,
    PasswordChanges,
    SecondFactor,
    SessionList,
    UserAdmin,
    Guests {
  /** The users whose keys are here now, for the restore drill. */
  restorable(): RestorableUser[];
  /** Closes every unlocked user; sessions stay on disk. */
  stop(): void;
}

export function createAccounts(parts: AccountsParts): AccountsRoom {
  const { clock, random, log, kdfCost, media, audit = noAudit } = parts;
  const passwordQueue = new PasswordQueue();
  const trashAges = createTrashAges(parts.trashAges, clock);
  const recordAges = createRecordAges(parts.recordAges, clock);
  const users = createOpenUsers({ ...parts, media, trashAges, recordAges, audit, kdfCost, passwordQueue });
  const store = createSessionStore(parts.sessions, clock, random);
  const sessions = createLiveSessions({ store, users, clock, log });
  const tries = new PasswordTries(parts.passwordTries, clock);
  const treeParts = {
    network: () => parts.network(),
    trashAges,
    recordAges,
    media,
    clock,
    random,
    tunables: parts.tunables,
    log,
  };
  const secrets = createSecretAccess({
    ...treeParts,
    audit,
    tries,
    passwordQueue,
    reservations: () => parts.reservations?.() ?? alone,
  });
  let settingUp = false;
  let opened: { catalog: CatalogAuthor; drives: Promise<NetworkDrives> } | undefined;

  function drivesOf(catalog: CatalogAuthor): Promise<NetworkDrives> {
    if (opened?.catalog === catalog) return opened.drives;
    closeDrives();
    const opening = { catalog, drives: openDrives(catalog) };
    opened = opening;
    opening.drives.catch(() => {
      if (opened === opening) opened = undefined;
    });
    return opening.drives;
  }

  async function openDrives(catalog: CatalogAuthor): Promise<NetworkDrives> {
    const drives = await openNetworkDrives({ catalog, clock, tunables: parts.tunables });
    drives.onChange((changes) => {
      sessions.apply(catalog, changes);
      secrets.apply(changes);
    });
    return drives;
  }

  function closeDrives(): void {
    // One that could not be opened has nothing to stop.
    opened?.drives.then((drives) => drives.stop()).catch(() => undefined);
    opened = undefined;
  }

  function requireCatalog(): CatalogAuthor {
    const catalog = parts.catalog();
    if (catalog) return catalog;
    throw new PeerstorError('no-network', 'This device has no network yet: set it up, or join one.');
  }

  /** What is written for a user on a device that only keeps copies would count nowhere. */
  function requireSignIns(): void {
    if (!parts.storageOnly?.()) return;
    throw new PeerstorError(
      'forbidden',
      "This device only keeps copies; open another device's page to sign in.",
    );
  }

  /** A user who is not known here yet has no password that could be wrong: no try is counted. */
  async function requireArrived(catalog: CatalogReader, typed: string): Promise<void> {
    if (!parts.isFilling?.() || (await knownUsername(catalog, typed)) !== undefined) return;
    throw new PeerstorError(
      'not-ready',
      'This device is still fetching what the others know; try again in a moment.',
      { details: { retryAfterS: 5 } },
    );
  }

  /** The costly part of every sign-in: one at a time, and counted against the caller's address. */
  function guarded(from: string, check: () => Promise<OpenedAccount>): Promise<OpenedAccount> {
    const isWrong = (error: unknown) =>
      isPeerstorError(error, 'wrong-password') || isPeerstorError(error, 'wrong-code');
    return tries.run(from, () => passwordQueue.run(from, check), isWrong);
  }

  /** What was typed as a name is noted only where it is one: it may be a password in the wrong field. */
  async function noted(
    catalog: CatalogReader,
    { typed, from }: { typed: string; from: string },
    check: () => Promise<OpenedAccount>,
  ): Promise<OpenedAccount> {
    try {
      return await check();
    } catch (error) {
      const username = await knownUsername(catalog, typed);
      const whose = username === undefined ? ' with an unknown name' : '';
      const sentence = `A sign-in${whose} was refused: ${isPeerstorError(error) ? error.code : 'internal'}.`;
      audit.note({ event: 'sign-in-refused', ...(username !== undefined && { username }), sentence, from });
      throw error;
    }
  }

  const { check: checkCode, ...secondFactor } = createSecondFactors({
    requireCatalog,
    guarded,
    sessions,
    tries,
    clock,
    audit,
  });
  const userAdmin = createUserAdmin({
    requireCatalog,
    drivesOf,
    sessions,
    passwordQueue,
    clock,
    random,
    tunables: parts.tunables,
    kdfCost,
    audit,
  });

  return {
    ...userAdmin,
    ...secondFactor,
    ...createPasswords({
      requireCatalog,
      requireSignIns,
      requireArrived,
      guarded,
      noted,
      drivesOf,
      sessions,
      users,
      passwordQueue,
      kdfCost,
      audit,
    }),

    async register(invite, username, password) {
      requireSignIns();
      return userAdmin.register(invite, username, password);
    },

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
        return {
          session: await sessions.begin(await drivesOf(catalog), keys, firstGeneration),
          recoveryCode,
        };
      } finally {
        settingUp = false;
      }
    },

    async login(username, password, from, code) {
      requireSignIns();
      const catalog = requireCatalog();
      await requireArrived(catalog, username);
      const { account, keys } = await noted(catalog, { typed: username, from }, () =>
        guarded(from, async () => {
          const opened = await openAccount(catalog, username, password, kdfCost);
          await checkCode(opened, code);
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
        requireSignIns();
        return secrets.token(await drivesOf(catalog), secret);
      }
      return sessions.resume(await drivesOf(catalog), secret);
    },

    sessions: (session) => sessions.sessions(session),
    endSession: (session, id) => sessions.endSession(session, id),

    // A token is not signed out: whoever gave it takes it back.
    logout: async (secret) => (isTokenSecret(secret) ? undefined : sessions.end(secret)),

    async openLink(secret, password, from) {
      // The password of a link would open it to whoever owns this device.
      if (password !== undefined) requireSignIns();
      return secrets.link(await drivesOf(requireCatalog()), secret, password, from);
    },
    restorable: () => users.restorable(),

    stop() {
      sessions.stop();
      secrets.stop();
      users.closeAll();
      closeDrives();
    },
  };
}
