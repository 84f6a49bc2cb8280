/**
 * Fetches one chunk from other devices: the nearest holder first, a second one when the first is slow, the next
 * one when it stalls, lies or is gone. A slow answer still counts when it comes first.
 */
import { matchesId } from '../../crypto/index.ts';
import type { Clock } from '../../model/clock.ts';
import { idKey } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type ChunkId, type DeviceId, shortId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { Have } from '../inventory/have.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Members } from '../peers/members.ts';
import type { Peers } from '../peers/peers.ts';
import { writeIds } from '../wire.ts';

/** A link of 20 KiB/s carries a chunk within this time; a slower answer is given up. */
const answerPatienceMs = 60_000;
/** Seconds after which a client may ask again for a chunk whose holder is off. */
const retryAfterS = 30;

export interface FetchParts {
  self: DeviceId;
  transport: Transport;
  inventory: Inventory;
  peers: Peers;
  members: Members;
  have: Have;
  clock: Clock;
  log: Log;
  stallMs: number;
}

export class Fetch {
  readonly #id: ChunkId;
  readonly #parts: FetchParts;
  readonly #tried = new Set<DeviceId>();
  readonly #ending = new AbortController();
  readonly #outcome = Promise.withResolvers<Uint8Array>();
  #active = 0;
  #hedged = false;
  #askedAll = false;

  constructor(id: ChunkId, parts: FetchParts) {
    this.#id = id;
    this.#parts = parts;
  }

  /**
   * @returns bytes that hash to the id (I3)
   * @throws `chunk-missing` when no connected device sent them
   */
  async run(signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted();
    const stop = () => this.#outcome.reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      this.#next();
      return await this.#outcome.promise;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#ending.abort();
    }
  }

  /** Asks one more holder. When there is none and no answer is in flight, asks all connected devices, once. */
  #next(): void {
    if (this.#ending.signal.aborted) return;
    const { inventory, peers } = this.#parts;
    const holders = inventory.holdersOf(this.#id).filter((device) => !this.#tried.has(device));
    const [device] = peers.nearest(holders);
    if (device) this.#start(device);
    else if (this.#active === 0) this.#askAll();
  }

  #start(device: DeviceId): void {
    this.#tried.add(device);
    this.#active += 1;
    this.#attempt(device)
      .then((bytes) => {
        this.#active -= 1;
        if (!bytes) return this.#next();
        this.#ending.abort();
        this.#outcome.resolve(bytes);
      })
      .catch((error: unknown) => this.#outcome.reject(error));
  }

  async #attempt(device: DeviceId): Promise<Uint8Array | undefined> {
    const { clock, peers } = this.#parts;
    const hedge = clock.after(peers.hedgeAfterMs(device), () => {
      if (!this.#hedged) this.#next();
      this.#hedged = true;
    });
    try {
      const bytes = await this.#call(device);
      if (await matchesId(this.#id, bytes)) return bytes;
      peers.failed(device);
      this.#reportBad(device);
    } catch (error) {
      if (!this.#ending.signal.aborted) this.#explain(device, error);
    } finally {
      hedge.cancel();
    }
    return undefined;
  }

  async #call(device: DeviceId): Promise<Uint8Array> {
    const { clock, peers, transport, stallMs } = this.#parts;
    const { signal } = this.#ending;
    const release = await peers.fetches(device).take(signal);
    const startedMs = clock.monotonicMs();
    const stall = clock.after(stallMs, () => {
      // On a slow link many chunks take long, and some still arrive.
      if (peers.silentMs(device, startedMs) >= stallMs) peers.failed(device);
      this.#next();
    });
    try {
      const options = { lane: 'bulk', signal, timeoutMs: answerPatienceMs } as const;
      const bytes = await transport.call(device, 'chunk/get', writeIds([this.#id]), options);
      peers.answered(device, clock.monotonicMs() - startedMs);
      return bytes;
    } finally {
      stall.cancel();
      release();
    }
  }

  /** A holder that no longer has the chunk did nothing wrong: only the inventory was outdated. */
  #explain(device: DeviceId, error: unknown): void {
    const gone = isPeerstorError(error, 'chunk-missing') || isPeerstorError(error, 'chunk-corrupt');
    if (gone) this.#parts.inventory.set(device, idKey(this.#id), false);
    else this.#parts.peers.failed(device);
    this.#parts.log.debug({ error, device, chunk: this.#id }, 'A holder did not give a chunk');
  }

  /** The holder's copy may have rotted: this makes it read the copy again and quarantine it if it is bad. */
  #reportBad(device: DeviceId): void {
    this.#parts.log.warn({ device, chunk: this.#id }, 'A device sent bytes that are not the chunk');
    this.#parts.transport.notify(device, 'chunk/bad', writeIds([this.#id]));
  }

  /** The inventory may lag behind: every connected device is asked before the chunk counts as missing. */
  #askAll(): void {
    if (this.#askedAll) {
      this.#outcome.reject(this.#missing());
      return;
    }
    this.#askedAll = true;
    const { have, peers } = this.#parts;
    const others = peers.connected().filter(({ device }) => !this.#tried.has(device));
    Promise.allSettled(others.map(({ device }) => have.ask(device, this.#id)))
      .then(() => this.#next())
      .catch((error: unknown) => this.#outcome.reject(error));
  }

  #missing(): PeerstorError {
    const { inventory, peers, members, self } = this.#parts;
    const holders = inventory
      .holdersOf(this.#id)
      .filter((device) => device !== self)
      .flatMap((device) => members.find(device) ?? [])
      .map((member) => ({ member, seenMs: peers.lastSeenMs(member.id) }))
      .sort((a, b) => (b.seenMs ?? 0) - (a.seenMs ?? 0));
    const best = holders[0];
    if (!best) {
      const sentence = `None of the known devices has chunk ${shortId(this.#id)}. Switch on the devices that are off.`;
      return new PeerstorError('chunk-missing', sentence, { details: { retryAfterS } });
    }
    const { member, seenMs } = best;
    const lastSeen = seenMs === undefined ? 'never seen by this device' : `last seen ${isoTime(seenMs)}`;
    const sentence = peers.isConnected(member.id)
      ? `The device "${member.name}" has the content but did not send it. Try again in a moment.`
      : `The content is on the device "${member.name}", ${lastSeen}. Switch it on and try again.`;
    return new PeerstorError('chunk-missing', sentence, {
      details: {
        retryAfterS,
        deviceId: member.id,
        ...(seenMs === undefined ? {} : { lastSeen: isoTime(seenMs) }),
      },
    });
  }
}

function isoTime(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
