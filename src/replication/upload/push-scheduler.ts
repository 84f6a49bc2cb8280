/** Brings new chunks to the devices that should have them, as `spread-choice.ts` says which. */
import type { Clock } from '../../model/clock.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import { idKey } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { ChunkId, DeviceId } from '../../model/ids.ts';
import { pushBytesInMemoryMax, sealedChunkBytesMax } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import { releaseMemory } from '../../model/memory.ts';
import { copiesOf } from '../../model/safety.ts';
import { Slots } from '../database/slots.ts';
import type { Have } from '../inventory/have.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Members } from '../peers/members.ts';
import type { Peers } from '../peers/peers.ts';
import { pushChunk, readForPut } from '../transfer/push.ts';
import { type PutAnswer, writePut } from '../wire.ts';
import { PushLane, type PushLaneParts } from './push-lane.ts';
import { RelayClient } from './relay-client.ts';
import { isOwn, liveAttempts, newSpread, type Spread, type SpreadWatcher } from './spread.ts';
import { SpreadChoice } from './spread-choice.ts';

/**
 * Chunks followed at once, about 40 MiB of memory: a backlog of 50 GB. What comes on top is stored
 * here and left to catch-up.
 */
const spreadsMax = 100_000;
/** With so many pushes waiting or under way, about 2 MiB, this device's way out is behind, until none is. */
const behindChunks = 4;
/** Chunks decided on in one turn of the event loop. */
const decisionsPerTurn = 256;

export interface SpreaderParts {
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
  /** The chunk is being given on for another device. */
  isRelaying(id: ChunkId): boolean;
}

export class PushScheduler {
  readonly #parts: SpreaderParts;
  readonly #choice: SpreadChoice;
  readonly #spreads = new Map<ChunkId, Spread>();
  /** Fewer copies than wanted and nobody under way: looked at again when a device may take one. */
  readonly #idle = new Set<Spread>();
  readonly #due = new Set<Spread>();
  readonly #lanes = new Map<DeviceId, PushLane<Spread>>();
  readonly #passes: RelayClient;
  readonly #stopping = new AbortController();
  /** Bodies read again from the disk, all peers together. */
  readonly #reads = new Slots(Math.floor(pushBytesInMemoryMax / sealedChunkBytesMax));
  #bytesInMemory = 0;
  #deciding = false;
  #isBehind = false;
  #stopListening: (() => void)[] = [];

  constructor(parts: SpreaderParts) {
    this.#parts = parts;
    this.#choice = new SpreadChoice(parts);
    this.#passes = new RelayClient({
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
    this.#passes.stop();
  }

  /** Chunks that wait for a push, and pushes under way; those that others were asked for too. */
  load(): { queued: number; active: number } {
    const passes = this.#passes;
    const active = this.#sum((lane) => lane.underWay) + passes.underWay;
    return { queued: this.#sum((lane) => lane.queued) + passes.queued, active };
  }

  #lookBehind(): boolean {
    const load = this.#sum((lane) => lane.queued + lane.underWay);
    this.#isBehind = load >= behindChunks || (load > 0 && this.#isBehind);
    return this.#isBehind;
  }

  #sum(count: (lane: PushLane<Spread>) => number): number {
    return [...this.#lanes.values()].reduce((total, lane) => total + count(lane), 0);
  }

