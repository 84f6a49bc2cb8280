/**
 * The upload queue: which files wait, are being sent, are saved or failed, and how safe they are. It
 * runs without any view, so leaving a folder does not stop an upload. A cut connection is tried
 * again; what the device refused (no room, signed out) is not, until the person says so.
 */
import { computed, type ReadonlySignal, signal } from '@preact/signals-core';
import type { EntryView, SafetyView } from '../../src/model/api.ts';
import { ApiError, ownPageHeader, problemFrom } from './request.ts';

export type UploadStatus = 'waiting' | 'sending' | 'saved' | 'failed' | 'cancelled';

export interface UploadItem {
  readonly id: number;
  readonly name: string;
  /** Names from the root of the drive, or from `below`, to the file. */
  readonly path: readonly string[];
  /** Id of a folder in what somebody shared, which has no path in the own drive. */
  readonly below: string | undefined;
  /** Id of a file that this is a new version of, whatever its path is. */
  readonly replaces: string | undefined;
  readonly size: number;
  status: UploadStatus;
  sentBytes: number;
  /** Id of the entry it became, once it is saved and if this person may know. */
  entryId: string | null;
  safety: SafetyView | null;
  error: string | null;
}

export interface UploadSource {
  path: readonly string[];
  below?: string;
  replaces?: string;
  file: File;
}

/** What a device answers to a file; a guest is not told the id. */
export type SavedFile = Pick<EntryView, 'safety'> & { id?: string };

/** Sends one file; resolves with how safe it is. */
export type SendFile = (
  source: UploadSource,
  options: { onProgress(sentBytes: number): void; signal: AbortSignal },
) => Promise<SavedFile>;

const atOnce = 3;
const tries = 4;
const retryBaseMs = 1000;
/** Of so many files, the last that were saved, it is asked whether they became safer. */
const followedMax = 100;

export class UploadQueue {
  readonly #send: SendFile;
  readonly #wait: (ms: number) => Promise<void>;
  readonly #items = signal<readonly UploadItem[]>([]);
  readonly #files = new Map<number, { file: File; abort: AbortController }>();
  #nextId = 1;
  #running = 0;
  #following = false;

  readonly items: ReadonlySignal<readonly UploadItem[]> = computed(() => this.#items.value);
  /** Rises with each saved file: lists that show its folder load again. */
  readonly savedCount = computed(() => this.#items.value.filter((item) => item.status === 'saved').length);
  readonly busy = computed(() =>
    this.#items.value.some((item) => item.status === 'waiting' || item.status === 'sending'),
  );
  readonly totals = computed(() => {
    const counted = this.#items.value.filter((item) => item.status !== 'cancelled');
    return {
      files: counted.length,
      done: counted.filter((item) => item.status === 'saved').length,
      failed: counted.filter((item) => item.status === 'failed').length,
      bytes: counted.reduce((sum, item) => sum + item.size, 0),
      sentBytes: counted.reduce(
        (sum, item) => sum + (item.status === 'saved' ? item.size : item.sentBytes),
        0,
      ),
    };
  });

  constructor(
    send: SendFile = sendTo(addressInDrive),
    wait = (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
  ) {
    this.#send = send;
    this.#wait = wait;
  }

  add(sources: readonly UploadSource[]): void {
    const added = sources.map(({ path, below, replaces, file }): UploadItem => {
      const id = this.#nextId++;
      this.#files.set(id, { file, abort: new AbortController() });
      const name = path.at(-1) ?? file.name;
      const facts = { id, name, path, below, replaces, size: file.size };
      return { ...facts, status: 'waiting', sentBytes: 0, entryId: null, safety: null, error: null };
    });
    this.#items.value = [...this.#items.value, ...added];
    this.#run();
  }

  cancel(id: number): void {
    const item = this.#items.value.find((candidate) => candidate.id === id);
    if (!item || item.status === 'saved') return;
    this.#change(id, { status: 'cancelled' });
    this.#files.get(id)?.abort.abort();
  }

  /** Stops all of it and forgets it. */
  abandon(): void {
    for (const { abort } of this.#files.values()) abort.abort();
    this.#files.clear();
    this.#items.value = [];
  }

  /** Puts one failed item, or all of them, back into the queue. */
  retry(id?: number): void {
    for (const item of this.#items.value) {
      if (item.status !== 'failed' || (id !== undefined && item.id !== id)) continue;
      this.#change(item.id, { status: 'waiting', sentBytes: 0, error: null });
    }
    this.#run();
  }

  /** Forgets what is saved or cancelled; failures stay until they are dealt with. */
  clear(): void {
    const kept = this.#items.value.filter((item) => item.status !== 'saved' && item.status !== 'cancelled');
    this.#items.value = kept;
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
      const thin = this.#items.value.filter(({ safety }) => safety && safety.copies < safety.wanted);
      for (const { id, entryId } of thin.slice(-followedMax)) {
        const safety = entryId && (await safetyOf(entryId).catch(() => null));
        if (safety) this.#change(id, { safety });
      }
    } finally {
      this.#following = false;
    }
  }

  #run(): void {
    while (this.#running < atOnce) {
      const next = this.#items.value.find((item) => item.status === 'waiting');
      if (!next) return;
      this.#running += 1;
      this.#change(next.id, { status: 'sending' });
      void this.#sendItem(next).finally(() => {
        this.#running -= 1;
        this.#run();
      });
    }
  }

