/**
 * Sessions as this device stores them: under the hash of the secret, with the user's keys sealed
 * under a key that is derived from the secret. Without cookie and proof, a stolen disk opens nothing.
 */
import { decode, encode, hkdf, isFields, open, seal, sha256 } from '../../crypto/index.ts';
import type { Clock, Random } from '../../model/clock.ts';
import { afterPrefix, idKey, idOfKey, type OrderedStore } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { toHex, type UserId, userId } from '../../model/ids.ts';
import { sessionLifeMs } from '../../model/limits.ts';
import { decodeKeys, encodeKeys, type UserKeys } from '../keys/user-keys.ts';

export interface StoredSession {
  keys: UserKeys;
  /** `sessionGeneration` of the account when the session began: a different number ends it. */
  generation: number;
  expiresAtMs: number;
  /** Asked again and again while it is open. */
  isOver(): boolean;
}

export interface SessionStore {
  /** @returns the secret, which is not stored */
  create(
    keys: UserKeys,
    generation: number,
  ): Promise<Pick<StoredSession, 'expiresAtMs' | 'isOver'> & { secret: string }>;
  /** undefined when there is no such session, or it has expired, or it was damaged. */
  read(secret: string): Promise<StoredSession | undefined>;
  delete(secret: string): Promise<void>;
  /** All sessions of a user that have not expired. */
  listOf(user: UserId): Promise<ListedSession[]>;
  /** Stores facts that `session-facts.ts` sealed, without a sync: losing them does no harm. */
  keepFacts(name: string, sealed: Uint8Array): Promise<void>;
  /** Deletes a session by its name. @returns false when this user has no such session */
  deleteNamed(user: UserId, name: string): Promise<boolean>;
  /** Deletes every session of a user. */
  deleteAllOf(user: UserId): Promise<void>;
  /** Deletes expired sessions. */
  sweep(): Promise<void>;
}

/** A session as shown to its user, without its secret. */
export interface ListedSession {
  /** `sessionName` of its secret. */
  name: string;
  generation: number;
  expiresAtMs: number;
  facts: Uint8Array | undefined;
}

