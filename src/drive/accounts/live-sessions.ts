/** Sessions with their keys in memory: begun by a sign-in, or reopened from the store. */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../model/clock.ts';
import type { CatalogChange, CatalogReader } from '../../model/contracts/catalog.ts';
import type { Session } from '../../model/contracts/drive.ts';
import type { SessionList } from '../../model/contracts/own-account.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import type { UserId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { UserKeys } from '../keys/user-keys.ts';
import type { NetworkDrives } from '../tree/network-drives.ts';
import { createSessionSignals, type SessionSignals } from '../users/session-signals.ts';
import { accountOf, sessionGeneration } from '../users/sign-in.ts';
import { createAddressKeys } from './address-keys.ts';
import type { OpenUsers } from './open-users.ts';
import { createSessionUses, type SessionUses } from './session-uses.ts';
import { type SessionStore, type StoredSession, secretBytesOf, sessionName } from './sessions.ts';

/** Sessions in memory; others are reopened from the store when they are used. */
const sessionsKept = 1000;
const sweepEveryMs = 3_600_000;
/** `sessionName`: 32 bytes in hex. */
const sessionShape = /^[0-9a-f]{64}$/;

export interface LiveSessions extends SessionList {
  begin(drives: NetworkDrives, keys: UserKeys, generation: number): Promise<Session>;
  /** undefined when the session has ended, or its account is not in this catalog (yet). */
  resume(drives: NetworkDrives, secret: string): Promise<Session | undefined>;
  end(secret: string): Promise<void>;
  endAllOf(user: UserId): Promise<void>;
  /** Ends sessions that their changed account no longer allows. */
  apply(catalog: CatalogReader, changes: readonly CatalogChange[]): void;
  /** The keys of the user who signed in. @throws `forbidden` for a token's session, `not-signed-in` */
  keysOf(session: Session): UserKeys;
  stop(): void;
}

export interface LiveSessionsParts {
  store: SessionStore;
  users: OpenUsers;
  clock: Clock;
  log: Log;
}

interface LiveSession {
  session: Session;
  keys: UserKeys;
  user: UserId;
  generation: number;
  isOver(): boolean;
}

export function createLiveSessions({ store, users, clock, log }: LiveSessionsParts): LiveSessions {
  const live = new LRUCache<string, LiveSession>({
    max: sessionsKept,
    dispose: ({ user }) => users.close(user),
  });
  const signals = createSessionSignals(clock);
  const uses = createSessionUses(store, clock, log);

  function hold(drives: NetworkDrives, secret: string, stored: StoredSession): Session {
    const { keys, generation, isOver } = stored;
    const session = openSession({ users, signals, uses, clock }, drives, secret, stored);
    live.set(sessionName(secret), { session, keys, user: keys.user, generation, isOver });
    return session;
  }

  const sweepNowAndThen = createSweep(store, clock, log);
  const heldOf = (session: Session) => heldIn(live, session);

  return {
    async begin(drives, keys, generation) {
      sweepNowAndThen();
      const { secret, ...made } = await store.create(keys, generation);
      return hold(drives, secret, { keys, generation, ...made });
    },

    async resume(drives, secret) {
      const { catalog } = drives;
      const name = sessionName(secret);
      const held = live.get(name);
      if (held) {
        const good = stateOf(catalog, held.user, held.generation) === 'good';
        // One whose signal ended is opened anew: its time seemed over for a while.
        if (good && !held.isOver() && !held.session.signal.aborted) return held.session;
        live.delete(name);
      }
      const stored = await store.read(secret);
      if (!stored) {
        signals.end(name);
        return undefined;
      }
      const state = stateOf(catalog, stored.keys.user, stored.generation);
      if (state === 'over') {
        signals.end(name);
        await store.delete(secret);
      }
      if (state !== 'good') return undefined;
      // Another request may have opened it in the meantime.
      return live.get(name)?.session ?? hold(drives, secret, stored);
    },

    async end(secret) {
      const name = sessionName(secret);
      live.delete(name);
      uses.forget(name);
      await store.delete(secret);
      signals.end(name);
    },

    async endAllOf(user) {
      for (const [name, session] of [...live.entries()]) if (session.user === user) live.delete(name);
      await store.deleteAllOf(user);
      signals.endAllOf(user);
    },

    apply(catalog, changes) {
      const changed = changedUsers(changes);
      if (changed.size === 0) return;
      signals.check();
      for (const [name, { user, generation }] of [...live.entries()]) {
        if (changed.has(user) && stateOf(catalog, user, generation) === 'over') live.delete(name);
      }
    },

    async sessions(session) {
      const { keys, generation } = heldOf(session);
      return uses.list(keys, generation, sessionName(session.secret));
    },
    async endSession(session, id) {
      const { user } = heldOf(session);
      if (!sessionShape.test(id) || !(await store.deleteNamed(user, id))) throw noSuchSession();
      live.delete(id);
      uses.forget(id);
      signals.end(id);
    },

    keysOf: (session) => heldOf(session).keys,

    stop() {
      live.clear();
      signals.stop();
    },
  };
}

