/**
 * What is known of this device's chunks without touching a volume. The index is never the only copy
 * (I7): every row can be made again from the segments, which is why rows are written without a sync.
 * The rescan that follows an unclean stop finds lost rows.
 *
 * Keys: 'c' ‖ id → chunk, 't' ‖ id → chunk in the trash, 'v' ‖ path → volume last seen there,
 * 's' → state left by a clean stop, 'r' → Unix ms of the last recount, 'y' → nothing: written
 * with a sync, it makes the rows before it durable.
 */
import {
  afterPrefix,
  idKey,
  idOfKey,
  type OrderedStore,
  pagesOf,
} from '../../model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { ChunkId, DeviceId, VolumeId } from '../../model/ids.ts';
import { chunkId, deviceId, volumeId } from '../../model/ids.ts';
import { SharedRun } from '../locks/shared-run.ts';
import type { ChunkRow, TrashRow } from './chunk-rows.ts';
import { decodeRow, decodeTrashRow, encodeRow, encodeTrashRow } from './chunk-rows.ts';
import { type SavedCounts, type VolumeCount, VolumeCounts } from './volume-counts.ts';

/** The volume that was last seen at a path. */
export interface KnownVolume {
  id: VolumeId;
  /** The root of a mounted file system: an empty folder at its path is then no volume. */
  mountPoint: boolean;
  /** The owner in its marker when this device last used it: the id that this device had then. */
  owner: DeviceId;
  /** It came with chunks of another device, and they have not all been hashed yet. */
  unverified?: boolean;
}

interface CleanState {
  counts: SavedCounts;
  /** Volumes that must be compared with their segments at the next start. */
  due: VolumeId[];
}

const chunkPrefix = 'c';
const trashPrefix = 't';
const volumePrefix = 'v';
const stateKey = 's';
const recountKey = 'r';
const syncKey = 'y';
const pageRows = 256;
/** At a start that counts them all; a page takes an iterator. */
const countedRows = 4096;
/** Of 'c' and 't' keys: the prefix and 32 bytes. */
const rowKeyLength = 33;

type Change = { key: string; value: Uint8Array | null };

