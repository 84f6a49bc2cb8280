/**
 * The upload queue: which files wait, are being sent, are saved or failed, and how safe they are. It
 * runs without any view, so leaving a folder does not stop an upload. A cut connection is tried
 * again until the device answers; what the device refused (no room, signed out) is tried again only when the person says so.
 *
 * A drop of 10,000 files must stay quick: a change touches one item and a few counters, never the
 * whole list, and views are told at most once per `gatherMs`.
 */
import { signal } from '@preact/signals-core';
import type { EntryView, SafetyView } from '../../../src/model/api.ts';
import { isWorthRetrying } from '../request.ts';
import { TransferRate } from './transfer-rate.ts';

export type UploadStatus = 'waiting' | 'sending' | 'paused' | 'saved' | 'failed' | 'cancelled';

/** One row of the upload panel. Changed in place: read it again after `UploadQueue.revision` rose. */
export interface UploadItem {
  readonly id: number;
  readonly name: string;
  readonly source: UploadSource;
  readonly size: number;
  readonly status: UploadStatus;
  readonly sentBytes: number;
  /** Id of the entry it became, once it is saved and if this person may know. */
  readonly entryId: string | null;
  readonly safety: SafetyView | null;
  readonly error: string | null;
  /** The device does not answer: it is asked again until it does. */
  readonly isStalled: boolean;
  /** False where the browser could not read the file: there is nothing to send. */
  readonly canRetry: boolean;
}

type OwnItem = { -readonly [Key in keyof UploadItem]: UploadItem[Key] };

/** Where an upload goes. Ids hold when a folder is renamed or moved meanwhile; names would not. */
export type UploadTarget =
  /** Names below a folder of the drive or of somebody who shared it. */
  | { kind: 'below'; folderId: string; names: readonly string[] }
  /** A new version of one file. */
  | { kind: 'version'; fileId: string; names: readonly [string] };

/** A file, an empty folder (`file` is null), or what the browser could not read (`problem` says why). */
export interface UploadSource {
  target: UploadTarget;
  file: File | null;
  problem?: string;
  /** What becomes of a file that has the name already; a new version unless said. */
  onConflict?: ConflictChoice;
}

export type ConflictChoice = 'version' | 'rename' | 'skip';

/** What a device answers to a file; a guest is not told the id, and a folder has no safety. */
export type SavedFile = Pick<EntryView, 'safety'> & { id?: string };

/** Sends one file or makes one folder; resolves with how safe it is. */
export interface SendFile {
  (
    source: UploadSource,
    options: { onProgress(sentBytes: number): void; signal: AbortSignal },
  ): Promise<SavedFile>;
  /** Forgets what the device has of a file that a person cancelled. */
  giveUp?(source: UploadSource): void;
}

export interface UploadTotals {
  /** Cancelled ones are not counted. */
  files: number;
  done: number;
  failed: number;
  bytes: number;
  sentBytes: number;
}

export interface UploadQueueOptions {
  /** Resolves after so many milliseconds, or when the signal aborts; a test resolves at once. */
  wait?(ms: number, signal: AbortSignal): Promise<void>;
  now?(): number;
  onAdded?(sources: readonly UploadSource[]): void;
}

const atOnce = 3;
const retryMinMs = 1000;
const retryMaxMs = 30_000;
/** Views draw again at most this often. */
const gatherMs = 50;
/** The page asks about this many of the latest files until each has all its copies. */
const followedMax = 100;

const nothing: UploadTotals = { files: 0, done: 0, failed: 0, bytes: 0, sentBytes: 0 };

export class UploadQueue {
  readonly #send: SendFile;
  readonly #wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly #revision = signal(0);
  readonly #savedCount = signal(0);
  readonly #byId = new Map<number, OwnItem>();
  readonly #aborts = new Map<number, AbortController>();
  /** Saved files that lacked copies when they were last asked about. */
  readonly #thin = new Set<OwnItem>();
  readonly #rate: TransferRate;
  readonly #onAdded: UploadQueueOptions['onAdded'];
  #items: OwnItem[] = [];
  /** Items in the order in which they are sent; those before `#next` have had their turn. */
  #line: OwnItem[] = [];
  #next = 0;
  #totals = nothing;
  #nextId = 1;
  #running = 0;
  #paused = 0;
  #following = false;
  #telling = false;

