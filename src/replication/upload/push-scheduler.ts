/** Pushes new chunks to the devices that `spread-choice.ts` chooses. */
import { Semaphore } from '../../concurrency/index.ts';
import { chunkBufferBytes, chunkBuffers } from '../../model/chunk-buffers.ts';
import type { Clock } from '../../model/clock.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import { idKey } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { ChunkId, DeviceId } from '../../model/ids.ts';
import { pushBytesInMemoryMax, sealedChunkBytesMax } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import { copiesOf } from '../../model/safety.ts';
import type { Have } from '../inventory/have.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Members } from '../peers/members.ts';
import type { Peers } from '../peers/peers.ts';
import { pushChunk, readForPut, releasePut } from '../transfer/push.ts';
import { type PutAnswer, putInPlace, writePut } from '../wire.ts';
import { PushLane, type PushLaneParts } from './push-lane.ts';
import { RelayClient } from './relay-client.ts';
import { isOwn, liveAttempts, newSpread, type Spread, type SpreadWatcher } from './spread.ts';
import { SpreadChoice } from './spread-choice.ts';

/**
 * Chunks followed at once, about 40 MiB of memory: a backlog of 50 GB. Further chunks are stored here and left
 * to catch-up.
 */
const spreadsMax = 100_000;
/**
 * With this many pushes waiting or in flight, about 2 MiB, the uplink of this device counts as saturated until
 * none is left.
 */
const behindChunks = 4;
/** Shorter chunks are copied: in place each would keep the buffer of a whole chunk. */
const inPlaceBytesMin = 128 * 1024;
/** Chunks decided on in one turn of the event loop. */
const decisionsPerTurn = 256;

export interface PushSchedulerParts {
  self: DeviceId;
  transport: Transport;
  store: ChunkStore;
  inventory: Inventory;
  members: Members;
  peers: Peers;
  have: Have;
  clock: Clock;
  log: Log;
  copiesWanted: number;
  stallMs: number;
  /** True while this device relays the chunk for another one. */
  isRelaying(id: ChunkId): boolean;
}

export class PushScheduler {
  readonly #parts: PushSchedulerParts;
  readonly #choice: SpreadChoice;
  readonly #spreads = new Map<ChunkId, Spread>();
  /** Chunks with too few copies and no push in flight: checked again when a device may take one. */
  readonly #idle = new Set<Spread>();
  readonly #due = new Set<Spread>();
  readonly #lanes = new Map<DeviceId, PushLane<Spread>>();
  readonly #relays: RelayClient;
  readonly #stopping = new AbortController();
  /** Bodies read from the disk again, for all peers together. */
  readonly #reads = new Semaphore(Math.floor(pushBytesInMemoryMax / sealedChunkBytesMax));
  #bytesInMemory = 0;
  #deciding = false;
  #isBehind = false;
  #stopListening: (() => void)[] = [];

