/**
 * A home that was restored from an old copy, or runs twice: its key has signed what this catalog does not
 * know. It writes nothing more under that key, but still speaks, until another device has all that is here;
 * then it takes a new key and asks to be let in again. Decision 0010 says why.
 */
import type { CatalogSync, LocalCatalog } from '../../catalog/index.ts';
import { type Clock, sleep } from '../../model/clock.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { sentenceOf } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import type { Home } from '../home/home.ts';
import { forgetRows, type Leaving } from './leaving.ts';

const tryEveryMs = 1000;

export interface RollbackParts {
  catalog: LocalCatalog;
  sync: CatalogSync;
  transport: Transport;
  clock: Clock;
  log: Log;
}

export class Rollback {
  readonly #settled = Promise.withResolvers<void>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  /** Resolves when another device has everything that this one wrote under its key. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** The catalog is overtaken. Again is once. */
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

/** What a device does once `Rollback.settled`. */
export const overtaken: Leaving = {
  note: {
    event: 'overtaken-here',
    sentence:
      'This device was restored from an old copy, or runs twice: it has taken a new key. All that it wrote is on another device, its copies stay on its disks. Join the network again: peerstor join CODE.',
  },
  before: async () => undefined,
  after: takeNewKey,
};

/**
 * Puts the old key, and what belongs to it, aside as `NAME.overtaken-TIME`, and makes a new key. The volumes stay:
 * their chunks are told of when the device has joined. Nothing of the network is open.
 */
async function takeNewKey(home: Home, index: OrderedStore): Promise<void> {
  // The membership first: a new key with an old membership would not start.
  await home.setAside(['network.key', 'outbox.log', 'db/catalog', 'identity.key'], 'overtaken');
  await home.renewIdentity();
  await forgetRows(index);
}
