/**
 * Gives chunks on for a device that gave them here and whose own way out is behind (`pass-lanes.ts`). Any
 * member can ask that; what it can make of it is no more than the copies that are wanted anyway.
 */
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import { idKey } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { ChunkId, DeviceId } from '../../model/ids.ts';
import { releaseMemory } from '../../model/memory.ts';
import { Slots } from '../database/slots.ts';
import type { Have } from '../inventory/have.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Members } from '../peers/members.ts';
import { pushChunk, readForPut } from '../transfer/push.ts';
import { type PutAnswer, readPass, writePutAnswer } from '../wire.ts';

/** For all who ask together: each is a chunk in memory. */
const passedAtOnce = 8;

export interface PassOnParts {
  self: DeviceId;
  transport: Transport;
  store: ChunkStore;
  inventory: Inventory;
  members: Members;
  have: Have;
  copiesWanted: number;
}

export class RelayServer {
  readonly #parts: PassOnParts;
  readonly #slots = new Slots(passedAtOnce);
  readonly #passing = new Set<ChunkId>();

  constructor(parts: PassOnParts) {
    this.#parts = parts;
  }

  register(): void {
    this.#parts.transport.handle('chunk/pass', async (_from, body, signal) =>
      writePutAnswer(await this.#pass(readPass(body), signal)),
    );
  }

  /** True while the chunk is being given on: nobody here gives it to anybody else meanwhile. */
  isRelaying(id: ChunkId): boolean {
    return this.#passing.has(id);
  }

  /** @returns what the device answered @throws `not-a-member`, `forbidden`, `chunk-missing`, `peer-unreachable` … */
  async #pass({ id, device }: { id: ChunkId; device: DeviceId }, signal: AbortSignal): Promise<PutAnswer> {
    const { self, members } = this.#parts;
    if (device === self || !members.find(device)) {
      throw new PeerstorError('not-a-member', 'A chunk is only given on to another device of the network.');
    }
    const release = await this.#slots.take(signal);
    try {
      if (this.#passing.has(id)) return 'busy';
      this.#passing.add(id);
      return await this.#give(id, device, signal).finally(() => this.#passing.delete(id));
    } finally {
      release();
    }
  }

  async #give(id: ChunkId, device: DeviceId, signal: AbortSignal): Promise<PutAnswer> {
    const { transport, store, inventory, have } = this.#parts;
    if (await have.ask(device, id)) return 'present';
    if (this.#isEnough(id)) {
      throw new PeerstorError(
        'forbidden',
        'The chunk has all copies that are wanted of it: none is given on.',
      );
    }
    const body = await readForPut(store, id, signal);
    const answer = await pushChunk(transport, device, body, signal);
    releaseMemory(body);
    if (answer === 'stored' || answer === 'present') inventory.set(device, idKey(id), true);
    return answer;
  }

  /** Copies that are off are no help to whoever asks. */
  #isEnough(id: ChunkId): boolean {
    const { self, transport, inventory, copiesWanted } = this.#parts;
    const there = inventory
      .holdersOf(id)
      .filter((device) => device === self || transport.isConnected(device));
    return there.length >= copiesWanted;
  }
}
