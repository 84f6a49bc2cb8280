/**
 * Wrong passwords per address in the last hour, on this device. A try counts from its start, so that
 * many at once are not more than the limit; a right password gives its own try back and no other. A try is on
 * disk before its password is checked, so a restart forgives nothing; it is dated by the count of elapsed time,
 * which no clock that is set moves back.
 */
import { LRUCache } from 'lru-cache';
import { decode, encode } from '../../crypto/index.ts';
import type { Clock } from '../../model/clock.ts';
import { afterPrefix, type OrderedStore } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { passwordTriesPerHour } from '../../model/limits.ts';

const windowMs = 3_600_000;
/** Addresses remembered; a home has few, and an attacker with more is slowed by the queue of keys. */
const addressesKept = 10_000;
/** How far apart slowed tries are: at first, and at most. */
const fastestMs = 250;
const slowestMs = 8000;
const triesPerDoubling = 10;
/** Slowed tries that may wait, at the slowest pace; a right guest waits about a minute at worst. */
const waitingMax = 8;

export class PasswordTries {
  readonly #clock: Clock;
  readonly #store: OrderedStore;
  readonly #tries: LRUCache<string, number[]>;
  /** When the last slowed try of something has its turn. */
  readonly #turns = new LRUCache<string, number>({ max: addressesKept });
  #loaded: Promise<void> | undefined;
  #saving: Promise<void> = Promise.resolve();

  /** @param store not shared with anything else; when it is lost, all is forgiven */
  constructor(store: OrderedStore, clock: Clock) {
    this.#clock = clock;
    this.#store = store;
    this.#tries = new LRUCache<string, number[]>({
      max: addressesKept,
      // A row that is forgotten here would stay on disk for ever.
      dispose: (_tries, from, reason) => {
        if (reason === 'evict') void this.#save(from).catch(() => undefined);
      },
    });
  }

  /**
   * Runs one check of a password.
   * @param from who tries, or what is tried; nothing of it may be tried more often than `triesMax` an hour
   * @param isWrong says of an error whether it means that the password was wrong
   * @throws `too-many-tries` with the seconds to wait; else what `check` throws
   */
  async run<Result>(
    from: string,
    check: () => Promise<Result>,
    isWrong: (error: unknown) => boolean,
    triesMax = passwordTriesPerHour,
  ): Promise<Result> {
    await this.#load();
    const now = this.#clock.elapsedMs();
    const recent = this.#recent(from);
    const [oldest] = recent;
    if (oldest !== undefined && recent.length >= triesMax) {
      throw tooMany(Math.max(1, Math.ceil((oldest + windowMs - now) / 1000)));
    }
    return this.#counted(from, check, isWrong);
  }

  /**
   * Runs one check of a password that many may try: beyond `unslowed` wrong tries in an hour the next one
   * waits its turn, twice as long for each further ten, and is never shut out for what others did.
   * @throws `too-many-tries` when too many wait already; else what `check` throws
   */
  async slowed<Result>(
    what: string,
    check: () => Promise<Result>,
    isWrong: (error: unknown) => boolean,
    unslowed: number,
  ): Promise<Result> {
    await this.#load();
    const over = this.#recent(what).length - unslowed;
    if (over < 0) return this.#counted(what, check, isWrong);
    const delayMs = Math.min(slowestMs, fastestMs * 2 ** Math.floor(over / triesPerDoubling));
    const now = this.#clock.monotonicMs();
    const turnMs = Math.max(now, (this.#turns.get(what) ?? Number.NEGATIVE_INFINITY) + delayMs);
    if (turnMs - now > slowestMs * waitingMax) throw tooManyAtOnce(Math.ceil((turnMs - now) / 1000));
    this.#turns.set(what, turnMs);
    await new Promise<void>((resolve) => this.#clock.after(turnMs - now, resolve));
    return this.#counted(what, check, isWrong);
  }

  #recent(from: string): number[] {
    const now = this.#clock.elapsedMs();
    return (this.#tries.get(from) ?? []).filter((at) => at > now - windowMs);
  }

  async #counted<Result>(
    from: string,
    check: () => Promise<Result>,
    isWrong: (error: unknown) => boolean,
  ): Promise<Result> {
    const now = this.#clock.elapsedMs();
    this.#tries.set(from, [...this.#recent(from), now]);
    await this.#save(from, { sync: true });
    try {
      const result = await check();
      await this.#giveBack(from, now);
      return result;
    } catch (error) {
      if (!isWrong(error)) await this.#giveBack(from, now);
      throw error;
    }
  }

  /** Without waiting for the disk: a try that a crash does not give back is one try less. */
  async #giveBack(from: string, at: number): Promise<void> {
    const tries = this.#tries.get(from) ?? [];
    const index = tries.indexOf(at);
    if (index < 0) return;
    const rest = tries.toSpliced(index, 1);
    if (rest.length > 0) this.#tries.set(from, rest);
    else this.#tries.delete(from);
    await this.#save(from);
  }

  /** Once: what the last run of this device counted within an hour; older rows go. */
  #load(): Promise<void> {
    this.#loaded ??= this.#read().catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  async #read(): Promise<void> {
    const now = this.#clock.elapsedMs();
    const old: { key: string; value: null }[] = [];
    for (const [key, value] of await rowsOf(this.#store)) {
      const recent = value.filter((at) => at > now - windowMs && at <= now);
      if (recent.length > 0) this.#tries.set(nameOfKey(key), recent);
      else old.push({ key, value: null });
    }
    if (old.length > 0) await this.#store.batch(old);
  }

  /** One after the other, each what counts by then: two at once could leave the older one. */
  #save(from: string, options = { sync: false }): Promise<void> {
    const write = async () => {
      const tries = this.#tries.peek(from);
      await this.#store.batch([{ key: keyOf(from), value: tries ? encode([...tries]) : null }], options);
    };
    const saving = this.#saving.then(write, write);
    this.#saving = saving;
    return saving;
  }
}

/** t ‖ name in UTF-8 → CBOR list of elapsed milliseconds, oldest first. */
const prefix = 't';

function keyOf(from: string): string {
  return prefix + Buffer.from(from).toString('latin1');
}

function nameOfKey(key: string): string {
  return Buffer.from(key.slice(prefix.length), 'latin1').toString();
}

/** Damage in a local index forgives; it never keeps people out (I7). */
async function rowsOf(store: OrderedStore): Promise<(readonly [key: string, tries: number[]])[]> {
  const rows: (readonly [string, number[]])[] = [];
  try {
    for await (const [key, value] of store.range({ gte: prefix, lt: afterPrefix(prefix) })) {
      const tries: unknown = decode(value);
      const numbers = Array.isArray(tries) ? tries.filter((at) => typeof at === 'number') : [];
      rows.push([key, numbers]);
    }
  } catch (error) {
    if (!isPeerstorError(error, 'index-corrupt') && !isPeerstorError(error, 'bad-record')) throw error;
  }
  return rows;
}

function tooMany(retryAfterS: number): PeerstorError {
  const minutes = Math.ceil(retryAfterS / 60);
  const sentence = `Too many wrong passwords from this address. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`;
  return new PeerstorError('too-many-tries', sentence, { details: { retryAfterS } });
}

function tooManyAtOnce(retryAfterS: number): PeerstorError {
  const sentence = `Many wrong passwords were tried here. Try again in ${retryAfterS} seconds.`;
  return new PeerstorError('too-many-tries', sentence, { details: { retryAfterS } });
}
