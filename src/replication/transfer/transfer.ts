/** Requests the bytes of chunks from other devices. */
import type { ChunkStore, GetOptions } from '../../model/contracts/chunk-store.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { ChunkId } from '../../model/ids.ts';
import { Fetch, type FetchParts } from './fetch.ts';

export interface TransferParts extends FetchParts {
  store: ChunkStore;
}

/** A fetch in progress, shared by all its readers; it ends when the last reader leaves. */
interface Flight {
  bytes: Promise<Uint8Array>;
  readers: number;
  ending: AbortController;
}

export class Transfer {
  readonly #parts: TransferParts;
  readonly #flights = new Map<ChunkId, Flight>();
  readonly #healing = new Map<ChunkId, Promise<boolean>>();
  readonly #stopping = new AbortController();

  constructor(parts: TransferParts) {
    this.#parts = parts;
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** See `ChunkNetwork.read`. The bytes may be shared with other readers, where they are not in a kept buffer: do not change them. */
  async read(id: ChunkId, options: GetOptions = {}): Promise<Uint8Array> {
    const { store, log } = this.#parts;
    if (store.has(id)) {
      try {
        return await store.get(id, options);
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!isPeerstorError(error)) throw error;
        log.warn({ error, chunk: id }, 'The copy here cannot be read; asking other devices');
        if (error.code === 'chunk-missing' || error.code === 'chunk-corrupt') void this.heal(id);
      }
    }
    return this.fetch(id, options.signal);
  }

  /** See `ChunkNetwork.reportCorruptLocal`. */
  async reportCorruptLocal(id: ChunkId): Promise<void> {
    await this.#parts.store.reportCorrupt(id);
    void this.heal(id);
  }

  /** The bytes of a chunk from another device. */
  async fetch(id: ChunkId, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    const flight = this.#flights.get(id) ?? this.#take(id);
    flight.readers += 1;
    try {
      return await untilAborted(flight.bytes, signal);
    } finally {
      flight.readers -= 1;
      if (flight.readers === 0) flight.ending.abort();
    }
  }

  #take(id: ChunkId): Flight {
    const ending = new AbortController();
    const signal = AbortSignal.any([ending.signal, this.#stopping.signal]);
    const bytes = new Fetch(id, this.#parts).run(signal).finally(() => {
      if (this.#flights.get(id) === flight) this.#flights.delete(id);
    });
    // Every reader is told of a failure; when the last reader left, nobody needs to be.
    bytes.catch(() => undefined);
    const flight: Flight = { bytes, readers: 0, ending };
    ending.signal.addEventListener('abort', () => {
      if (this.#flights.get(id) === flight) this.#flights.delete(id);
    });
    this.#flights.set(id, flight);
    return flight;
  }

  /**
   * The copy here was bad or gone: fetches another one, so that the count of copies stays true. Never rejects.
   * @returns whether the chunk is here again
   */
  heal(id: ChunkId): Promise<boolean> {
    const known = this.#healing.get(id);
    if (known) return known;
    const healing = this.#replace(id).finally(() => this.#healing.delete(id));
    this.#healing.set(id, healing);
    return healing;
  }

  async #replace(id: ChunkId): Promise<boolean> {
    const { store, log } = this.#parts;
    try {
      await store.put(id, await this.fetch(id), { trusted: true });
      log.info({ chunk: id }, 'A bad copy was replaced by one from another device');
      return true;
    } catch (error) {
      log.warn({ error, chunk: id }, 'A bad copy could not be replaced yet');
      return false;
    }
  }
}

function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
