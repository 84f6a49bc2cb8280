/**
 * Handles a home that was restored from an old copy, or that runs twice: its key has signed records that this
 * catalog lacks. The device writes nothing more under that key, but stays connected until another device has
 * all its records. Then it takes a new key and asks to be let in again. Decision 0010 says why.
 */
import type { CatalogSync } from '../../catalog/index.ts';
import { type Clock, sleep } from '../../model/clock.ts';
import type { CatalogAuthor } from '../../model/contracts/catalog.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { sentenceOf } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import type { Home } from '../home/home.ts';
import { forgetRows, type Leaving } from './leaving.ts';

const tryEveryMs = 1000;

export interface RollbackParts {
  catalog: CatalogAuthor;
  sync: CatalogSync;
  transport: Transport;
  clock: Clock;
  log: Log;
}

export class Rollback {
  readonly #settled = Promise.withResolvers<void>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  /** Resolves when another device has every record that this one wrote under its key. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** The catalog found that this device was rolled back. Idempotent. */
  begin(parts: RollbackParts): void {
    this.#running ??= this.#handOver(parts).catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) parts.log.error({}, sentenceOf(error));
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #handOver({ sync, transport, clock, log }: RollbackParts): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      for (const { device } of transport.peers()) {
        try {
          await sync.compare(device);
          if (!signal.aborted && (await sync.agrees(device))) return this.#settled.resolve();
        } catch (error) {
          log.debug({ error: sentenceOf(error) }, 'What was written here could not be handed over yet.');
        }
      }
      await sleep(clock, tryEveryMs, signal);
    }
  }
}

/** The steps after `Rollback.settled`. */
export const rolledBack: Leaving = {
  note: {
    event: 'rolled-back-here',
    sentence:
      'This device was restored from an old copy, or its home runs twice, so it took a new key. Another device has all its records, and its copies stay on its disks. Join the network again: peerstor join CODE.',
  },
  before: async () => undefined,
  after: takeNewKey,
};

/**
 * Renames the old key and the files of its network to `NAME.rolled-back-TIME`, and makes a new key. The volumes
 * stay; the device announces their chunks when it has joined. Nothing of the network is open.
 */
async function takeNewKey(home: Home, index: OrderedStore): Promise<void> {
  // The membership first: a new key with an old membership would not start.
  await home.setAside(['network.key', 'outbox.log', 'db/catalog', 'identity.key'], 'rolled-back');
  await home.renewIdentity();
  await forgetRows(index);
}