  constructor(parts: PushSchedulerParts) {
    this.#parts = parts;
    this.#choice = new SpreadChoice(parts);
    this.#relays = new RelayClient({
      ...parts,
      isStalled: (device) => this.#isStalled(device),
      ended: (device, spread, isThere) => this.#end(device, spread, isThere),
      givenBack: (spreads) => this.#decideLater(spreads),
      missing: (holder, spread) => this.#lost(holder, spread),
    });
  }

  start(): void {
    const again = () => this.#reconsider();
    this.#stopListening = [this.#parts.peers.onChange(again), this.#parts.members.onChange(again)];
  }

  stop(): void {
    this.#stopping.abort();
    for (const stop of this.#stopListening) stop();
    for (const lane of this.#lanes.values()) lane.stop();
    this.#relays.stop();
  }

  /** Chunks that wait for a push, and pushes in flight; chunks whose relay was requested count too. */
  load(): { queued: number; active: number } {
    const relays = this.#relays;
    const active = this.#sum((lane) => lane.underWay) + relays.underWay;
    return { queued: this.#sum((lane) => lane.queued) + relays.queued, active };
  }

  #lookBehind(): boolean {
    const load = this.#sum((lane) => lane.queued + lane.underWay);
    this.#isBehind = load >= behindChunks || (load > 0 && this.#isBehind);
    return this.#isBehind;
  }

  #sum(count: (lane: PushLane<Spread>) => number): number {
    return [...this.#lanes.values()].reduce((total, lane) => total + count(lane), 0);
  }

  /** True while a push, relay or question about the chunk is in flight. */
  isBusy(id: ChunkId): boolean {
    return (this.#spreads.get(id)?.attempts.length ?? 0) > 0 || this.#parts.isRelaying(id);
  }

  /**
   * Pushes a chunk, or joins the push in progress.
   * @param bytes undefined for a chunk that is stored here: a push then reads it from the disk
   * @param options.storedHere false when this device could not store the chunk: `bytes` are then kept until
   * others have it
   * @returns undefined when too many chunks are followed already
   */
  add(
    id: ChunkId,
    bytes: Uint8Array | undefined,
    watcher: SpreadWatcher,
    options: { storedHere: boolean },
  ): Spread | undefined {
    const known = this.#spreads.get(id);
    if (!known && this.#spreads.size >= spreadsMax) return undefined;
    const spread = known ?? newSpread(id);
    this.#spreads.set(id, spread);
    spread.watchers = [...spread.watchers.filter((one) => one !== watcher), watcher];
    spread.unreadable = false;
    if (options.storedHere) {
      spread.onlyInMemory = false;
      if (!spread.confirmed.includes(this.#parts.self)) spread.confirmed.push(this.#parts.self);
    } else if (!spread.confirmed.includes(this.#parts.self)) {
      spread.onlyInMemory = true;
    }
    if (bytes) this.#keepBody(spread, bytes);
    this.#decide(spread);
    return spread;
  }

  /** The watcher gets no further calls. Chunks without a watcher go on while devices take them. */
  leave(watcher: SpreadWatcher, ids: Iterable<ChunkId>): void {
    for (const id of ids) {
      const spread = this.#spreads.get(id);
      if (!spread) continue;
      spread.watchers = spread.watchers.filter((one) => one !== watcher);
      this.#forgetIfDone(spread);
    }
  }

  /** True when the memory for push bodies is used up: further bodies are read from the disk again. */
  get isMemoryFull(): boolean {
    return this.#bytesInMemory > pushBytesInMemoryMax;
  }

  #keepBody(spread: Spread, bytes: Uint8Array): void {
    if (spread.body) return;
    const fits = this.#bytesInMemory + heldBytes(bytes) <= pushBytesInMemoryMax;
    if (!spread.onlyInMemory && !(fits && this.#choice.candidates(spread, this.#isStalled).length > 0))
      return;
    const staysInPlace = bytes.length >= inPlaceBytesMin && chunkBuffers.share(bytes);
    spread.body = (staysInPlace && putInPlace(spread.id, bytes)) || writePut(spread.id, bytes);
    this.#bytesInMemory += heldBytes(spread.body);
  }

  #dropBody(spread: Spread): void {
    if (!spread.body) return;
    this.#bytesInMemory -= heldBytes(spread.body);
    // A failed push may have left the body in a queue that is still being written.
    if (!spread.attempts.some(isOwn) && !spread.pushFailed) releasePut(spread.body);
    spread.body = undefined;
  }

  #decide(spread: Spread): void {
    for (const device of this.#next(spread)) this.#begin(device, spread);
    const idle = liveAttempts(spread) === 0;
    if (idle && spread.confirmed.length < this.#parts.copiesWanted) this.#idle.add(spread);
    else this.#idle.delete(spread);
    const { attempts, confirmed, onlyInMemory } = spread;
    const isNeeded = onlyInMemory ? attempts.length > 0 || confirmed.length === 0 : attempts.some(isOwn);
    if (!isNeeded) this.#dropBody(spread);
    if (idle !== spread.idle) {
      spread.idle = idle;
      this.#tell(spread);
    }
    this.#forgetIfDone(spread);
  }

  /**
   * Chooses the devices for the chunk's next copies. While the uplink is saturated, copies that make chunks
   * safe go first, to the device with the shortest queue; further copies wait for a holder that can relay them.
   */
  #next(spread: Spread): DeviceId[] {
    const missing = this.#choice.missing(spread);
    if (missing === 0) return [];
    const devices = this.#choice.candidates(spread, this.#isStalled).slice(0, missing);
    if (!this.#lookBehind()) return devices;
    const coming = spread.confirmed.length + liveAttempts(spread);
    const urgent = copiesOf('safe', this.#parts.copiesWanted) - coming;
    const waits = urgent <= 0 && liveAttempts(spread) > 0;
    if (waits) return [];
    const isSaid = (device: DeviceId) => this.#parts.inventory.has(device, spread.id);
    const load = (device: DeviceId) => (isSaid(device) ? -1 : (this.#lanes.get(device)?.queued ?? 0));
    return devices.sort((a, b) => load(a) - load(b)).slice(0, Math.max(1, urgent));
  }

  #begin(device: DeviceId, spread: Spread): void {
    const isSaid = this.#parts.inventory.has(device, spread.id);
    const by = isSaid || !this.#lookBehind() ? undefined : this.#relays.holderFor(spread);
    spread.attempts.push({ device, stalled: false, ...(by && { by }) });
    if (isSaid) this.#ask(device, spread);
    else if (by) this.#relays.add(by, spread);
    else this.#lane(device).add(spread);
  }

  #forgetIfDone(spread: Spread): void {
    const { copiesWanted } = this.#parts;
    const done = spread.confirmed.length >= copiesWanted || spread.watchers.length === 0;
    if (!done || spread.attempts.length > 0) return;
    this.#dropBody(spread);
    this.#idle.delete(spread);
    this.#due.delete(spread);
    this.#spreads.delete(spread.id);
  }

  /**
   * The inventory says that the device has the chunk: a question costs 32 bytes, and the device's own answer
   * counts.
   */
  #ask(device: DeviceId, spread: Spread): void {
    this.#parts.have
      .ask(device, spread.id)
      .then((has) => this.#end(device, spread, has))
      .catch((error: unknown) => this.#failed(device, spread, error));
  }

  #end(device: DeviceId, spread: Spread, confirmed: boolean): void {
    const wasRelayed = spread.attempts.some((attempt) => attempt.device === device && !isOwn(attempt));
    if (wasRelayed && !confirmed) spread.relayRefused = true;
    spread.attempts = spread.attempts.filter((attempt) => attempt.device !== device);
    if (confirmed && !spread.confirmed.includes(device)) {
      spread.confirmed.push(device);
      this.#tell(spread);
    }
    this.#decide(spread);
    if (!this.#lookBehind()) this.#relays.giveBack(behindChunks);
  }

  readonly #isStalled = (device: DeviceId) => this.#lanes.get(device)?.isStalled ?? false;

  #lane(device: DeviceId): PushLane<Spread> {
    const known = this.#lanes.get(device);
    if (known) return known;
    const lane = new PushLane<Spread>(device, this.#laneParts());
    this.#lanes.set(device, lane);
    return lane;
  }

  #laneParts(): PushLaneParts<Spread> {
    return {
      clock: this.#parts.clock,
      stallMs: this.#parts.stallMs,
      push: (device, spread) => this.#push(device, spread),
      done: (device, spread, answer) => this.#pushed(device, spread, answer),
      failed: (device, spread, error) => this.#failed(device, spread, error),
      stalled: (device, underWay, queued) => this.#stalled(device, underWay, queued),
      recovered: () => this.#reconsider(),
    };
  }

  async #push(device: DeviceId, spread: Spread): Promise<PutAnswer | null> {
    const { transport, inventory, have, copiesWanted } = this.#parts;
    if (spread.confirmed.length >= copiesWanted) return null;
    const { signal } = this.#stopping;
    // Another device gave it the chunk while it waited here.
    if (inventory.has(device, spread.id) && (await have.ask(device, spread.id))) return 'present';
    if (spread.body) return pushChunk(transport, device, spread.body, signal);
    const release = await this.#reads.take(signal);
    try {
      const body = await this.#readBody(spread, signal);
      if (body === undefined) return null;
      const answer = await pushChunk(transport, device, body, signal);
      releasePut(body);
      return answer;
    } finally {
      release();
    }
  }

  /** undefined when the copy here is bad or gone: it then is no copy. */
  async #readBody(spread: Spread, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { store, log, self } = this.#parts;
    try {
      return await readForPut(store, spread.id, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn({ error, chunk: spread.id }, 'A chunk could not be read for pushing');
      spread.unreadable = true;
      spread.confirmed = spread.confirmed.filter((device) => device !== self);
      this.#tell(spread);
      return undefined;
    }
  }

  /** A device that had the chunk reports that it lost it. */
  #lost(device: DeviceId, spread: Spread): void {
    if (this.#spreads.get(spread.id) !== spread) return;
    spread.confirmed = spread.confirmed.filter((one) => one !== device);
    this.#tell(spread);
    this.#decide(spread);
  }

  #pushed(device: DeviceId, spread: Spread, answer: PutAnswer | null): void {
    const stored = answer === 'stored' || answer === 'present';
    if (stored) this.#parts.inventory.set(device, idKey(spread.id), true);
    if (answer === 'full') {
      this.#parts.peers.declined(device);
      this.#takeBack(device, this.#lanes.get(device)?.drain() ?? []);
    }
    this.#end(device, spread, stored);
  }

  #failed(device: DeviceId, spread: Spread, error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    const { log, peers } = this.#parts;
    log.debug({ error, device, chunk: spread.id }, 'A chunk could not be pushed');
    spread.pushFailed = true;
    if (isRefusal(error)) spread.refused.push(device);
    // The next push reads the bytes from the disk, with a check.
    if (isPeerstorError(error, 'chunk-corrupt') && !spread.onlyInMemory) this.#dropBody(spread);
    peers.failed(device);
    if (peers.isResting(device)) this.#takeBack(device, this.#lanes.get(device)?.drain() ?? []);
    this.#end(device, spread, false);
  }

  #stalled(device: DeviceId, underWay: readonly Spread[], queued: readonly Spread[]): void {
    this.#parts.peers.failed(device);
    for (const spread of underWay) {
      for (const attempt of spread.attempts) if (attempt.device === device) attempt.stalled = true;
    }
    this.#takeBack(device, queued);
    this.#decideLater(underWay);
    this.#relays.reconsider();
  }

  /** Takes back chunks that were queued for a device, and chooses other devices for them. */
  #takeBack(device: DeviceId, queued: readonly Spread[]): void {
    for (const spread of queued) {
      spread.attempts = spread.attempts.filter((attempt) => attempt.device !== device);
    }
    this.#decideLater(queued);
  }

  /** A device connected, disconnected, or may be asked again. */
  #reconsider(): void {
    for (const [device, lane] of this.#lanes) {
      if (!this.#parts.peers.isConnected(device)) this.#takeBack(device, lane.drain());
    }
    this.#relays.reconsider();
    this.#decideLater(this.#idle);
  }

  #decideLater(spreads: Iterable<Spread>): void {
    for (const spread of spreads) this.#due.add(spread);
    if (this.#deciding || this.#due.size === 0) return;
    this.#deciding = true;
    this.#parts.clock.after(0, () => {
      this.#deciding = false;
      let left = decisionsPerTurn;
      for (const spread of this.#due) {
        if (left-- === 0) break;
        this.#due.delete(spread);
        this.#decide(spread);
      }
      this.#decideLater([]);
    });
  }

  #tell(spread: Spread): void {
    for (const watcher of spread.watchers) watcher.changed(spread);
  }
}

/** Of memory that the bytes keep from others. */
function heldBytes(bytes: Uint8Array): number {
  return chunkBuffers.isLent(bytes) ? chunkBufferBytes : bytes.length;
}

/** True when the device will never take this chunk, however often it is asked. */
function isRefusal(error: unknown): boolean {
  return isPeerstorError(error) && error.status >= 400 && error.status < 500 && error.code !== 'aborted';
}
