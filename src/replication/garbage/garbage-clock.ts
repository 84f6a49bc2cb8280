/**
 * Records since when each chunk of this device has been garbage. Every put and every "have it?" passes through
 * here: both restart the chunk's clock before the store is asked, so a sweep that checks the clock under the
 * store's lock of that id cannot miss the restart (I4).
 *
 * The rows are an index (I7): when they are lost all clocks start again. Times are the device's count of elapsed
 * time (`Clock.elapsedMs`), so a wall clock that is wrong cannot end a grace.
 */
import type { Clock } from '../../model/clock.ts';
import type { ChunkStore, PutOptions, PutOutcome } from '../../model/contracts/chunk-store.ts';
import { afterPrefix, idKey, idOfKey } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type ChunkId, chunkId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { ChunkKey } from '../database/bucket-digest.ts';
import type { WriteBehind } from '../database/write-behind.ts';
import type { NeedChange, ReferenceIndex } from '../references/reference-index.ts';
import type { WrittenManifests } from '../references/written-manifests.ts';
import type { Garbage, GarbageCause } from './garbage-plan.ts';

/** g ‖ chunk → elapsed ms, double ‖ cause u8 */
const rowPrefix = 'g';
const causes: readonly GarbageCause[] = ['deleted', 'unlisted', 'found'];

export interface GarbageClockParts {
  store: ChunkStore;
  references: ReferenceIndex;
  /** Told of each chunk that was stored. */
  written: WrittenManifests;
  index: WriteBehind;
  clock: Clock;
  log: Log;
}

export class GarbageClock {
  readonly #parts: GarbageClockParts;
  #stopListening: (() => void)[] = [];

  constructor(parts: GarbageClockParts) {
    this.#parts = parts;
  }

  start(): void {
    const { store, references } = this.#parts;
    this.#stopListening = [
      references.onChange((change) => this.#needChanged(change)),
      store.onChange((change) => {
        // A missing volume comes back with its garbage.
        if (change.kind === 'lost' && change.reason !== 'missing') this.forget(idKey(change.id));
      }),
    ];
  }

  stop(): void {
    for (const stop of this.#stopListening) stop();
    this.#stopListening = [];
  }

  /** As `ChunkStore.put`. */
  async put(id: ChunkId, bytes: Uint8Array, options?: PutOptions): Promise<PutOutcome> {
    this.#restart(idKey(id));
    const outcome = await this.#parts.store.put(id, bytes, options);
    if (outcome === 'stored') this.#parts.written.note(id, bytes);
    this.#arrived(idKey(id));
    return outcome;
  }

  /** As `ChunkStore.touch`: a peer that hears that a chunk is here may rely on it. */
  async touch(id: ChunkId): Promise<boolean> {
    this.#restart(idKey(id));
    const isHere = await this.#parts.store.touch(id);
    if (isHere) this.#arrived(idKey(id));
    return isHere;
  }

  /** Starts the clock of an unreferenced chunk unless it runs already; stops the clock of a referenced one. */
  observe(key: ChunkKey): void {
    if (this.#parts.references.needOf(key)) return this.forget(key);
    const row = this.of(key);
    // The count was lost since the row was written, and began again.
    if (!row || row.sinceMs > this.#parts.clock.elapsedMs()) this.#write(key, row?.cause ?? 'found');
  }

  /** undefined while the chunk is referenced or was not observed yet: it must not be swept then. */
  of(key: ChunkKey): Garbage | undefined {
    const { index, log } = this.#parts;
    try {
      const row = index.get(rowPrefix + key);
      return row && readRow(row);
    } catch (error) {
      if (!isPeerstorError(error, 'index-corrupt')) throw error;
      log.warn({ error }, 'A time of garbage was damaged; it starts again');
      index.set(rowPrefix + key, null);
      return undefined;
    }
  }

  forget(key: ChunkKey): void {
    if (this.of(key)) this.#parts.index.set(rowPrefix + key, null);
  }

  /** Yields all garbage in key order, in pages. */
  async *pages(): AsyncIterable<{ key: ChunkKey; garbage: Garbage }[]> {
    for await (const page of this.#parts.index.pages(rowPrefix, afterPrefix(rowPrefix))) {
      yield page.map(([key, row]) => ({ key: key.slice(1), garbage: readRow(row) }));
    }
  }

  #needChanged({ key, needed, wasDeleted }: NeedChange): void {
    const { store, log } = this.#parts;
    const id = chunkId(idOfKey(key));
    if (!needed) {
      if (store.has(id)) this.#write(key, wasDeleted ? 'deleted' : 'found');
      return;
    }
    this.forget(key);
    if (store.has(id)) return;
    // The chunk may be in the trash: a device that was away may reference a chunk that the others gave up.
    store.touch(id).catch((error: unknown) => {
      log.debug({ error, chunk: id }, 'A chunk that is needed again could not be looked for in the trash');
    });
  }

  #restart(key: ChunkKey): void {
    const row = this.of(key);
    if (row) this.#write(key, row.cause);
  }

  #arrived(key: ChunkKey): void {
    if (!this.of(key) && !this.#parts.references.needOf(key)) this.#write(key, 'unlisted');
  }

  #write(key: ChunkKey, cause: GarbageCause): void {
    const row = Buffer.alloc(9);
    row.writeDoubleBE(this.#parts.clock.elapsedMs());
    row[8] = causes.indexOf(cause);
    this.#parts.index.set(rowPrefix + key, row);
  }
}

function readRow(row: Uint8Array): Garbage {
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
  return { sinceMs: bytes.readDoubleBE(), cause: causes[bytes[8] ?? 2] ?? 'found' };
}
