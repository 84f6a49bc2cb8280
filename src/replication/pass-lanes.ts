/**
 * Copies that another holder is asked to give on, because this device's own way out is behind: so the
 * bytes of a chunk leave this device once. The holder's word counts for nothing: whether a copy is there,
 * the device that got it says itself.
 */
import type { Clock } from '../model/clock.ts';
import type { Transport } from '../model/contracts/transport.ts';
import type { DeviceId } from '../model/ids.ts';
import type { Log } from '../model/log.ts';
import type { Peers } from './peers.ts';
import { PushLane } from './push-lane.ts';
import type { Spread } from './spread.ts';
import { type PutAnswer, readPutAnswer, writePass } from './wire.ts';

/** The holder asks the target first, reads, pushes, and may have others waiting. */
const answerPatienceMs = 90_000;

export interface PassLanesParts {
  self: DeviceId;
  transport: Transport;
  peers: Peers;
  clock: Clock;
  log: Log;
  stallMs: number;
  signal: AbortSignal;
  /** The holder says that the device has it now, or could not give it. */
  ended(device: DeviceId, spread: Spread, isThere: boolean): void;
  /** Nobody is under way with these any more, or only somebody who has stalled. */
  givenBack(spreads: readonly Spread[]): void;
}

export class PassLanes {
  readonly #parts: PassLanesParts;
  readonly #lanes = new Map<DeviceId, PushLane<Spread>>();

  constructor(parts: PassLanesParts) {
    this.#parts = parts;
  }

  get queued(): number {
    return this.#sum(({ queued }) => queued);
  }

  get underWay(): number {
    return this.#sum(({ underWay }) => underWay);
  }

  stop(): void {
    for (const lane of this.#lanes.values()) lane.stop();
  }

  /** A holder that can be asked to give the chunk on. One at a time: it is one item of the holder's lane. */
  holderFor(spread: Spread): DeviceId | undefined {
    const { self, peers } = this.#parts;
    if (spread.passRefused || spread.attempts.some(({ by }) => by !== undefined)) return undefined;
    return spread.confirmed.find(
      (device) =>
        device !== self &&
        peers.isConnected(device) &&
        !peers.isResting(device) &&
        !this.#lanes.get(device)?.isStalled,
    );
  }

  /** The spread has an attempt `by` this holder. */
  add(holder: DeviceId, spread: Spread): void {
    const known = this.#lanes.get(holder);
    const lane = known ?? this.#newLane(holder);
    if (!known) this.#lanes.set(holder, lane);
    lane.add(spread);
  }

  /** Gives back what was not asked of holders that are gone. */
  reconsider(): void {
    for (const [holder, lane] of this.#lanes) {
      if (!this.#parts.peers.isConnected(holder)) this.#giveBack(holder, lane.drain());
    }
  }

  /** This device can push again itself: gives back at most so many that were not asked yet. */
  giveBack(most: number): void {
    let left = most;
    for (const [holder, lane] of this.#lanes) {
      const taken = left > 0 ? lane.drain(left) : [];
      left -= taken.length;
      this.#giveBack(holder, taken);
    }
  }

  #newLane(holder: DeviceId): PushLane<Spread> {
    return new PushLane<Spread>(holder, {
      clock: this.#parts.clock,
      stallMs: this.#parts.stallMs,
      push: (_holder, spread) => this.#ask(holder, spread),
      done: (_holder, spread, answer) => this.#end(holder, spread, answer),
      failed: (_holder, spread, error) => {
        this.#parts.log.debug({ error, device: holder, chunk: spread.id }, 'A chunk was not given on');
        this.#end(holder, spread, null);
      },
      stalled: (_holder, underWay, queued) => {
        for (const spread of underWay) {
          for (const attempt of spread.attempts) if (attempt.by === holder) attempt.stalled = true;
        }
        this.#parts.givenBack(underWay);
        this.#giveBack(holder, queued);
      },
      recovered: () => undefined,
    });
  }

  async #ask(holder: DeviceId, spread: Spread): Promise<PutAnswer | null> {
    const target = targetOf(holder, spread);
    if (target === undefined) return null;
    const { transport, signal } = this.#parts;
    const body = writePass({ id: spread.id, device: target });
    return readPutAnswer(
      await transport.call(holder, 'chunk/pass', body, { signal, timeoutMs: answerPatienceMs }),
    );
  }

  #end(holder: DeviceId, spread: Spread, answer: PutAnswer | null): void {
    const target = targetOf(holder, spread);
    if (target === undefined || this.#parts.signal.aborted) return;
    this.#parts.ended(target, spread, answer === 'stored' || answer === 'present');
  }

  #giveBack(holder: DeviceId, spreads: readonly Spread[]): void {
    for (const spread of spreads) spread.attempts = spread.attempts.filter(({ by }) => by !== holder);
    if (spreads.length > 0) this.#parts.givenBack(spreads);
  }

  #sum(count: (lane: PushLane<Spread>) => number): number {
    return [...this.#lanes.values()].reduce((total, lane) => total + count(lane), 0);
  }
}

function targetOf(holder: DeviceId, spread: Spread): DeviceId | undefined {
  return spread.attempts.find(({ by }) => by === holder)?.device;
}