  constructor(send: SendFile, { wait = waitFor, now = Date.now, onAdded }: UploadQueueOptions = {}) {
    this.#send = send;
    this.#wait = wait;
    this.#rate = new TransferRate(now);
    this.#onAdded = onAdded;
  }

  /** Rises after changes. A view that reads it, or any getter below, draws again. */
  get revision(): number {
    return this.#revision.value;
  }

  get items(): readonly UploadItem[] {
    this.#revision.value;
    return this.#items;
  }

  get totals(): Readonly<UploadTotals> {
    this.#revision.value;
    return this.#totals;
  }

  /** Rises with each saved file: lists that show its folder load again. */
  get savedCount(): number {
    return this.#savedCount.value;
  }

  get busy(): boolean {
    const { files, done, failed } = this.totals;
    return done + failed < files;
  }

  /** Files that wait until the person lets them go on. */
  get pausedCount(): number {
    this.#revision.value;
    return this.#paused;
  }

  /** Bytes a second over the last seconds; null where nothing can be said yet. */
  get bytesPerSecond(): number | null {
    this.#revision.value;
    return this.#rate.bytesPerSecond();
  }

  add(sources: readonly UploadSource[]): void {
    if (!this.busy) this.#rate.restart();
    for (const source of sources) {
      const { target, file, problem } = source;
      const item: OwnItem = {
        id: this.#nextId++,
        name: target.names.at(-1) ?? file?.name ?? '',
        source,
        size: file?.size ?? 0,
        status: problem === undefined ? 'waiting' : 'failed',
        sentBytes: 0,
        entryId: null,
        safety: null,
        error: problem ?? null,
        isStalled: false,
        canRetry: problem === undefined,
      };
      this.#items.push(item);
      this.#byId.set(item.id, item);
      if (item.status === 'waiting') this.#line.push(item);
      this.#count(item, 1);
    }
    this.#onAdded?.(sources);
    this.#tell();
    this.#run();
  }

  cancel(id: number): void {
    const item = this.#byId.get(id);
    if (item && isOpen(item)) this.#cancel(item);
  }

