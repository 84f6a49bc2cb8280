/**
 * The uploads of this device that go on in later requests, those of all holders. Heads are in memory, everything
 * else is in the database (I7: what is lost with it is sent again). It bounds how many there are, ends those that
 * nobody continues, and tells garbage collection and quotas of the others.
 */
import type { Clock, Timer } from '../../model/clock.ts';
import { afterPrefix, idKey, idOfKey, type OrderedStore } from '../../model/contracts/ordered-store.ts';
import type { UploadCopies, UploadCopy, UploadStates } from '../../model/contracts/uploads.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import type { UploadId, UserId } from '../../model/ids.ts';
import {
  finishedUploadsKept,
  unfinishedUploadsMax,
  unfinishedUploadsPerHolder,
  uploadPartsMax,
  uploadPartsPerHolder,
} from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import { decodeHead, encodeHead, offsetOf, type UploadHead } from './upload-rows.ts';

/** h ‖ id → head; c ‖ id ‖ u32 → chunks; t ‖ id ‖ u32 → bytes after the last cut */
const headPrefix = 'h';
const chunkPrefix = 'c';
const tailPrefix = 't';
const sweepEveryMsMin = 500;
const sweepEveryMsMax = 10 * 60_000;
const retryAfterS = 600;

export interface UploadTableParts {
  store: OrderedStore;
  clock: Clock;
  log: Log;
  expiryMs: number;
  /** Called when an upload was given up with so many bytes in it. */
  abandoned(head: UploadHead): void;
  /** What other devices keep of uploads, and tell of theirs; absent where there are none. */
  copies?(): UploadCopies | undefined;
}

/** What is written together with a new head. */
export interface UploadChange {
  /** The chunks that follow the last ones, sealed. */
  chunks?: Uint8Array;
  /** Forgets the bytes after the last cut; before `tail`. */
  dropTail?: boolean;
  /** Bytes that follow the last ones, sealed. */
  tail?: Uint8Array;
}

interface Running {
  stop(): void;
  done: Promise<unknown>;
}

export class UploadTable implements UploadStates {
  readonly #parts: UploadTableParts;
  readonly #heads = new Map<UploadId, UploadHead>();
  readonly #running = new Map<UploadId, Running>();
  /** What each upload counts against the quota of its owner, and the sums. */
  readonly #counted = new Map<UploadId, number>();
  readonly #countedOf = new Map<UserId, number>();
  readonly #listeners = new Set<(head: UploadHead) => void>();
  readonly #loaded: Promise<void>;
  #isLoaded = false;
  #timer: Timer | undefined;

  constructor(parts: UploadTableParts) {
    this.#parts = parts;
    this.#loaded = this.#load();
    this.#sweepLater();
  }

