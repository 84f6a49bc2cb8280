/**
 * Accounts of the network, as this device serves them. The catalog has everything that a sign-in needs, sealed, so
 * people can sign in on any device of the network.
 */
import { KeyedLock } from '../../concurrency/index.ts';
import { type Audit, noAudit } from '../../model/contracts/audit.ts';
import type { CatalogAuthor } from '../../model/contracts/catalog.ts';
import type { Accounts, Guests, PasswordChanges, UserAdmin } from '../../model/contracts/drive.ts';
import { noSealedFiles, type SealedFiles } from '../../model/contracts/files/sealed-files.ts';
import type { MediaMaker } from '../../model/contracts/media/media-maker.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import type { Passkeys, SecondFactor, SessionList } from '../../model/contracts/own-account.ts';
import type { ChunkNetwork } from '../../model/contracts/replication.ts';
import type { RestorableUser } from '../../model/contracts/restoring.ts';
import type { UploadCopies, UploadStates } from '../../model/contracts/uploads.ts';
import { alone, type UseReservations } from '../../model/contracts/use-reservations.ts';
import type { UserId } from '../../model/ids.ts';
import type { Tunables } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import { createLinkSessions } from '../sharing/link-sessions.ts';
import { createCatalogDrives } from '../tree/catalog-drives.ts';
import { openNetworkDrives } from '../tree/network-drives.ts';
import { createRecordAges } from '../tree/record-ages.ts';
import { createTrashAges } from '../tree/trash-ages.ts';
import { offsetOf } from '../uploads/upload-rows.ts';
import { UploadTable } from '../uploads/upload-table.ts';
import { PasswordQueue } from '../users/password-queue.ts';
import { PasswordTries } from '../users/password-tries.ts';
import type { Quotas } from '../users/quota/quotas.ts';

import type { FoundingParts } from './founding.ts';
import { createLiveSessions } from './live-sessions.ts';
import { createOpenUsers } from './open-users.ts';
import { createPasskeys } from './passkeys/passkeys.ts';
import { createPasswords } from './passwords.ts';
import { type AccountRecoveryRoom, createAccountRecovery } from './recovery/account-recovery.ts';
import type { DeviceKeys } from './recovery/device-keys.ts';
import { createSecondFactors } from './second-factors.ts';
import { createSessionStore } from './sessions.ts';
import { createSignInGate, type SignInGate, type SignInGateParts } from './sign-in-gate.ts';
import { createSigningIn } from './signing-in.ts';
import { createUserAdmin } from './user-admin.ts';

export interface AccountsParts extends FoundingParts {
  /** undefined while this device has no network. */
  catalog(): CatalogAuthor | undefined;
  network(): ChunkNetwork | undefined;
  /** Agrees with other devices on the uses of links; absent where there is no other device. */
  reservations?(): UseReservations | undefined;
  /** What devices keep of each other's unfinished uploads; absent where there are no others. */
  uploadCopies?(): UploadCopies | undefined;
  /** Where sessions are stored; nothing else uses it. */
  sessions: OrderedStore;
  /** Where this device notes when it first saw each entry in the trash; nothing else uses it. */
  trashAges: OrderedStore;
  /** Where this device notes how far its catalog reached at which time; nothing else uses it. */
  recordAges: OrderedStore;
  /** Where this device notes when it first saw each request to be helped back in; nothing else uses it. */
  recoveryAges: OrderedStore;
  /** Of this device: what signs its records, and what opens what is sealed to it. */
  deviceKeys(): DeviceKeys;
  /** Where wrong passwords of the last hour are counted; nothing else uses it. */
  passwordTries: OrderedStore;
  /** Where this device counts leftovers of deleted content, and changes of a day; nothing else uses it. */
  quotaCounts: OrderedStore;
  /** Where uploads that come in several requests are kept; not shared either. */
  uploads: OrderedStore;
  /** True if this device only stores copies: then nobody signs in on it. */
  storageOnly?(): boolean;
  /** True while this device still fetches the records of its network, users among them. */
  isFilling?(): boolean;
  /** Reads pictures and films. */
  media?: MediaMaker;
  /** Where indexes are kept, sealed; absent where they are made anew each time. */
  files?: SealedFiles;
  tunables: Tunables;
  log: Log;
  audit?: Audit;
}

