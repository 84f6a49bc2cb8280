/**
 * Relays chunks for an uploader whose uplink is saturated (`relay-client.ts`): this device pushes a chunk that
 * it holds to a third device. Any member can ask for it; a malicious one gains no more than the copies that are
 * wanted anyway.
 */
import { Semaphore } from '../../concurrency/index.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import { idKey } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { ChunkId, DeviceId } from '../../model/ids.ts';
import type { Have } from '../inventory/have.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Members } from '../peers/members.ts';
import { pushChunk, readForPut, releasePut } from '../transfer/push.ts';
import { type PutAnswer, readRelay, writePutAnswer } from '../wire.ts';

/** For all askers together: each relayed chunk is in memory. */
const relayedAtOnce = 8;

export interface RelayServerParts {
  self: DeviceId;
  transport: Transport;
  store: ChunkStore;
  inventory: Inventory;
  members: Members;
  have: Have;
  copiesWanted: number;
}

export class RelayServer {
  readonly #parts: RelayServerParts;
  readonly #slots = new Semaphore(relayedAtOnce);
  readonly #relaying = new Set<ChunkId>();

  constructor(parts: RelayServerParts) {
    this.#parts = parts;
  }

  register(): void {
    this.#parts.transport.handle('chunk/relay', async (_from, body, signal) =>
      writePutAnswer(await this.#relay(readRelay(body), signal)),
    );
  }

  /** True while the chunk is being relayed: this device pushes it to no other device meanwhile. */
  isRelaying(id: ChunkId): boolean {
    return this.#relaying.has(id);
  }

  /** @returns the target's answer @throws `not-a-member`, `forbidden`, `chunk-missing`, `peer-unreachable` … */
  async #relay({ id, device }: { id: ChunkId; device: DeviceId }, signal: AbortSignal): Promise<PutAnswer> {
    const { self, members } = this.#parts;
    if (device === self || !members.find(device)) {
      throw new PeerstorError('not-a-member', 'A chunk is relayed only to another device of the network.');
    }
    const release = await this.#slots.take(signal);
    try {
      if (this.#relaying.has(id)) return 'busy';
      this.#relaying.add(id);
      return await this.#give(id, device, signal).finally(() => this.#relaying.delete(id));
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
    releasePut(body);
    if (answer === 'stored' || answer === 'present') inventory.set(device, idKey(id), true);
    return answer;
  }

  /** Copies on devices that are off do not help the asker. */
  #isEnough(id: ChunkId): boolean {
    const { self, transport, inventory, copiesWanted } = this.#parts;
    const there = inventory
      .holdersOf(id)
      .filter((device) => device === self || transport.isConnected(device));
    return there.length >= copiesWanted;
  }
}
