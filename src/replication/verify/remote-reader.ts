/**
 * Reads chunks from other devices only, ignoring the copies here: for the restore drill. Each device is tested
 * against its claims: a device that claims a chunk and does not send it loses its credit.
 */
import { Semaphore } from '../../concurrency/index.ts';
import { matchesId } from '../../crypto/index.ts';
import type { Random } from '../../model/clock.ts';
import { idKey } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type ChunkId, type DeviceId, shortId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { Have } from '../inventory/have.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Peers } from '../peers/peers.ts';
import { writeIds } from '../wire.ts';
import { leastReadFirst } from './drill-plan.ts';

/** Few, so that a person's request gets the link soon. */
const readsAtOnce = 2;
const answerPatienceMs = 60_000;

export interface RemoteReaderParts {
  self: DeviceId;
  transport: Transport;
  inventory: Inventory;
  peers: Peers;
  have: Have;
  random: Random;
  log: Log;
  /** A device did not send a chunk that it claims. */
  suspect(device: DeviceId): void;
}

export class RemoteReader {
  readonly #parts: RemoteReaderParts;
  readonly #pace: (signal: AbortSignal) => Promise<void>;
  readonly #slots = new Semaphore(readsAtOnce);
  readonly #givenBytes = new Map<DeviceId, number>();
  #badCopies = 0;

  /** @param pace waited for before each chunk */
  constructor(parts: RemoteReaderParts, pace: (signal: AbortSignal) => Promise<void>) {
    this.#parts = parts;
    this.#pace = pace;
  }

  /** Copies that were claimed and not sent. */
  get badCopies(): number {
    return this.#badCopies;
  }

  /**
   * @returns bytes that hash to the id (I3)
   * @throws `chunk-missing` when connected devices claimed it and none of them sent it; `peer-unreachable` when
   * no device could be asked, or none answered: no conclusion is drawn from that
   */
  async read(id: ChunkId, signal: AbortSignal): Promise<Uint8Array> {
    const release = await this.#slots.take(signal);
    try {
      await this.#pace(signal);
      return await this.#read(id, signal);
    } finally {
      release();
    }
  }

  async #read(id: ChunkId, signal: AbortSignal): Promise<Uint8Array> {
    const { inventory, peers, random } = this.#parts;
    if (this.#holders(id).length === 0) await this.#askAround(id);
    // A doubted device is asked last: it may have the chunk again.
    const doubted = peers
      .connected()
      .flatMap(({ device }) => (inventory.isDoubted(device, idKey(id)) ? [device] : []));
    const asked = [...leastReadFirst(this.#holders(id), this.#givenBytes, random), ...doubted];
    let lied = false;
    for (const device of asked) {
      const answer = await this.#ask(device, id, signal);
      if (answer instanceof Uint8Array) return answer;
      if (answer === 'bad') lied = true;
    }
    if (lied) {
      throw new PeerstorError(
        'chunk-missing',
        `Devices claim to have chunk ${shortId(id)}, and none of them sent it.`,
      );
    }
    throw new PeerstorError('peer-unreachable', `No other holder of chunk ${shortId(id)} answers now.`);
  }

  #holders(id: ChunkId): DeviceId[] {
    const { inventory, peers, self } = this.#parts;
    return inventory.holdersOf(id).filter((device) => device !== self && peers.isConnected(device));
  }

  /** This device may not keep the rows of a chunk, or may not have received them yet: asks all connected devices. */
  async #askAround(id: ChunkId): Promise<void> {
    const { have, peers } = this.#parts;
    await Promise.allSettled(peers.connected().map(({ device }) => have.ask(device, id)));
  }

  async #ask(device: DeviceId, id: ChunkId, signal: AbortSignal): Promise<Uint8Array | 'bad' | 'silent'> {
    const { inventory, log, transport } = this.#parts;
    try {
      const options = { lane: 'bulk', signal, timeoutMs: answerPatienceMs } as const;
      const bytes = await transport.call(device, 'chunk/get', writeIds([id]), options);
      if (await matchesId(id, bytes)) {
        inventory.believe(device, idKey(id));
        this.#givenBytes.set(device, (this.#givenBytes.get(device) ?? 0) + bytes.length);
        return bytes;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!isPeerstorError(error)) throw error;
      if (error.code !== 'chunk-missing' && error.code !== 'chunk-corrupt') {
        log.debug({ error, device, chunk: id }, 'A device did not answer a restore drill');
        return 'silent';
      }
    }
    this.#disbelieve(device, id);
    return 'bad';
  }

  #disbelieve(device: DeviceId, id: ChunkId): void {
    const { inventory, log, suspect, transport } = this.#parts;
    this.#badCopies += 1;
    inventory.disbelieve(device, idKey(id));
    transport.notify(device, 'chunk/bad', writeIds([id]));
    suspect(device);
    log.warn({ device, chunk: id }, 'A device claims a copy that it did not give to a restore drill');
  }
}