function noSuchSession(): PeerstorError {
  return new PeerstorError('not-found', 'There is no such session at this device: it may have ended.');
}

/** @throws `forbidden` for a token's session, `not-signed-in` */
function heldIn(live: LRUCache<string, LiveSession>, session: Session): LiveSession {
  if (session.rights !== null) {
    throw new PeerstorError('forbidden', 'An access token may not do that: sign in.');
  }
  const held = live.get(sessionName(session.secret));
  if (held) return held;
  throw new PeerstorError('not-signed-in', 'This session has ended: sign in again.');
}

function changedUsers(changes: readonly CatalogChange[]): Set<string> {
  const ofUser = changes.filter(({ record }) => record.table === 'user' || record.table === 'bundle');
  return new Set(ofUser.map(({ record }) => record.id));
}

/** @returns a function that deletes expired sessions in the background, at most once in `sweepEveryMs` */
function createSweep(store: SessionStore, clock: Clock, log: Log): () => void {
  let sweptAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (clock.monotonicMs() - sweptAtMs < sweepEveryMs) return;
    sweptAtMs = clock.monotonicMs();
    store.sweep().catch((error: unknown) => {
      log.warn({}, `Old sessions could not be deleted: ${sentenceOf(error)}`);
    });
  };
}

/**
 * `over`: a new password or an admin ended the session. `unknown`: the account is not in this device's
 * catalog, which may be incomplete now, so the session is kept.
 */
function stateOf(catalog: CatalogReader, id: UserId, generation: number): 'good' | 'over' | 'unknown' {
  const account = accountOf(catalog, id);
  if (!account) return 'unknown';
  return account.user.disabled || sessionGeneration(account) !== generation ? 'over' : 'good';
}

interface OpeningParts extends Pick<LiveSessionsParts, 'users' | 'clock'> {
  signals: SessionSignals;
  uses: SessionUses;
}

function openSession(
  { users, signals, uses, clock }: OpeningParts,
  drives: NetworkDrives,
  secret: string,
  { keys, generation, expiresAtMs, isOver: isTimeOver }: StoredSession,
): Session {
  const { catalog } = drives;
  const { user } = keys;
  const { drive, sharing, photos, uploads } = users.open(keys, drives);
  const name = sessionName(secret);
  const isOver = () => isTimeOver() || stateOf(catalog, user, generation) === 'over';
  return sessionOf(catalog, keys, {
    secret,
    expiresAtMs,
    signal: signals.of(name, isOver, user),
    addressKeys: createAddressKeys(secretBytesOf(secret), clock),
    drive,
    sharing,
    photos,
    uploads,
    noteUse: uses.noting(name, keys),
  });
}

function sessionOf(
  catalog: CatalogReader,
  keys: UserKeys,
  given: Pick<
    Session,
    | 'secret'
    | 'expiresAtMs'
    | 'signal'
    | 'addressKeys'
    | 'drive'
    | 'sharing'
    | 'photos'
    | 'uploads'
    | 'noteUse'
  >,
): Session {
  const { principal } = keys.signing;
  const user = () => {
    const body = catalog.get('user', keys.user)?.body;
    if (body) return body;
    throw new PeerstorError('not-signed-in', 'This account does not exist any more.');
  };
  return {
    accessKeyId: null,
    ...given,
    rights: null,
    // Asked each time: an admin may change the role while the session lives.
    get user() {
      const { username, role } = user();
      return { id: keys.user, username, role };
    },
    adminSigner() {
      if (user().role !== 'admin') throw new PeerstorError('forbidden', 'Only an admin may do this.');
      return { principal, sign: (bytes) => keys.signing.sign(bytes) };
    },
  };
}
