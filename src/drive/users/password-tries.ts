/**
 * Counts the wrong passwords of each address in the last hour, on this device. A try counts from its start, so that
 * many at once cannot exceed the limit; a right password takes back only its own try. A try is on
 * disk before its password is checked, so a restart forgives nothing. Its date is the count of elapsed time,
 * which does not go back when somebody sets the clock.
 */
import { LRUCache } from 'lru-cache';
import { decode, encode } from '../../crypto/index.ts';
import type { Clock } from '../../model/clock.ts';
import { afterPrefix, type OrderedStore } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { passwordTriesPerHour } from '../../model/limits.ts';

const windowMs = 3_600_000;
/** Addresses remembered: a home has few, and the queue of hashes slows an attacker who has more. */
const addressesKept = 10_000;
/** Time between slowed tries: at first, and at most. */
const fastestMs = 250;
const slowestMs = 8000;
const triesPerDoubling = 10;
/** Slowed tries that may wait. At the slowest pace, an honest guest waits about a minute. */
const waitingMax = 8;

export class PasswordTries {
  readonly #clock: Clock;
  readonly #store: OrderedStore;
  readonly #tries: LRUCache<string, number[]>;
  /** When the last slowed try of each subject has its turn. */
  readonly #turns = new LRUCache<string, number>({ max: addressesKept });
  #loaded: Promise<void> | undefined;
  #saving: Promise<void> = Promise.resolve();

  /** @param store nothing else uses it; losing it forgives all tries */
  constructor(store: OrderedStore, clock: Clock) {
    this.#clock = clock;
    this.#store = store;
    this.#tries = new LRUCache<string, number[]>({
      max: addressesKept,
      // A row that is forgotten only in memory would stay on disk for ever.
      dispose: (_tries, from, reason) => {
        if (reason === 'evict') void this.#save(from).catch(() => undefined);
      },
    });
  }

  /**
   * Runs one check of a password.
   * @param from the caller, or the subject of the tries: at most `triesMax` wrong tries an hour
   * @param isWrong tells whether an error means that the password was wrong
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
   * Runs one check of a password that many people may try. After `unslowed` wrong tries in an hour, the next try
   * waits its turn, twice as long for each further ten; but the tries of others never lock anybody out.
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

  /** Does not wait for the disk: if a crash loses this, the caller merely has one try less. */
  async #giveBack(from: string, at: number): Promise<void> {
    const tries = this.#tries.get(from) ?? [];
    const index = tries.indexOf(at);
    if (index < 0) return;
    const rest = tries.toSpliced(index, 1);
    if (rest.length > 0) this.#tries.set(from, rest);
    else this.#tries.delete(from);
    await this.#save(from);
  }

  /** Loads, once, the tries of the last hour before this process started, and deletes older rows. */
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

  /** Writes run one after the other, each with the present count: two at once could leave the older one. */
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

/** Row: t ‖ name in UTF-8 → CBOR list of elapsed milliseconds, oldest first. */
const prefix = 't';

function keyOf(from: string): string {
  return prefix + Buffer.from(from).toString('latin1');
}

function nameOfKey(key: string): string {
  return Buffer.from(key.slice(prefix.length), 'latin1').toString();
}

/** A damaged row of a local index forgives its tries; it never locks people out (I7). */
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