  /** True while some device is under way with the chunk. */
  isBusy(id: ChunkId): boolean {
    return (this.#spreads.get(id)?.attempts.length ?? 0) > 0 || this.#parts.isRelaying(id);
  }

  /**
   * Spreads a chunk, or joins in where it is being spread already.
   * @param options.storedHere false when this device could not store it: `bytes` are then kept until
   * others have it
   * @returns undefined when too many chunks are followed already
   */
  add(
    id: ChunkId,
    bytes: Uint8Array,
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
    this.#keepBody(spread, bytes);
    this.#decide(spread);
    return spread;
  }

  /** The watcher is told nothing more. What nobody watches goes on while devices take it. */
  leave(watcher: SpreadWatcher, ids: Iterable<ChunkId>): void {
    for (const id of ids) {
      const spread = this.#spreads.get(id);
      if (!spread) continue;
      spread.watchers = spread.watchers.filter((one) => one !== watcher);
      this.#forgetIfDone(spread);
    }
  }

  /** No more bytes are kept for pushing than these; further ones are read from the disk again. */
  get isMemoryFull(): boolean {
    return this.#bytesInMemory > pushBytesInMemoryMax;
  }

  #keepBody(spread: Spread, bytes: Uint8Array): void {
    if (spread.body) return;
    const fits = this.#bytesInMemory + bytes.length <= pushBytesInMemoryMax;
    if (!spread.onlyInMemory && !(fits && this.#choice.candidates(spread, this.#isStalled).length > 0))
      return;
    spread.body = writePut(spread.id, bytes);
    this.#bytesInMemory += spread.body.length;
  }

  #dropBody(spread: Spread): void {
    if (!spread.body) return;
    this.#bytesInMemory -= spread.body.length;
    // A push that failed may have left it in a queue that is still being written.
    if (!spread.attempts.some(isOwn) && !spread.pushFailed) releaseMemory(spread.body);
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
   * Who shall be given the chunk now. While this device's way out is behind, what makes chunks safe goes
   * first, to whoever waits least; further copies wait for the holder that can give them on.
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
    const by = isSaid || !this.#lookBehind() ? undefined : this.#passes.holderFor(spread);
    spread.attempts.push({ device, stalled: false, ...(by && { by }) });
    if (isSaid) this.#ask(device, spread);
    else if (by) this.#passes.add(by, spread);
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

  /** The inventory says that the device has it: its own word counts, and costs 32 bytes. */
  #ask(device: DeviceId, spread: Spread): void {
    this.#parts.have
      .ask(device, spread.id)
      .then((has) => this.#end(device, spread, has))
      .catch((error: unknown) => this.#failed(device, spread, error));
  }

  #end(device: DeviceId, spread: Spread, confirmed: boolean): void {
    const wasPassed = spread.attempts.some((attempt) => attempt.device === device && !isOwn(attempt));
    if (wasPassed && !confirmed) spread.passRefused = true;
    spread.attempts = spread.attempts.filter((attempt) => attempt.device !== device);
    if (confirmed && !spread.confirmed.includes(device)) {
      spread.confirmed.push(device);
      this.#tell(spread);
    }
    this.#decide(spread);
    if (!this.#lookBehind()) this.#passes.giveBack(behindChunks);
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
    // Somebody else gave it the chunk while it waited here.
    if (inventory.has(device, spread.id) && (await have.ask(device, spread.id))) return 'present';
    if (spread.body) return pushChunk(transport, device, spread.body, signal);
    const release = await this.#reads.take(signal);
    try {
      const body = await this.#readBody(spread, signal);
      return body ? await pushChunk(transport, device, body, signal) : null;
    } finally {
      release();
    }
  }

  /** Undefined when the copy here turns out to be bad or gone: then it is no copy. */
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

  /** A device that had it says that it has it no more. */
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
    this.#passes.reconsider();
  }

  /** Chunks that were queued for a device and go to another one instead. */
  #takeBack(device: DeviceId, queued: readonly Spread[]): void {
    for (const spread of queued) {
      spread.attempts = spread.attempts.filter((attempt) => attempt.device !== device);
    }
    this.#decideLater(queued);
  }

  /** A device came, went, or may be asked again. */
  #reconsider(): void {
    for (const [device, lane] of this.#lanes) {
      if (!this.#parts.peers.isConnected(device)) this.#takeBack(device, lane.drain());
    }
    this.#passes.reconsider();
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

/** The device will never take this chunk, however often it is asked. */
function isRefusal(error: unknown): boolean {
  return isPeerstorError(error) && error.status >= 400 && error.status < 500 && error.code !== 'aborted';
}
