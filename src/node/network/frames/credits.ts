/**
 * Credits for large requests. The receiver decides, so the protocol bounds its memory: a sender asks for as
 * many credits as it has requests waiting; the receiver grants what its window for that peer and the process'
 * pool allow, and takes each credit back when the request is handled. No credits are granted in advance, so
 * thirty idle devices do not exhaust the pool.
 */
import { WaitingLine } from '../../../concurrency/index.ts';
import type { Clock } from '../../../model/clock.ts';
import { PeerstorError } from '../../../model/errors.ts';

/** A slower control round trip means that the peer or the link is overloaded. */
export const slowRoundTripMs = 500;
const growEveryMs = 1000;

export interface CreditLimits {
  start: number;
  perPeer: number;
  total: number;
}

/** The receiving process' credits, shared by all peers and lanes. */
export class CreditPool {
  readonly #limits: CreditLimits;
  readonly #clock: Clock;
  readonly #accounts: CreditAccount[] = [];
  #held = 0;

  constructor(limits: CreditLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Credits granted and not yet returned. */
  get held(): number {
    return this.#held;
  }

  /** @param grant tells the peer that it has this many more credits */
  open(grant: (count: number) => void): CreditAccount {
    const account: CreditAccount = new CreditAccount(this.#limits, this.#clock, grant, {
      serve: () => this.#serve(),
      give: (count) => {
        this.#held -= count;
      },
      leave: () => {
        const at = this.#accounts.indexOf(account);
        if (at >= 0) this.#accounts.splice(at, 1);
      },
    });
    this.#accounts.push(account);
    return account;
  }

  /** One credit each in turn, so that a busy peer does not shut the others out. */
  #serve(): void {
    const granted = new Map<CreditAccount, number>();
    let idleInARow = 0;
    while (this.#held < this.#limits.total && idleInARow < this.#accounts.length) {
      const account = this.#accounts.shift()!;
      this.#accounts.push(account);
      if (account.reserve()) {
        this.#held += 1;
        granted.set(account, (granted.get(account) ?? 0) + 1);
        idleInARow = 0;
      } else idleInARow += 1;
    }
    for (const [account, count] of granted) account.announce(count);
  }
}

interface PoolDesk {
  serve(): void;
  give(count: number): void;
  leave(): void;
}

/** What one peer may send on one lane, on the receiver's side. */
export class CreditAccount {
  readonly #limits: CreditLimits;
  readonly #clock: Clock;
  readonly #grant: (count: number) => void;
  readonly #desk: PoolDesk;
  #window: number;
  #wanted = 0;
  #granted = 0;
  #running = 0;
  #grownAtMs: number;
  #closed = false;

  constructor(limits: CreditLimits, clock: Clock, grant: (count: number) => void, desk: PoolDesk) {
    this.#limits = limits;
    this.#clock = clock;
    this.#grant = grant;
    this.#desk = desk;
    this.#window = limits.start;
    this.#grownAtMs = clock.monotonicMs();
  }

  get window(): number {
    return this.#window;
  }

  /** The peer has this many more large requests waiting. */
  asked(count: number): void {
    this.#wanted += count;
    this.#desk.serve();
  }

  /** A large request arrived. @throws `bad-frame` when no credit was granted for it */
  taken(): void {
    if (this.#granted === 0) {
      throw new PeerstorError('bad-frame', 'The device sent a large request without a credit.');
    }
    this.#granted -= 1;
    this.#running += 1;
  }

  /** A large request was handled: its bytes are out of memory. */
  done(): void {
    if (this.#closed) return;
    // A second without overload earns one more credit; an idle peer proves nothing about the link.
    const nowMs = this.#clock.monotonicMs();
    const full = this.#granted + this.#running >= this.#window;
    if (full && this.#window < this.#limits.perPeer && nowMs - this.#grownAtMs >= growEveryMs) {
      this.#window += 1;
      this.#grownAtMs = nowMs;
    }
    this.#running -= 1;
    this.#desk.give(1);
    this.#desk.serve();
  }

  /** The peer returned credits that it did not use. */
  returned(count: number): void {
    const back = Math.min(count, this.#granted);
    this.#granted -= back;
    this.#desk.give(back);
    this.#desk.serve();
  }

  /** A round trip on the control lane: a slow one halves the window. */
  observe(roundTripMs: number): void {
    if (roundTripMs <= slowRoundTripMs) return;
    this.#window = Math.max(1, Math.floor(this.#window / 2));
    this.#grownAtMs = this.#clock.monotonicMs();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#desk.leave();
    this.#desk.give(this.#granted + this.#running);
    this.#desk.serve();
  }

  /** For the pool: reserves one credit if this peer waits for one and its window has room. */
  reserve(): boolean {
    if (this.#wanted === 0 || this.#granted + this.#running >= this.#window) return false;
    this.#wanted -= 1;
    this.#granted += 1;
    return true;
  }

  /** For the pool. */
  announce(count: number): void {
    this.#grant(count);
  }
}

/** The sender's side: large requests wait here for a credit, in order. */
export class CreditPurse {
  readonly #tell: (kind: 'creditAsk' | 'creditReturn', count: number) => void;
  readonly #line = new WaitingLine();

  constructor(tell: (kind: 'creditAsk' | 'creditReturn', count: number) => void) {
    this.#tell = tell;
  }

  /** Resolves with the right to send one large request. @throws the signal's reason */
  take(signal: AbortSignal): Promise<void> {
    const turn = this.#line.join(signal);
    this.#tell('creditAsk', 1);
    return turn;
  }

  /** Credits arrived; those that no request waits for are returned at once. */
  granted(count: number): void {
    let left = count;
    while (left > 0 && this.#line.admit()) left -= 1;
    if (left > 0) this.#tell('creditReturn', left);
  }

  /** Returns a credit that was taken and will not be used. */
  giveBack(): void {
    if (!this.#line.admit()) this.#tell('creditReturn', 1);
  }
}