  async #sendItem(item: UploadItem): Promise<void> {
    const source = this.#files.get(item.id);
    if (!source) return;
    for (let attempt = 1; ; attempt++) {
      try {
        const { path, below, replaces } = item;
        const wanted = { path, file: source.file, ...(below && { below }), ...(replaces && { replaces }) };
        const entry = await this.#send(wanted, {
          onProgress: (sentBytes) => this.#change(item.id, { sentBytes }),
          signal: source.abort.signal,
        });
        const { id: entryId = null, safety } = entry;
        this.#change(item.id, { status: 'saved', sentBytes: item.size, entryId, safety });
        this.#files.delete(item.id);
        return;
      } catch (error) {
        if (source.abort.signal.aborted) return;
        if (attempt >= tries || !isRelaying(error)) {
          this.#change(item.id, { status: 'failed', error: (error as Error).message });
          return;
        }
        await this.#wait(retryBaseMs * 2 ** (attempt - 1));
        if (source.abort.signal.aborted) return;
      }
    }
  }

  #change(id: number, change: Partial<UploadItem>): void {
    this.#items.value = this.#items.value.map((item) => (item.id === id ? { ...item, ...change } : item));
  }
}

/** A cut connection or a device that is starting: worth another try without asking. */
function isRelaying(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 503);
}

/** The address of a file below another address. */
export function addressBelow(top: string, { path }: UploadSource): string {
  return `${top}/${path.map(encodeURIComponent).join('/')}`;
}

function addressInDrive(source: UploadSource): string {
  const { below, replaces } = source;
  if (replaces !== undefined) return `/api/v1/entries/${replaces}/content`;
  return addressBelow(below === undefined ? '/api/v1/path' : `/api/v1/entries/${below}/path`, source);
}

/**
 * @param addressOf where the file is put
 *
 * fetch cannot report how much was sent; XMLHttpRequest can.
 */
export function sendTo(addressOf: (source: UploadSource) => string): SendFile {
  return (source, { onProgress, signal }) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const { file } = source;
      request.open('PUT', addressOf(source));
      for (const [name, value] of Object.entries(ownPageHeader)) request.setRequestHeader(name, value);
      request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
      request.setRequestHeader('X-Modified-At', new Date(file.lastModified).toISOString());
      request.upload.onprogress = (event) => onProgress(event.loaded);
      request.onload = () => {
        if (request.status < 300) resolve(JSON.parse(request.responseText) as SavedFile);
        else reject(problemFrom(request.status, request.responseText));
      };
      request.onerror = () => reject(problemFrom(0, ''));
      request.onabort = () => reject(new DOMException('cancelled', 'AbortError'));
      signal.addEventListener('abort', () => request.abort(), { once: true });
      request.send(file);
    });
}
