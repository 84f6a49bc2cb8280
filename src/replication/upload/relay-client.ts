/**
 * Asks another holder to relay a chunk because this device's own uplink is saturated, so the bytes of a chunk
 * leave this device once. The relaying holder's word does not count: the target itself confirms its copy. A
 * holder that stalls or gives a false answer is left alone for a while, and this device pushes itself.
 */
import type { Clock } from '../../model/clock.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { DeviceId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { Have } from '../inventory/have.ts';
import type { Peers } from '../peers/peers.ts';
import { type PutAnswer, readPutAnswer, writeRelay } from '../wire.ts';
import { PushLane } from './push-lane.ts';
import type { Attempt, Spread } from './spread.ts';

/** A relay is given up after this many times `stallMs`: the holder asks the target first, reads and pushes. */
const patienceStalls = 2;
/** A holder that stalled or lied is asked again after this long. */
const holderRestMs = 30_000;

export interface RelayClientParts {
  self: DeviceId;
  transport: Transport;
  peers: Peers;
  have: Have;
  clock: Clock;
  log: Log;
  stallMs: number;
  /** True when the device answers none of this device's own pushes. */
  isStalled(device: DeviceId): boolean;
  /** The target confirmed the chunk, or the holder failed to relay it. */
  ended(device: DeviceId, spread: Spread, isThere: boolean): void;
  /** No holder was asked for these, or the request failed through no fault of the holder. */
  givenBack(spreads: readonly Spread[]): void;
  /** The holder says that it has no such chunk. */
  missing(holder: DeviceId, spread: Spread): void;
}

interface Holder {
  readonly lane: PushLane<Spread>;
  restsUntilMs: number;
}

export class RelayClient {
  readonly #parts: RelayClientParts;
  readonly #holders = new Map<DeviceId, Holder>();
  /** Calls in flight. */
  readonly #calls = new Map<Spread, AbortController>();
  #isStopped = false;

  constructor(parts: RelayClientParts) {
    this.#parts = parts;
  }

  get queued(): number {
    return this.#sum(({ queued }) => queued);
  }

  get underWay(): number {
    return this.#sum(({ underWay }) => underWay);
  }

  stop(): void {
    this.#isStopped = true;
    for (const { lane } of this.#holders.values()) lane.stop();
    this.#callOff(() => true);
  }

  /** A holder that can relay the chunk. One at a time: each chunk is one item of the holder's queue. */
  holderFor(spread: Spread): DeviceId | undefined {
    const { self, peers } = this.#parts;
    if (spread.relayRefused || relayOf(spread)) return undefined;
    return spread.confirmed.find(
      (device) =>
        device !== self && peers.isConnected(device) && !peers.isResting(device) && !this.#isResting(device),
    );
  }

  /** The spread has an attempt `by` this holder. */
  add(holder: DeviceId, spread: Spread): void {
    this.#of(holder).lane.add(spread);
  }

  /** Takes back the requests to holders that are gone, and those for targets that are gone. */
  reconsider(): void {
    for (const [holder, { lane }] of this.#holders) {
      if (!this.#parts.peers.isConnected(holder)) this.#giveBack(lane.drain());
    }
    this.#callOff(({ device }) => !this.#isTarget(device));
  }

  /** The uplink is free again: returns at most `most` requests that were not sent yet. */
  giveBack(most: number): void {
    let left = most;
    for (const { lane } of this.#holders.values()) {
      const taken = left > 0 ? lane.drain(left) : [];
      left -= taken.length;
      this.#giveBack(taken);
    }
  }

  #isTarget(device: DeviceId): boolean {
    return this.#parts.peers.isConnected(device) && !this.#parts.isStalled(device);
  }

  #isResting(device: DeviceId): boolean {
    const holder = this.#holders.get(device);
    return holder !== undefined && holder.restsUntilMs > this.#parts.clock.monotonicMs();
  }

