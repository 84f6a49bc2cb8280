/**
 * The hybrid logical clock that stamps records (Kulkarni et al., "Logical Physical Clocks", 2014). It is
 * never behind the wall clock or a record that was applied here, and never goes backwards. It only breaks ties
 * between concurrent records: a successor beats its base whatever the clocks say.
 *
 * One bad clock must not win for ever, and no replica may refuse what another accepted. So a record that is
 * more than `futureMsMax` ahead is stored and forwarded, but it is applied only when it is due, and it does not
 * advance this clock.
 */
import type { Clock } from '../../model/clock.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { DeviceId } from '../../model/ids.ts';
import { type Hlc, hlcTicksPerMs } from '../../model/records.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;

/** Records from further ahead wait until they are due. */
export const futureMsMax = 5 * minuteMs;
/** A device whose clock is further off the median of its peers' may author nothing. */
export const skewMsMax = 2 * minuteMs;
/** Fewer peers cannot show whose clock is wrong. */
const peersForMedian = 2;
/** How long a peer's statement about its clock counts. */
const peerClockLifeMs = 60 * minuteMs;
/** When our wall clock jumped by more than this, older statements no longer count. */
const jumpMs = 30 * secondMs;
/** No release of peerstor is older, so a clock that shows an earlier time was never set (a Pi has no battery). */
export const buildDateMs = Date.UTC(2026, 0, 1);

interface Heard {
  /** How far our wall clock was ahead of the peer's. */
  aheadMs: number;
  atMs: number;
  /** Our wall clock minus our monotonic clock at that time. */
  driftMs: number;
}

/** The wall clock's part of a stamp, in Unix ms. */
export function msOf(hlc: Hlc): number {
  return Math.floor(hlc / hlcTicksPerMs);
}

export class HybridClock {
  readonly #clock: Clock;
  readonly #earliestMs: number;
  readonly #notBeforeMs: () => number;
  readonly #peers = new Map<DeviceId, Heard>();
  /** Our wall clock minus our monotonic clock when a peer's clock last agreed with ours. */
  #confirmedDriftMs: number | undefined;
  #last: Hlc = 0;

  /** @param notBeforeMs a time that it surely is by now, whatever the wall clock shows */
  constructor(clock: Clock, earliestMs = buildDateMs, notBeforeMs = () => Number.NEGATIVE_INFINITY) {
    this.#clock = clock;
    this.#earliestMs = earliestMs;
    this.#notBeforeMs = notBeforeMs;
  }

  /** Continues from the highest stamp of this home, whatever the wall clock shows. */
  restore(last: Hlc): void {
    this.#last = Math.max(this.#last, last);
  }

  /** The highest stamp given or seen. Every batch stores it. */
  get last(): Hlc {
    return this.#last;
  }

  /**
   * A stamp for a new record, higher than all so far and than its bases. If a peer's clock agrees with ours, a
   * stamp far ahead of the wall clock is ignored, and so is a base that is not due: they came from a wrong clock,
   * and a stamp above them would make other devices hold the new record back.
   */
  next(replaced: Hlc = 0): Hlc {
    const wall = this.#clock.wallMs() * hlcTicksPerMs;
    const due = this.dueUpTo();
    const wallIsRight = Math.max(this.#last, replaced) > due && this.#agreesWithPeer();
    const [mark, base] = [this.#last, replaced].map((hlc) => (wallIsRight && hlc > due ? 0 : hlc + 1));
    this.#last = Math.max(wall, mark ?? 0, base ?? 0);
    return this.#last;
  }

  /** Learns from a record that was applied. */
  observe(hlc: Hlc): void {
    if (hlc > this.#last && hlc <= this.dueUpTo()) this.#last = hlc;
  }

  /** The highest stamp that may be applied now. */
  dueUpTo(): Hlc {
    return (Math.max(this.#clock.wallMs(), this.#notBeforeMs()) + futureMsMax) * hlcTicksPerMs;
  }

  /** A peer said what its wall clock shows (Unix ms) just now. */
  heardPeer(device: DeviceId, wallMs: number): void {
    if (!Number.isFinite(wallMs)) return;
    const own = this.#clock.wallMs();
    const now = this.#clock.monotonicMs();
    this.#peers.set(device, { aheadMs: own - wallMs, atMs: now, driftMs: own - now });
    if (Math.abs(own - wallMs) <= skewMsMax) this.#confirmedDriftMs = own - now;
  }

  /** Did a peer's clock agree with ours in this process, and has ours not jumped since? */
  isConfirmed(): boolean {
    const driftMs = this.#clock.wallMs() - this.#clock.monotonicMs();
    return this.#confirmedDriftMs !== undefined && Math.abs(driftMs - this.#confirmedDriftMs) <= jumpMs;
  }

  isFitToAuthor(): boolean {
    try {
      this.checkFitToAuthor();
      return true;
    } catch {
      return false;
    }
  }

  /** @throws `clock-wrong` when records stamped now would be wrong */
  checkFitToAuthor(): void {
    const wall = this.#clock.wallMs();
    if (wall < this.#earliestMs) {
      const sentence = `The clock of this device shows ${day(wall)}, which cannot be. Set it, and try again.`;
      throw new PeerstorError('clock-wrong', sentence);
    }
    const skew = this.#skewMs();
    if (skew !== undefined && Math.abs(skew) > skewMsMax) {
      const minutes = Math.round(Math.abs(skew) / minuteMs);
      const way = skew > 0 ? 'ahead of' : 'behind';
      const sentence = `The clock of this device is ${minutes} minutes ${way} your other devices. Set it, and try again.`;
      throw new PeerstorError('clock-wrong', sentence);
    }
  }

  #agreesWithPeer(): boolean {
    return this.#heardNow().some((aheadMs) => Math.abs(aheadMs) <= skewMsMax);
  }

  /**
   * How far our wall clock is ahead of the median of the peers', if enough peers were heard. For an even number,
   * any value between the middle two is a median; this takes the one nearest to our clock, so that half of the
   * peers cannot stop a device while the other half agrees with it.
   */
  #skewMs(): number | undefined {
    const ahead = this.#heardNow();
    if (ahead.length < peersForMedian) return undefined;
    ahead.sort((a, b) => a - b);
    const [below = 0, above = 0] = [
      ahead[Math.ceil(ahead.length / 2) - 1],
      ahead[Math.floor(ahead.length / 2)],
    ];
    return Math.min(Math.max(0, below), above);
  }

  /** How far our wall clock is ahead of the clock of each peer that was heard lately, in ms. */
  heardAheadMs(): readonly number[] {
    return this.#heardNow();
  }

  /** Statements of peers that still count. */
  #heardNow(): number[] {
    const now = this.#clock.monotonicMs();
    const drift = this.#clock.wallMs() - now;
    const ahead: number[] = [];
    for (const [device, heard] of this.#peers) {
      // After a jump (our clock was set, or this device slept) peers must state their clocks again.
      const jumped = Math.abs(drift - heard.driftMs) > jumpMs;
      if (jumped || now - heard.atMs > peerClockLifeMs) this.#peers.delete(device);
      else ahead.push(heard.aheadMs);
    }
    return ahead;
  }
}

function day(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 10);
}
