/** Fetches the records that a peer has and this device lacks, one log at a time. */
import { Semaphore } from '../../concurrency/index.ts';
import type { CatalogExchange } from '../../model/contracts/catalog.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { DeviceId } from '../../model/ids.ts';
import { seqMax } from '../records/record-format.ts';
import { ask, headOfPage, type LogPage, logPage, methods, type Vector } from './sync-messages.ts';

/** Logs fetched from one peer at once, each with one page in flight. */
const logsAtOnce = 4;

export class Pulling {
  readonly #catalog: CatalogExchange;
  readonly #transport: Transport;
  /** Logs that are being fetched from any peer, so that none is fetched twice at once. */
  readonly #underWay = new Map<DeviceId, Promise<void>>();

  constructor(catalog: CatalogExchange, transport: Transport) {
    this.#catalog = catalog;
    this.#transport = transport;
  }

  /** Does the peer have anything that is not here? */
  lacks(theirs: Vector): boolean {
    const mine = this.#catalog.vector();
    return [...theirs].some(([author, seq]) => seq > (mine[author] ?? 0));
  }

  /**
   * Fetches what the peer said it has, as far as it sends it.
   * @throws what the call threw, or `peer-failed`
   */
  async pull(peer: DeviceId, theirs: Vector, signal: AbortSignal): Promise<void> {
    const slots = new Semaphore(logsAtOnce);
    const outcomes = await Promise.allSettled(
      [...theirs].map(([author, seq]) => slots.run(() => this.#pullUpTo(peer, author, seq, signal))),
    );
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async #pullUpTo(peer: DeviceId, author: DeviceId, seq: number, signal: AbortSignal): Promise<void> {
    while (this.#reaches(author) < seq) {
      signal.throwIfAborted();
      const other = this.#underWay.get(author);
      if (other) {
        await other;
        continue;
      }
      const pulled = this.#pullLog(peer, author, signal);
      const settled = pulled.then(
        () => undefined,
        () => undefined,
      );
      this.#underWay.set(author, settled);
      try {
        await pulled;
      } finally {
        this.#underWay.delete(author);
      }
      return;
    }
  }

  /**
   * Works as a pipeline: one page is being requested while another is checked and a third is written. When it
   * returns or throws, no write is in progress.
   */
  async #pullLog(peer: DeviceId, author: DeviceId, signal: AbortSignal): Promise<void> {
    let since = this.#reaches(author);
    let next = this.#fetch(peer, author, since, signal);
    let writing: Promise<unknown> = Promise.resolve();
    const begun: Promise<unknown>[] = [];
    try {
      for (;;) {
        const page = await next;
        const isLast = page.complete || page.reaches <= since;
        if (!isLast) {
          next = this.#fetch(peer, author, page.reaches, signal);
          // The next round awaits it. This catch keeps a failure before that from being unhandled.
          next.catch(() => undefined);
        }
        // If the previous page fails, this one does not count as its successor.
        const accepting = this.#catalog.accept(page.records, { head: headOfPage(page) });
        begun.splice(0, begun.length, writing, accepting);
        accepting.catch(() => undefined);
        await writing;
        if (isLast) return void (await accepting);
        writing = accepting;
        since = page.reaches;
      }
    } finally {
      await Promise.allSettled(begun);
    }
  }

  async #fetch(peer: DeviceId, author: DeviceId, since: number, signal: AbortSignal): Promise<LogPage> {
    const body = ask.write({ device: author, since });
    const page = logPage.read(
      await this.#transport.call(peer, methods.missing, body, { lane: 'bulk', signal }),
    );
    if (page.device === author && page.since === since && page.reaches >= since && page.reaches <= seqMax)
      return page;
    throw new PeerstorError(
      'peer-failed',
      'A device answered with a part of the catalog that was not asked for.',
    );
  }

  #reaches(author: DeviceId): number {
    return this.#catalog.vector()[author] ?? 0;
  }
}