  #of(device: DeviceId): Holder {
    const known = this.#holders.get(device);
    if (known) return known;
    const { clock, stallMs } = this.#parts;
    const lane = new PushLane<Spread>(device, {
      clock,
      stallMs,
      push: (_holder, spread) => this.#relay(device, spread),
      done: (_holder, spread, answer) => this.#end(spread, answer === 'stored'),
      failed: (_holder, spread, error) => this.#failed(device, spread, error),
      stalled: (_holder, _underWay, queued) => {
        this.#giveBack(queued);
        this.#rest(device);
        // A chunk that this device pushes itself now must not be relayed as well.
        this.#callOff(({ by }) => by === device);
      },
      recovered: () => undefined,
    });
    const holder: Holder = { lane, restsUntilMs: Number.NEGATIVE_INFINITY };
    this.#holders.set(device, holder);
    return holder;
  }

  /** @returns `stored` when the target confirms it; no other outcome is waited for */
  async #relay(holder: DeviceId, spread: Spread): Promise<PutAnswer | null> {
    const target = relayOf(spread)?.device;
    if (target === undefined || !this.#isTarget(target)) return null;
    const { transport, have, stallMs } = this.#parts;
    const calls = new AbortController();
    this.#calls.set(spread, calls);
    try {
      const body = writeRelay({ id: spread.id, device: target });
      const options = { signal: calls.signal, timeoutMs: patienceStalls * stallMs };
      const answer = readPutAnswer(await transport.call(holder, 'chunk/relay', body, options));
      if (answer === 'full' || answer === 'busy') return null;
      if (await have.ask(target, spread.id)) return 'stored';
    } finally {
      this.#calls.delete(spread);
    }
    this.#parts.log.warn(
      { device: holder, chunk: spread.id },
      'A device did not give on what it says it did',
    );
    this.#rest(holder);
    return null;
  }

  #failed(holder: DeviceId, spread: Spread, error: unknown): void {
    if (this.#isStopped) return;
    this.#parts.log.debug({ error, device: holder, chunk: spread.id }, 'A chunk was not given on');
    this.#end(spread, false);
    if (isPeerstorError(error, 'chunk-missing') || isPeerstorError(error, 'chunk-corrupt')) {
      this.#doubt(holder, spread);
    }
  }

  /** Asks the holder directly whether it has the chunk: the error may be another device's fault. */
  #doubt(holder: DeviceId, spread: Spread): void {
    this.#parts.have
      .ask(holder, spread.id)
      .then((has) => {
        if (!has && !this.#isStopped) this.#parts.missing(holder, spread);
      })
      .catch((error: unknown) => {
        this.#parts.log.debug({ error, device: holder }, 'A device did not say whether it has a chunk');
      });
  }

  #callOff(concerns: (attempt: Attempt) => boolean): void {
    for (const [spread, call] of this.#calls) {
      const attempt = relayOf(spread);
      if (attempt && concerns(attempt)) call.abort();
    }
  }

  #rest(device: DeviceId): void {
    const holder = this.#of(device);
    holder.restsUntilMs = this.#parts.clock.monotonicMs() + holderRestMs;
    this.#giveBack(holder.lane.drain());
  }

  #end(spread: Spread, isThere: boolean): void {
    const target = relayOf(spread)?.device;
    if (target === undefined || this.#isStopped) return;
    if (isThere || this.#isTarget(target)) this.#parts.ended(target, spread, isThere);
    else this.#giveBack([spread]);
  }

  #giveBack(spreads: readonly Spread[]): void {
    for (const spread of spreads) spread.attempts = spread.attempts.filter(({ by }) => by === undefined);
    if (spreads.length > 0) this.#parts.givenBack(spreads);
  }

  #sum(count: (lane: PushLane<Spread>) => number): number {
    return [...this.#holders.values()].reduce((total, { lane }) => total + count(lane), 0);
  }
}

/** There is at most one. */
function relayOf(spread: Spread): Attempt | undefined {
  return spread.attempts.find(({ by }) => by !== undefined);
}
