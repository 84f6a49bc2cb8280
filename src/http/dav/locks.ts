/**
 * Locks of WebDAV (RFC 4918, section 6), in the memory of this device: they keep programs that mount the drive here
 * from overwriting each other, and end with the device. Other ways to the drive, and other devices, do not ask them.
 */
import { type Clock, systemRandom } from '../../model/clock.ts';
import { PeerstorError } from '../../model/errors.ts';
import { toHex } from '../../model/ids.ts';
import { lockSecondsMax, locksMax, locksPerHolder } from '../limits/http-limits.ts';

export interface Lock {
  readonly token: string;
  /** The locked entry; a lock stays with it wherever it moves. */
  readonly entry: string;
  /** Holds for all that is in the folder, too. */
  readonly deep: boolean;
  readonly shared: boolean;
  /** Who took it: only their requests may use the token. */
  readonly holder: string;
  /** XML that the client gave, for people to see. */
  readonly owner: string;
  /** Where its client found the entry. */
  readonly href: string;
  readonly seconds: number;
  readonly endsAtMs: number;
}

export type LockWish = Omit<Lock, 'token' | 'endsAtMs'>;

export class LockTable {
  readonly #clock: Clock;
  readonly #locks = new Map<string, Lock>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Those in force. */
  all(): Lock[] {
    const nowMs = this.#clock.monotonicMs();
    for (const { token, endsAtMs } of this.#locks.values()) if (endsAtMs <= nowMs) this.#locks.delete(token);
    return [...this.#locks.values()];
  }

  /** @param chain ids of the folders around an entry and, last, its own */
  covering(chain: readonly string[]): Lock[] {
    const around = new Set(chain);
    return this.all().filter(({ entry, deep }) => entry === chain.at(-1) || (deep && around.has(entry)));
  }

  /** @throws `disk-full` where too many locks are held */
  add(wish: LockWish): Lock {
    const held = this.all();
    const own = held.filter(({ holder }) => holder === wish.holder);
    if (held.length >= locksMax || own.length >= locksPerHolder) {
      throw new PeerstorError('disk-full', 'Too many files are locked here: unlock some, or wait an hour.');
    }
    const lock: Lock = { ...wish, token: newToken(), endsAtMs: this.#endOf(wish.seconds) };
    this.#locks.set(lock.token, lock);
    return lock;
  }

  refresh(lock: Lock, seconds: number): Lock {
    const renewed = { ...lock, seconds, endsAtMs: this.#endOf(seconds) };
    this.#locks.set(lock.token, renewed);
    return renewed;
  }

  remove(token: string): void {
    this.#locks.delete(token);
  }

  /** Locks of entries that went away. */
  removeOf(entries: ReadonlySet<string>): void {
    for (const { token, entry } of this.#locks.values()) if (entries.has(entry)) this.#locks.delete(token);
  }

  #endOf(seconds: number): number {
    return this.#clock.monotonicMs() + seconds * 1000;
  }
}

/** What the header `Timeout` asks for, within what is given. */
export function secondsOf(header: string | undefined): number {
  for (const wish of (header ?? '').split(',')) {
    const seconds = /^\s*Second-(\d{1,10})\s*$/i.exec(wish)?.[1];
    if (seconds !== undefined) return Math.min(Math.max(Number(seconds), 1), lockSecondsMax);
  }
  return lockSecondsMax;
}

function newToken(): string {
  const hex = toHex(systemRandom.bytes(16));
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`];
  return `urn:uuid:${parts.join('-')}-${hex.slice(20)}`;
}