const prefix = 's';
/** Facts have keys of their own, so that a late write of facts revives no session. */
const factsPrefix = 'f';
/** Of the cookie, and of the proof. */
const halfBytes = 32;
/** Two times 32 bytes in base64url: `COOKIE.PROOF`. */
const secretShape = /^[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{43}$/;
const sealLabel = 'session/1';

interface Row {
  user: UserId;
  generation: number;
  expiresAtMs: number;
  /** By the count of elapsed time; absent in rows of before. */
  beganElapsedMs?: number;
  sealed: Uint8Array;
}

export function createSessionStore(store: OrderedStore, clock: Clock, random: Random): SessionStore {
  const { isOver, isGone } = endsBy(clock);

  async function remove(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const both = keys.flatMap((key) => [key, factsPrefix + key.slice(prefix.length)]);
    await store.batch(
      both.map((key) => ({ key, value: null })),
      { sync: true },
    );
  }

  /** Deletes facts of ended sessions; a use may have written them just as the session ended. */
  async function removeStrayFacts(): Promise<void> {
    const stray: string[] = [];
    for await (const [key] of store.range({ gte: factsPrefix, lt: afterPrefix(factsPrefix) })) {
      if (!store.get(prefix + key.slice(factsPrefix.length))) stray.push(key);
    }
    if (stray.length > 0) await store.batch(stray.map((key) => ({ key, value: null })));
  }

  async function removeWhere(isUnwanted: (row: Row) => boolean): Promise<void> {
    const over: string[] = [];
    for await (const [key, value] of store.range({ gte: prefix, lt: afterPrefix(prefix) })) {
      const row = readRow(value);
      if (!row || isUnwanted(row)) over.push(key);
    }
    await remove(over);
  }

  return {
    async create(keys, generation) {
      const halves = [random.bytes(halfBytes), random.bytes(halfBytes)];
      const secret = halves.map((half) => Buffer.from(half).toString('base64url')).join('.');
      const bytes = secretBytesOf(secret);
      const expiresAtMs = clock.wallMs() + sessionLifeMs;
      const sealed = seal(sealingKey(bytes), sealLabel, encodeKeys(keys));
      const beganElapsedMs = clock.elapsedMs();
      const row = { user: keys.user, generation, expiresAtMs, beganElapsedMs, sealed };
      const value = encode(row);
      await store.batch([{ key: rowKey(bytes), value }], { sync: true });
      return { secret, expiresAtMs, isOver: () => isOver(row) };
    },

    async read(secret) {
      if (!secretShape.test(secret)) return undefined;
      const bytes = secretBytesOf(secret);
      const value = store.get(rowKey(bytes));
      if (!value) return undefined;
      const row = readRow(value);
      // A clock that is ahead destroys no session: it is over for now.
      if (row && isOver(row) && !isGone(row)) return undefined;
      const keys = row && !isGone(row) ? openKeys(bytes, row) : undefined;
      if (!row || !keys) {
        await remove([rowKey(bytes)]);
        return undefined;
      }
      return { keys, generation: row.generation, expiresAtMs: row.expiresAtMs, isOver: () => isOver(row) };
    },

    async delete(secret) {
      if (secretShape.test(secret)) await remove([rowKey(secretBytesOf(secret))]);
    },

    async listOf(user) {
      const listed: ListedSession[] = [];
      for await (const [key, value] of store.range({ gte: prefix, lt: afterPrefix(prefix) })) {
        const row = readRow(value);
        if (row?.user !== user || isOver(row)) continue;
        const id = key.slice(prefix.length);
        const { generation, expiresAtMs } = row;
        listed.push({ name: idOfKey(id), generation, expiresAtMs, facts: store.get(factsPrefix + id) });
      }
      return listed;
    },

    keepFacts: (name, sealed) => store.batch([{ key: factsPrefix + idKey(name), value: sealed }]),

    async deleteNamed(user, name) {
      const key = prefix + idKey(name);
      const value = store.get(key);
      if (!value || readRow(value)?.user !== user) return false;
      await remove([key]);
      return true;
    },

    deleteAllOf: (user) => removeWhere((row) => row.user === user),

    async sweep() {
      await removeWhere(isGone);
      await removeStrayFacts();
    },
  };
}

function endsBy(clock: Clock) {
  const isOld = ({ beganElapsedMs }: Row) =>
    beganElapsedMs !== undefined && clock.elapsedMs() >= beganElapsedMs + sessionLifeMs;
  /** By the time, or because it surely lasted as long as it may, whatever a clock showed when it began. */
  const isOver = (row: Row) => row.expiresAtMs <= clock.wallMs() || isOld(row);
  /** For ever: by elapsed time, and not by a clock that may be ahead. */
  const isGone = (row: Row) => (row.beganElapsedMs === undefined ? isOver(row) : isOld(row));
  return { isOver, isGone };
}

/** The name of a session that may be kept and logged: the hash of its secret. */
export function sessionName(secret: string): string {
  return toHex(sha256(secretBytesOf(secret)));
}

/** Both halves of a session's secret: one half alone opens nothing, not even on the disk. */
export function secretBytesOf(secret: string): Uint8Array {
  return new Uint8Array(Buffer.concat(secret.split('.').map((half) => Buffer.from(half, 'base64url'))));
}

function rowKey(secret: Uint8Array): string {
  return prefix + idKey(toHex(sha256(secret)));
}

function sealingKey(secret: Uint8Array): Uint8Array {
  return hkdf(secret, 'session-key/1');
}

function openKeys(secret: Uint8Array, row: Row): UserKeys | undefined {
  try {
    return decodeKeys(open(sealingKey(secret), sealLabel, row.sealed));
  } catch (error) {
    if (isPeerstorError(error)) return undefined;
    throw error;
  }
}

/** undefined for a row of another shape: the session is lost, and the user signs in again. */
function readRow(value: Uint8Array): Row | undefined {
  try {
    const row = decode(value);
    if (!isFields(row)) return undefined;
    const { user, generation, expiresAtMs, beganElapsedMs, sealed } = row;
    if (typeof user !== 'string' || typeof generation !== 'number') return undefined;
    if (typeof expiresAtMs !== 'number' || !(sealed instanceof Uint8Array)) return undefined;
    const began = typeof beganElapsedMs === 'number' ? { beganElapsedMs } : {};
    return { user: userId(user), generation, expiresAtMs, sealed, ...began };
  } catch (error) {
    if (isPeerstorError(error)) return undefined;
    throw error;
  }
}