  /** Cancels everything that waits or is being sent; what is saved stays. */
  cancelAll(): void {
    for (const item of this.#items) if (isOpen(item)) this.#cancel(item);
  }

  /** Stops one file, or all, until `resume`; what came of a large one stays at the device. */
  pause(id?: number): void {
    for (const item of this.#asked(id)) {
      if (item.status !== 'waiting' && item.status !== 'sending') continue;
      this.#change(item, { status: 'paused', isStalled: false });
      this.#aborts.get(item.id)?.abort();
    }
  }

  resume(id?: number): void {
    for (const item of this.#asked(id)) if (item.status === 'paused') this.#queue(item);
    this.#rate.restart();
    this.#run();
  }

  /** Stops all of it and forgets it. */
  abandon(): void {
    for (const abort of this.#aborts.values()) abort.abort();
    this.#aborts.clear();
    this.#byId.clear();
    this.#thin.clear();
    [this.#items, this.#line, this.#next, this.#totals, this.#paused] = [[], [], 0, nothing, 0];
    this.#tell();
  }

  /** Puts one failed item, or all of them, back into the queue. */
  retry(id?: number): void {
    for (const item of this.#asked(id)) if (item.canRetry && item.status === 'failed') this.#queue(item);
    this.#run();
  }

  /** Forgets what is saved, cancelled, or failed with nothing left to send; other failures stay. */
  clear(): void {
    const kept: OwnItem[] = [];
    for (const item of this.#items) {
      const isOver = item.status === 'saved' || item.status === 'cancelled' || !item.canRetry;
      if (!isOver) {
        kept.push(item);
        continue;
      }
      this.#byId.delete(item.id);
      this.#thin.delete(item);
      this.#count(item, -1);
    }
    this.#items = kept;
    this.#tell();
  }

  /**
   * Asks again how safe the saved files are that still lacked copies, one after the other.
   * @param safetyOf null: nobody can say; it rejects where the file is gone or the device silent, and
   *   what was shown stays
   */
  async followSafety(safetyOf: (entryId: string) => Promise<SafetyView | null>): Promise<void> {
    if (this.#following) return;
    this.#following = true;
    try {
      for (const item of [...this.#thin].slice(-followedMax)) {
        const safety = item.entryId && (await safetyOf(item.entryId).catch(() => null));
        if (!safety || !this.#thin.has(item)) continue;
        if (safety.copies >= safety.wanted) this.#thin.delete(item);
        this.#change(item, { safety });
      }
    } finally {
      this.#following = false;
    }
  }

  #asked(id: number | undefined): OwnItem[] {
    if (id === undefined) return this.#items;
    const item = this.#byId.get(id);
    return item ? [item] : [];
  }

  #queue(item: OwnItem): void {
    this.#change(item, { status: 'waiting', sentBytes: 0, error: null });
    this.#line.push(item);
  }

  #run(): void {
    while (this.#running < atOnce) {
      const item = this.#line[this.#next];
      if (!item) break;
      this.#next += 1;
      // Cancelled while it waited.
      if (item.status !== 'waiting') continue;
      this.#running += 1;
      this.#change(item, { status: 'sending' });
      void this.#sendItem(item).finally(() => {
        this.#running -= 1;
        this.#run();
      });
    }
    if (this.#next === this.#line.length) [this.#line, this.#next] = [[], 0];
  }

  async #sendItem(item: OwnItem): Promise<void> {
    const abort = new AbortController();
    this.#aborts.set(item.id, abort);
    const options = {
      onProgress: (sentBytes: number) => this.#change(item, { sentBytes }),
      signal: abort.signal,
    };
    try {
      const { id: entryId = null, safety } = await this.#sendWithTries(item, options);
      if (abort.signal.aborted) return;
      this.#change(item, { status: 'saved', sentBytes: item.size, entryId, safety });
      if (safety && safety.copies < safety.wanted) this.#thin.add(item);
      this.#savedCount.value += 1;
    } catch (error) {
      if (!abort.signal.aborted) this.#change(item, { status: 'failed', error: (error as Error).message });
    } finally {
      // It may have been paused and resumed: another try has its own.
      if (this.#aborts.get(item.id) === abort) this.#aborts.delete(item.id);
    }
  }

  /** Tries until the device answers: it may be off, or the network away, for as long as the page is open. */
  async #sendWithTries(item: OwnItem, options: Parameters<SendFile>[1]): Promise<SavedFile> {
    const { signal } = options;
    for (let waitMs = retryMinMs; ; waitMs = Math.min(retryMaxMs, waitMs * 2)) {
      const before = item.sentBytes;
      try {
        return await this.#send(item.source, options);
      } catch (error) {
        if (signal.aborted || !isWorthRetrying(error)) throw error;
        if (item.sentBytes > before) waitMs = retryMinMs;
        this.#change(item, { isStalled: true });
        await this.#wait(waitMs, signal);
        signal.throwIfAborted();
        this.#change(item, { isStalled: false });
      }
    }
  }

  #cancel(item: OwnItem): void {
    this.#change(item, { status: 'cancelled', isStalled: false });
    this.#aborts.get(item.id)?.abort();
    this.#send.giveUp?.(item.source);
  }

  #change(item: OwnItem, change: Partial<OwnItem>): void {
    // A late word about an item that was forgotten changes no figures.
    if (this.#byId.get(item.id) !== item) return;
    const before = item.sentBytes;
    this.#count(item, -1);
    if (item.status === 'paused') this.#paused -= 1;
    Object.assign(item, change);
    if (item.status === 'paused') this.#paused += 1;
    this.#count(item, 1);
    this.#rate.add(Math.max(0, item.sentBytes - before));
    this.#tell();
  }

  #count(item: OwnItem, sign: 1 | -1): void {
    if (item.status === 'cancelled') return;
    const { files, done, failed, bytes, sentBytes } = this.#totals;
    this.#totals = {
      files: files + sign,
      done: done + (item.status === 'saved' ? sign : 0),
      failed: failed + (item.status === 'failed' ? sign : 0),
      bytes: bytes + sign * item.size,
      sentBytes: sentBytes + sign * (item.status === 'saved' ? item.size : item.sentBytes),
    };
  }

  #tell(): void {
    if (this.#telling) return;
    this.#telling = true;
    setTimeout(() => {
      this.#telling = false;
      this.#revision.value += 1;
    }, gatherMs);
  }
}

function isOpen({ status }: UploadItem): boolean {
  return status === 'waiting' || status === 'sending' || status === 'paused';
}

/** The browser says when the network is back: nobody waits longer than that. */
function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      globalThis.removeEventListener?.('online', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    globalThis.addEventListener?.('online', end, { once: true });
  });
}
