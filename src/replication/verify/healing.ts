/** Replaces copies of this device that turned out to be bad or gone: fetches each one again and writes a receipt. */
import { Semaphore } from '../../concurrency/index.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import type { ChunkId } from '../../model/ids.ts';
import type { Receipts } from '../database/receipts.ts';

const healedAtOnce = 2;
/** Losses found within this time share one receipt. */
const gatherMs = 5000;

export interface HealingParts {
  store: ChunkStore;
  receipts: Receipts;
  clock: Clock;
  /** The display name of this device. */
  name(): string;
  /** Fetches the chunk from another device and stores it. @returns whether it did */
  heal(id: ChunkId): Promise<boolean>;
}

export class Healing {
  readonly #parts: HealingParts;
  readonly #stopping = new AbortController();
  readonly #slots = new Semaphore(healedAtOnce);
  readonly #underWay = new Set<ChunkId>();
  #found = 0;
  #healed = 0;
  #timer: Timer | undefined;
  #stopListening: (() => void) | undefined;

  constructor(parts: HealingParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#stopListening ??= this.#parts.store.onChange((change) => {
      if (change.kind === 'lost' && change.reason === 'corrupt') this.lost(change.id);
    });
  }

  stop(): void {
    this.#stopListening?.();
    this.#timer?.cancel();
    this.#writeReceipt();
    this.#stopping.abort();
  }

  /** The copy here is bad or gone, and nobody meant to delete it. */
  lost(id: ChunkId): void {
    if (this.#underWay.has(id) || this.#stopping.signal.aborted) return;
    this.#underWay.add(id);
    this.#timer?.cancel();
    this.#heal(id)
      .then((healed) => {
        this.#found += 1;
        if (healed) this.#healed += 1;
      })
      // Only the end of this process interrupts it: the next process reports anew.
      .catch(() => undefined)
      .finally(() => {
        this.#underWay.delete(id);
        this.#tellSoon();
      });
  }

  async #heal(id: ChunkId): Promise<boolean> {
    const release = await this.#slots.take(this.#stopping.signal);
    try {
      return await this.#parts.heal(id);
    } finally {
      release();
    }
  }

  #tellSoon(): void {
    if (this.#underWay.size > 0 || this.#stopping.signal.aborted) return;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(gatherMs, () => this.#writeReceipt());
  }

  #writeReceipt(): void {
    if (this.#found === 0) return;
    const { clock, name, receipts } = this.#parts;
    const what = `${this.#found === 1 ? '1 chunk' : `${this.#found} chunks`} rotted on ${name()}`;
    const left = this.#found - this.#healed;
    const rest = left === this.#found ? 'not' : `${left} not`;
    receipts.add(
      clock.wallMs(),
      left === 0
        ? `${what}; repaired.`
        : `${what}; ${rest} repaired yet: no connected device had a good copy, or there was no room.`,
    );
    this.#found = 0;
    this.#healed = 0;
  }
}
