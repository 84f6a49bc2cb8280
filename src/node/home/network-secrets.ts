/**
 * The network secrets that this device connects by: the newest one, and the ones it replaced while some devices
 * may not know the new one. The home stores a secret before it is used (I2).
 */
import { equalBytes, hkdf } from '../../crypto/index.ts';
import type { Clock, Timer } from '../../model/clock.ts';

export interface NetworkSecret {
  /** The number of the record `epoch-N`; 0 is the secret that the network was founded with. */
  epoch: number;
  /** 32 bytes. */
  secret: Uint8Array;
}

export interface ReplacedSecret extends NetworkSecret {
  /** Unix ms: no connection uses the secret from then on. */
  untilMs: number;
}

export interface KeptSecrets {
  current: NetworkSecret;
  replaced: readonly ReplacedSecret[];
}

export interface NetworkSecretsParts {
  kept: KeptSecrets;
  /** Stores the secrets durably. */
  save(kept: KeptSecrets): Promise<void>;
  clock: Clock;
  /** How long a replaced secret stays in use. */
  overlapMs: number;
}

/** With more removals than this within the overlap, the oldest secrets are dropped. */
const replacedMax = 8;
/** Timers do not count the time that a machine sleeps, so they are short. */
const lookEveryMs = 3_600_000;

export class NetworkSecrets {
  readonly #parts: NetworkSecretsParts;
  readonly #listeners = new Set<() => void>();
  #kept: KeptSecrets;
  #timer: Timer | undefined;

  constructor(parts: NetworkSecretsParts) {
    this.#parts = parts;
    this.#kept = parts.kept;
  }

  get current(): NetworkSecret {
    return this.#kept.current;
  }

  /** The secrets for connections, newest first. */
  inForce(): Uint8Array[] {
    return [this.#kept.current, ...this.#live()].map(({ secret }) => secret);
  }

  start(): void {
    const untilMs = this.#live().map((replaced) => replaced.untilMs);
    this.#timer?.cancel();
    if (untilMs.length === 0) return;
    const leftMs = Math.min(...untilMs) - this.#parts.clock.wallMs();
    this.#timer = this.#parts.clock.after(Math.min(leftMs, lookEveryMs), () => this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /**
   * Adopts a newer secret; the present one stays in use for the overlap.
   * @param since Unix ms when the secret was made, now by default: the overlap counts from there
   * @returns false when the secret is not newer than the present one
   */
  async learn(next: NetworkSecret, since?: number): Promise<boolean> {
    const { clock, overlapMs, save } = this.#parts;
    const { current } = this.#kept;
    if (next.epoch < current.epoch || equalBytes(next.secret, current.secret)) return false;
    const nowMs = clock.wallMs();
    const untilMs = Math.min(since ?? nowMs, nowMs) + overlapMs;
    const others = this.#live().filter(({ secret }) => !equalBytes(secret, next.secret));
    const kept = { current: next, replaced: [{ ...current, untilMs }, ...others].slice(0, replacedMax) };
    await save(kept);
    this.#kept = kept;
    this.start();
    this.#tell();
    return true;
  }

  /** Called when the set of secrets changes. Returns the unsubscriber. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #live(): ReplacedSecret[] {
    const nowMs = this.#parts.clock.wallMs();
    // A clock that was ahead when a secret was replaced must not keep the secret for ever.
    const latestMs = nowMs + this.#parts.overlapMs;
    return this.#kept.replaced.filter(({ untilMs }) => untilMs > nowMs && untilMs <= latestMs);
  }

  #look(): void {
    const before = this.#kept.replaced.length;
    this.#kept = { ...this.#kept, replaced: this.#live() };
    this.start();
    if (this.#kept.replaced.length < before) this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** The public check value in a secret's record: a device that receives the secret can verify it. */
export function secretCheck(secret: Uint8Array): Uint8Array {
  return hkdf(secret, 'secret-check/1');
}