  /** @throws `not-found` for one that is unknown, over, or another holder's */
  async require(id: UploadId, holder: string): Promise<UploadHead> {
    await this.#loaded;
    const head = this.#heads.get(id);
    if (head && head.holder === holder && !this.#isOver(head)) return head;
    throw new PeerstorError('not-found', 'There is no such upload, or it is over: begin it again.');
  }

  has(id: UploadId): boolean {
    return this.#heads.has(id);
  }

  /** What other devices left here, of one upload or of all. */
  copies(id?: UploadId): readonly UploadCopy[] {
    const copies = this.#parts.copies?.();
    if (!copies) return [];
    return id === undefined ? [...copies.all()] : copies.find(id);
  }

  /** Takes over an upload that another device began. @throws `too-many-tries` as `add` */
  async adopt(head: UploadHead, rows: readonly Uint8Array[]): Promise<void> {
    if (!head.isFinished) this.#requireRoom(head);
    const changes = rows.map((value, row) => ({ key: rowKey(chunkPrefix, head.id, row), value }));
    const headChange = { key: headPrefix + idKey(head.id), value: encodeHead(head) };
    await this.#parts.store.batch([...changes, headChange], { sync: true });
    this.#heads.set(head.id, head);
    if (!head.isFinished) this.count(head.id, head.owner, offsetOf(head));
    this.#tell(head);
  }

  /** Those that another device could go on with. */
  *ids(): Iterable<UploadId> {
    for (const { id, isPart } of this.#heads.values()) if (!isPart) yield id;
  }

  headOf(id: UploadId): Uint8Array | undefined {
    const head = this.#heads.get(id);
    return head && !head.isPart ? encodeHead(head) : undefined;
  }

  rowsOf(id: UploadId): number {
    return this.#heads.get(id)?.chunkRows ?? 0;
  }

  row(id: UploadId, row: number): Uint8Array | undefined {
    return this.#parts.store.get(rowKey(chunkPrefix, id, row));
  }

  /** Those of one holder that are not finished, the newest first. */
  async unfinishedOf(holder: string): Promise<UploadHead[]> {
    await this.#loaded;
    return [...this.#heads.values()]
      .filter((head) => head.holder === holder && !head.isFinished && !this.#isOver(head))
      .sort((one, other) => other.beganMs - one.beganMs);
  }

  /** @throws `too-many-tries` when the holder, or this device, has too many that are unfinished */
  async add(head: UploadHead): Promise<void> {
    await this.#loaded;
    await this.#sweep();
    if (!this.#timer) this.#sweepLater();
    this.#requireRoom(head);
    await this.save(head, {});
  }

  #requireRoom(head: UploadHead): void {
    const unfinished = [...this.#heads.values()].filter(({ isFinished, isPart }) => !isFinished && !isPart);
    const own = unfinished.filter(({ holder }) => holder === head.holder);
    if (own.length >= unfinishedUploadsPerHolder || unfinished.length >= unfinishedUploadsMax) {
      throw new PeerstorError(
        'too-many-tries',
        'Too many uploads are unfinished: finish or cancel some first.',
        {
          details: { retryAfterS },
        },
      );
    }
  }

  /** The same of a part, with its chunks. @throws `too-many-tries` when the holder, or this device, has too many */
  async addPart(head: UploadHead, chunks: Uint8Array | undefined): Promise<void> {
    await this.#loaded;
    let all = 0;
    let own = 0;
    for (const { isPart, holder } of this.#heads.values()) {
      if (!isPart) continue;
      all += 1;
      if (holder === head.holder) own += 1;
    }
    if (own >= uploadPartsPerHolder || all >= uploadPartsMax) {
      throw new PeerstorError(
        'too-many-tries',
        'Too many parts of uploads are here: finish or cancel some first.',
        {
          details: { retryAfterS },
        },
      );
    }
    await this.save(head, chunks === undefined ? {} : { chunks });
  }

  /** Durable when it resolves (I2). The rows of `change` are numbered by the head that was there before. */
  async save(head: UploadHead, { chunks, dropTail, tail }: UploadChange): Promise<void> {
    const before = this.#heads.get(head.id) ?? { chunkRows: 0, tailRows: 0 };
    const changes: { key: string; value: Uint8Array | null }[] = [];
    if (chunks) changes.push({ key: rowKey(chunkPrefix, head.id, before.chunkRows), value: chunks });
    if (dropTail) {
      for (let row = 0; row < before.tailRows; row += 1) {
        changes.push({ key: rowKey(tailPrefix, head.id, row), value: null });
      }
    }
    // After the deletions: it may have the number of a row that goes.
    const tailRow = dropTail ? 0 : before.tailRows;
    if (tail) changes.push({ key: rowKey(tailPrefix, head.id, tailRow), value: tail });
    changes.push({ key: headPrefix + idKey(head.id), value: encodeHead(head) });
    await this.#parts.store.batch(changes, { sync: true });
    this.#heads.set(head.id, head);
    this.#tell(head);
  }

  /** Keeps the rows of chunks before `row`, which becomes `chunks` or goes. All that follow go, and the tail. */
  async cutBack(head: UploadHead, row: number, chunks: Uint8Array | null): Promise<void> {
    const before = this.#heads.get(head.id) ?? head;
    const changes: { key: string; value: Uint8Array | null }[] = [];
    for (let at = row; at < before.chunkRows; at += 1) {
      changes.push({ key: rowKey(chunkPrefix, head.id, at), value: at === row ? chunks : null });
    }
    for (let at = 0; at < before.tailRows; at += 1) {
      changes.push({ key: rowKey(tailPrefix, head.id, at), value: null });
    }
    changes.push({ key: headPrefix + idKey(head.id), value: encodeHead(head) });
    await this.#parts.store.batch(changes, { sync: true });
    this.#heads.set(head.id, head);
    this.#tell(head);
  }

  /** Rows of chunks, sealed, in order. @throws `index-corrupt` */
  *chunkRows({ id, chunkRows }: UploadHead): Generator<{ row: number; sealed: Uint8Array }> {
    yield* this.#rows(chunkPrefix, id, chunkRows);
  }

  /** The bytes after the last cut, sealed, in order. @throws `index-corrupt` */
  *tailRows({ id, tailRows }: UploadHead): Generator<{ row: number; sealed: Uint8Array }> {
    yield* this.#rows(tailPrefix, id, tailRows);
  }

  *#rows(prefix: string, id: UploadId, count: number): Generator<{ row: number; sealed: Uint8Array }> {
    for (let row = 0; row < count; row += 1) {
      const sealed = this.#parts.store.get(rowKey(prefix, id, row));
      if (!sealed) {
        throw new PeerstorError('index-corrupt', 'A part of what this device kept of an upload is missing.');
      }
      yield { row, sealed };
    }
  }

  /** Forgets an upload. Its chunks are garbage from now on, unless a file has them. */
  async remove(head: UploadHead): Promise<void> {
    this.#heads.delete(head.id);
    this.count(head.id, head.owner, 0);
    const keys = [headPrefix + idKey(head.id)];
    for (const prefix of [chunkPrefix, tailPrefix]) {
      const first = prefix + idKey(head.id);
      for await (const [key] of this.#parts.store.range({ gte: first, lt: afterRows(first) })) keys.push(key);
    }
    await this.#parts.store.batch(
      keys.map((key) => ({ key, value: null })),
      { sync: true },
    );
    if (!head.isFinished && offsetOf(head) > 0) this.#parts.abandoned(head);
    this.#tell(head);
  }

  /**
   * Runs `work` alone for this upload. A request that still runs is told to stop and waited for: its client has
   * given it up, or it would not have sent another one.
   */
  async alone<Result>(id: UploadId, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    for (let running = this.#running.get(id); running; running = this.#running.get(id)) {
      running.stop();
      await running.done;
    }
    const controller = new AbortController();
    const working = work(controller.signal);
    const stop = () =>
      controller.abort(new PeerstorError('conflict', 'Another request goes on with this upload.'));
    const running: Running = { stop, done: working.catch(() => undefined) };
    this.#running.set(id, running);
    try {
      return await working;
    } finally {
      if (this.#running.get(id) === running) this.#running.delete(id);
    }
  }

  /** Says what an upload counts against the quota of its owner. */
  count(id: UploadId, owner: UserId, bytes: number): void {
    const before = this.#counted.get(id) ?? 0;
    this.#countedOf.set(owner, (this.#countedOf.get(owner) ?? 0) + bytes - before);
    if (bytes > 0) this.#counted.set(id, bytes);
    else this.#counted.delete(id);
  }

  /** Bytes of a user's unfinished uploads. */
  unfinishedBytes(owner: UserId): number {
    return this.#countedOf.get(owner) ?? 0;
  }

  /** When the oldest unfinished one began; what came since then is not garbage. `-Infinity` until that is known. */
  oldestMs(): number {
    if (!this.#isLoaded) return Number.NEGATIVE_INFINITY;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const { isFinished, beganMs } of this.#heads.values()) {
      if (!isFinished && beganMs < oldestMs) oldestMs = beganMs;
    }
    return oldestMs;
  }

  /** Unix ms at which it is given up unless something comes. */
  expiresAt({ movedMs }: UploadHead): number {
    const { clock, expiryMs } = this.#parts;
    return Math.round(clock.wallMs() + movedMs + expiryMs - clock.elapsedMs());
  }

  onChange(listener: (head: UploadHead) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends what runs. What begins later starts the table again. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const { stop } of this.#running.values()) stop();
  }

  async #load(): Promise<void> {
    const { store, log } = this.#parts;
    try {
      for await (const [key, value] of store.range({ gte: headPrefix, lt: afterPrefix(headPrefix) })) {
        const head = decodeHead(idOfKey(key.slice(1)), value);
        if (!head) continue;
        this.#heads.set(head.id, head);
        if (!head.isFinished) this.count(head.id, head.owner, offsetOf(head));
      }
    } catch (error) {
      log.warn({}, `Unfinished uploads could not be read; they have to begin again: ${sentenceOf(error)}`);
    }
    this.#isLoaded = true;
    for (const id of this.ids()) this.#parts.copies?.()?.changed(id);
  }

  #isOver({ movedMs }: UploadHead): boolean {
    return movedMs + this.#parts.expiryMs <= this.#parts.clock.elapsedMs();
  }

  async #sweep(): Promise<void> {
    const finished = [...this.#heads.values()].filter(({ isFinished }) => isFinished);
    const surplus = new Set(finished.slice(0, Math.max(0, finished.length - finishedUploadsKept)));
    for (const head of [...this.#heads.values()]) {
      // One that a request works on moves by itself.
      if (this.#running.has(head.id) || !(surplus.has(head) || this.#isOver(head))) continue;
      await this.remove(head);
    }
  }

  #sweepLater(): void {
    const { clock, expiryMs, log } = this.#parts;
    const everyMs = Math.min(sweepEveryMsMax, Math.max(sweepEveryMsMin, expiryMs / 10));
    const timer = clock.after(everyMs, async () => {
      try {
        await this.#loaded;
        await this.#sweep();
      } catch (error) {
        log.warn({}, `Uploads that are over could not be deleted: ${sentenceOf(error)}`);
      }
      if (this.#timer === timer) this.#sweepLater();
    });
    this.#timer = timer;
  }

  #tell(head: UploadHead): void {
    for (const listener of [...this.#listeners]) listener(head);
    if (!head.isPart) this.#parts.copies?.()?.changed(head.id);
  }
}

function rowKey(prefix: string, id: UploadId, row: number): string {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(row);
  return prefix + idKey(id) + number.toString('latin1');
}

/** After every row of one upload: keys of rows are four characters longer, and none is all 0xff. */
function afterRows(first: string): string {
  return `${first}\xff\xff\xff\xff`;
}