export class ChunkIndex {
  readonly #store: OrderedStore;
  readonly #onDamage: () => void;
  readonly #counts = new VolumeCounts();
  #damaged = false;
  #gathered: Change[] = [];
  readonly #flush = new SharedRun(() => {
    const changes = this.#gathered;
    this.#gathered = [];
    return this.#store.batch(changes);
  });

  /** @param onDamage called after a damaged row was dropped: the segments must be compared again */
  constructor(store: OrderedStore, onDamage: () => void) {
    this.#store = store;
    this.#onDamage = onDamage;
  }

  /**
   * Begins a run: from now until `end` the index counts as unclean.
   * @returns whether the last run ended cleanly, and which volumes it left to be compared; new is an
   * index that knows no chunk and no earlier run: it may have been lost
   */
  async begin(): Promise<{ clean: boolean; due: VolumeId[]; isNew: boolean }> {
    const state = this.#cleanState();
    await this.#store.batch([{ key: stateKey, value: null }], { sync: true });
    this.#counts.clear();
    this.#damaged = false;
    if (state === undefined) {
      for (const [prefix, part] of [
        [chunkPrefix, 'chunk'],
        [trashPrefix, 'trash'],
      ] as const) {
        for await (const page of this.#pages(prefix, afterPrefix(prefix), countedRows))
          for (const [, value] of page) this.#counts.add(value, part);
      }
      return { clean: false, due: [], isNew: this.#counts.isEmpty };
    }
    this.#counts.load(state.counts);
    return { clean: true, due: state.due, isNew: false };
  }

  /** Ends a run cleanly, unless rows were damaged or not written; everything written before is durable with it. */
  async end(due: VolumeId[]): Promise<void> {
    // The counts cannot be trusted either: the next start must count again.
    if (this.#damaged) return;
    const state: CleanState = { counts: this.#counts.save(), due };
    const value = Buffer.from(JSON.stringify(state));
    await this.#store.batch([{ key: stateKey, value }], { sync: true });
  }

  chunk(id: ChunkId): ChunkRow | undefined {
    const value = this.#get(chunkPrefix + idKey(id));
    return value === undefined ? undefined : decodeRow(value);
  }

  trashed(id: ChunkId): TrashRow | undefined {
    const value = this.#get(trashPrefix + idKey(id));
    return value === undefined ? undefined : decodeTrashRow(value);
  }

  count(volume: VolumeId): Readonly<VolumeCount> {
    return this.#counts.of(volume);
  }

  /** Bytes of a segment's records that are held or in the trash, with their heads. */
  liveBytes(volume: VolumeId, segment: number): number {
    return this.#counts.liveBytes(volume, segment);
  }

  /**
   * Writes what is now known of a chunk; counts change at once, rows when it resolves. The caller
   * holds the lock of the id. A part that is left out stays as it is.
   */
  async set(id: ChunkId, now: { chunk?: ChunkRow | null; trash?: TrashRow | null }): Promise<void> {
    const before = { chunk: this.chunk(id), trash: this.trashed(id) };
    const after = {
      chunk: now.chunk === undefined ? before.chunk : (now.chunk ?? undefined),
      trash: now.trash === undefined ? before.trash : (now.trash ?? undefined),
    };
    if (after.chunk !== before.chunk) {
      const value = after.chunk === undefined ? null : encodeRow(after.chunk);
      this.#gathered.push({ key: chunkPrefix + idKey(id), value });
    }
    if (after.trash !== before.trash) {
      const value = after.trash === undefined ? null : encodeTrashRow(after.trash);
      this.#gathered.push({ key: trashPrefix + idKey(id), value });
    }
    this.#counts.change(before, -1);
    this.#counts.change(after, 1);
    try {
      await this.#flush.run();
    } catch (error) {
      // Whether the rows were written is not known now: the next start looks at the segments.
      this.#damaged = true;
      this.#counts.change(after, -1);
      this.#counts.change(before, 1);
      throw error;
    }
  }

  /** Chunks in id order, page by page; @param options.branch only those whose id begins with these two digits */
  async *chunks(
    options: { after?: ChunkId | undefined; branch?: string } = {},
  ): AsyncIterable<ChunkRow & { id: ChunkId }> {
    const prefix = chunkPrefix + (options.branch === undefined ? '' : idKey(options.branch));
    const start = options.after === undefined ? prefix : `${chunkPrefix}${idKey(options.after)}\0`;
    for await (const [id, value] of this.#rows(start, afterRows(prefix))) yield { id, ...decodeRow(value) };
  }

  /** Chunks in the trash in id order. */
  async *trash(): AsyncIterable<TrashRow & { id: ChunkId }> {
    for await (const [id, value] of this.#rows(trashPrefix, afterPrefix(trashPrefix))) {
      yield { id, ...decodeTrashRow(value) };
    }
  }

  /** Makes every row written so far survive a power cut. */
  async sync(): Promise<void> {
    await this.#store.batch([{ key: syncKey, value: new Uint8Array(0) }], { sync: true });
  }

  knownAt(path: string): KnownVolume | undefined {
    const value = this.#get(volumeKey(path));
    if (value === undefined) return undefined;
    const known: unknown = JSON.parse(Buffer.from(value).toString('utf8'));
    if (typeof known !== 'object' || known === null || !('id' in known) || !('owner' in known))
      return undefined;
    const flag = (name: 'mountPoint' | 'unverified') => (known as Record<string, unknown>)[name] === true;
    return {
      id: volumeId(String(known.id)),
      owner: deviceId(String(known.owner)),
      mountPoint: flag('mountPoint'),
      ...(flag('unverified') && { unverified: true }),
    };
  }

  /** The folder is lent no more. */
  async forget(path: string): Promise<void> {
    await this.#store.batch([{ key: volumeKey(path), value: null }], { sync: true });
  }

  async remember(path: string, known: KnownVolume): Promise<void> {
    const value = Buffer.from(JSON.stringify(known));
    await this.#store.batch([{ key: volumeKey(path), value }], { sync: true });
  }

  /** When all files were last compared with the index because it was time; Unix ms. */
  recountedAtMs(): number | undefined {
    const value = this.#get(recountKey);
    const atMs = value === undefined ? Number.NaN : Number(Buffer.from(value).toString('utf8'));
    return Number.isFinite(atMs) ? atMs : undefined;
  }

  async recounted(atMs: number): Promise<void> {
    await this.#store.batch([{ key: recountKey, value: Buffer.from(String(atMs)) }]);
  }

  #cleanState(): CleanState | undefined {
    const value = this.#get(stateKey);
    return value === undefined ? undefined : JSON.parse(Buffer.from(value).toString('utf8'));
  }

  /** A damaged value counts as none: what it said is found again in the segments. */
  #get(key: string): Uint8Array | undefined {
    try {
      return this.#store.get(key);
    } catch (error) {
      if (!isPeerstorError(error, 'index-corrupt')) throw error;
      this.#damaged = true;
      this.#gathered.push({ key, value: null });
      void this.#flush.run().then(this.#onDamage, this.#onDamage);
      return undefined;
    }
  }

  async *#rows(start: string, end: string): AsyncIterable<[id: ChunkId, value: Uint8Array]> {
    for await (const page of this.#pages(start, end, pageRows))
      for (const [key, value] of page) yield [chunkId(idOfKey(key.slice(1))), value];
  }

  async *#pages(
    start: string,
    end: string,
    limit: number,
  ): AsyncIterable<(readonly [key: string, value: Uint8Array])[]> {
    for (let gte = start; ; ) {
      const page: (readonly [string, Uint8Array])[] = [];
      try {
        for await (const rows of pagesOf(this.#store, { gte, lt: end, limit }))
          for (const row of rows) page.push(row);
      } catch (error) {
        await this.#dropDamaged(error);
        continue;
      }
      yield page;
      const last = page.at(-1);
      if (last === undefined || page.length < limit) return;
      gte = `${last[0]}\0`;
    }
  }

  /** Drops the row that the error names, so that one bad row does not hide all the others. */
  async #dropDamaged(error: unknown): Promise<void> {
    const key = isPeerstorError(error, 'index-corrupt') ? error.details.key : undefined;
    // The name may carry the prefix of a room that shares its database; row keys have one length.
    const own = typeof key === 'string' ? key.slice(-rowKeyLength) : '';
    if (own.length !== rowKeyLength || !(own[0] === chunkPrefix || own[0] === trashPrefix)) throw error;
    this.#damaged = true;
    await this.#store.batch([{ key: own, value: null }]);
    this.#onDamage();
  }
}

/** The end of the rows that begin with `prefix`, whose last byte may be 0xff. */
function afterRows(prefix: string): string {
  return afterPrefix(prefix.endsWith('\xff') ? prefix.slice(0, -1) : prefix);
}

/** Paths may hold any character, keys only bytes. */
function volumeKey(path: string): string {
  return volumePrefix + Buffer.from(path, 'utf8').toString('latin1');
}
