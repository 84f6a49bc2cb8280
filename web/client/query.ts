/**
 * What a view asked a device for: the answer, or why there is none. The old answer stays while a new
 * one is on its way; an answer that comes after a newer question is dropped. No Preact here: views
 * bind to it with `views/use-query.ts`.
 */
import { signal } from '@preact/signals-core';

/** News gathers for so long before lists ask again, or for as long as the last answer took. */
const settleMs = 300;

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

export class Query<Answer> {
  readonly answer = signal<Answer | undefined>(undefined);
  readonly error = signal<Error | undefined>(undefined);
  readonly loading = signal(false);
  readonly #ask: (signal: AbortSignal, old: Answer | undefined) => Promise<Answer>;
  #abort: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tookMs = 0;

  constructor(ask: (signal: AbortSignal, old: Answer | undefined) => Promise<Answer>) {
    this.#ask = ask;
  }

  /** Asks now. Resolves when the answer is there, or the error. */
  async load(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.loading.value = true;
    const startedMs = Date.now();
    try {
      const answer = await this.#ask(abort.signal, this.answer.value);
      if (abort.signal.aborted) return;
      this.answer.value = answer;
      this.error.value = undefined;
    } catch (cause) {
      if (abort.signal.aborted) return;
      this.error.value = cause as Error;
    }
    this.#tookMs = Date.now() - startedMs;
    this.loading.value = false;
  }

  /** Something may have changed: asks soon, once for many changes, and never more often than answers come. */
  refresh(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.load(), Math.max(settleMs, this.#tookMs));
  }

  /** Shows a change before the device confirms it; the next answer replaces it. */
  change(how: (old: Answer) => Answer): void {
    if (this.answer.value !== undefined) this.answer.value = how(this.answer.value);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#abort?.abort();
  }
}

export interface Listed<Item> {
  items: readonly Item[];
  /** Where the rest begins; null where all is here. */
  nextCursor: string | null;
}

/** Asks for one page of a list. */
export type AskPage<Item> = (
  cursor: string | null,
  limit: number,
  signal: AbortSignal,
) => Promise<Page<Item>>;

/** What is loaded more at a time, and the most that a device gives at once. */
const [pageSize, pageMax] = [200, 1000];

/** A list that comes page by page. Asked anew, it loads as much as was shown, so that nobody loses their place. */
export class PagedQuery<Item> extends Query<Listed<Item>> {
  readonly #page: AskPage<Item>;
  #more: Promise<void> | undefined;

  constructor(page: AskPage<Item>) {
    super((signal, old) => this.#from(null, [], old?.items.length ?? pageSize, signal));
    this.#page = page;
  }

  /** The next page, or with `all` the whole rest. */
  loadMore(all = false): Promise<void> {
    this.#more ??= this.#loadRest(all).finally(() => {
      this.#more = undefined;
    });
    return this.#more;
  }

  async #loadRest(all: boolean): Promise<void> {
    const abort = new AbortController();
    for (;;) {
      const before = this.answer.value;
      if (!before || before.nextCursor === null) return;
      this.loading.value = true;
      try {
        const count = all ? pageMax : pageSize;
        const rest = await this.#from(before.nextCursor, [], count, abort.signal);
        // Loaded anew meanwhile: the rest of the old answer does not fit behind the new one.
        if (this.answer.value !== before) continue;
        this.answer.value = { items: [...before.items, ...rest.items], nextCursor: rest.nextCursor };
        this.error.value = undefined;
      } catch (cause) {
        this.error.value = cause as Error;
        return;
      } finally {
        this.loading.value = false;
      }
      if (!all) return;
    }
  }

  async #from(
    from: string | null,
    items: Item[],
    wanted: number,
    signal: AbortSignal,
  ): Promise<Listed<Item>> {
    let cursor = from;
    do {
      const limit = Math.min(pageMax, Math.max(pageSize, wanted - items.length));
      const page = await this.#page(cursor, limit, signal);
      for (const item of page.items) items.push(item);
      cursor = page.nextCursor;
    } while (cursor !== null && items.length < wanted);
    return { items, nextCursor: cursor };
  }
}