export interface AccountsRoom
  extends Accounts,
    PasswordChanges,
    AccountRecoveryRoom,
    Passkeys,
    SecondFactor,
    SessionList,
    UserAdmin,
    Guests {
  /** The users whose keys are in memory now, for the restore drill. */
  restorable(): RestorableUser[];
  /** Those that go on in later requests; `oldestMs` is when the first one began, by `Clock.elapsedMs`. */
  readonly uploads: UploadStates & { oldestMs(): number };
  /** Closes every unlocked user; sessions stay on disk. */
  stop(): void;
}

export function createAccounts(parts: AccountsParts): AccountsRoom {
  const { clock, random, log, kdfCost, media, tunables, quotaCounts: counts, audit = noAudit } = parts;
  const passwordQueue = new PasswordQueue();
  const userLocks = new KeyedLock();
  const tries = new PasswordTries(parts.passwordTries, clock);
  const trashAges = createTrashAges(parts.trashAges, clock);
  const recordAges = createRecordAges(parts.recordAges, clock);
  let quotas: Quotas | undefined;
  const uploads = openUploadTable(parts, () => quotas);
  const kept = { media, trashAges, recordAges, uploads, files: parts.files ?? noSealedFiles };
  const users = createOpenUsers({ ...parts, ...kept, audit, kdfCost, passwordQueue, userLocks });
  const store = createSessionStore(parts.sessions, clock, random);
  const sessions = createLiveSessions({ store, users, clock, log });
  const reservations = () => parts.reservations?.() ?? alone;
  const secrets = createLinkSessions({ ...parts, ...kept, reservations, audit, tries, passwordQueue });
  const drives = createCatalogDrives(async (catalog) => {
    const unfinishedBytes = (owner: UserId) => uploads.unfinishedBytes(owner);
    const opened = await openNetworkDrives({ catalog, clock, tunables, counts, unfinishedBytes, log });
    quotas = opened.quotas;
    opened.onChange((changes) => {
      sessions.apply(catalog, changes);
      secrets.apply(changes);
    });
    return opened;
  });
  const gate = gateOf(parts, { tries, passwordQueue, audit });
  const { requireCatalog } = gate;
  const catalog = () => parts.catalog();
  const drivesOf = drives.of;
  const factors = createSecondFactors({ ...gate, sessions, tries, clock, audit });
  const { check: checkCode, ...secondFactor } = factors;
  const passwords = createPasswords({
    gate,
    drivesOf,
    sessions,
    users,
    passwordQueue,
    kdfCost,
    clock,
    audit,
  });
  const { recover } = passwords;
  const { deviceKeys, recoveryAges: ages } = parts;
  const recovery = createAccountRecovery({
    catalog: () => parts.catalog(),
    gate,
    sessions,
    recover,
    deviceKeys,
    ages,
    clock,
    audit,
    log,
  });
  const userAdmin = createUserAdmin({
    ...{ requireCatalog, drivesOf, sessions, userLocks, passwordQueue },
    ...{ clock, random, tunables, kdfCost, audit },
  });

  return {
    ...userAdmin,
    ...secondFactor,
    ...passwords,
    ...recovery,
    ...createPasskeys({ gate, drivesOf, sessions, clock, random, audit }),
    ...createSigningIn({ founding: parts, catalog, gate, drivesOf, checkCode, sessions, secrets, audit }),

    async register(invite, username, password) {
      gate.requireSignIns();
      return userAdmin.register(invite, username, password);
    },

    restorable: () => users.restorable(),
    uploads,

    stop() {
      recovery.stopNoting();
      sessions.stop();
      secrets.stop();
      uploads.stop();
      users.closeAll();
      drives.close();
    },
  };
}

function gateOf(
  parts: AccountsParts,
  { tries, passwordQueue, audit }: Pick<SignInGateParts, 'tries' | 'passwordQueue' | 'audit'>,
): SignInGate {
  return createSignInGate({
    catalog: () => parts.catalog(),
    storageOnly: () => parts.storageOnly?.() ?? false,
    isFilling: () => parts.isFilling?.() ?? false,
    ...{ tries, passwordQueue, audit },
  });
}

/** The uploads of this device that go on in later requests. */
function openUploadTable(
  { uploads: store, uploadCopies, clock, log, tunables }: AccountsParts,
  quotas: () => Quotas | undefined,
): UploadTable {
  const expiryMs = tunables.uploadExpiryMs;
  return new UploadTable({
    ...{ store, clock, log, expiryMs },
    copies: () => uploadCopies?.(),
    abandoned: (head) => quotas()?.abandoned(head.owner, head.id, offsetOf(head)),
  });
}
