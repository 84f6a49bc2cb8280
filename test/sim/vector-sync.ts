/**
 * The least that carries catalogs between simulated devices: every few seconds each asks the others for
 * what it lacks by version vector.
 */
import type { LocalCatalog } from '../../src/catalog/index.ts';
import { decode, encode } from '../../src/crypto/index.ts';
import type { Clock, Timer } from '../../src/model/clock.ts';
import type { Transport } from '../../src/model/contracts/transport.ts';
import { type DeviceId, deviceId } from '../../src/model/ids.ts';

const everyMs = 2000;
const patienceMs = 5000;

interface Page {
  records: Uint8Array[];
  reachesSeq: number;
}

export class VectorSync {
  readonly #catalog: LocalCatalog;
  readonly #transport: Transport;
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor(parts: { catalog: LocalCatalog; transport: Transport; clock: Clock }) {
    this.#catalog = parts.catalog;
    this.#transport = parts.transport;
    this.#clock = parts.clock;
    const { catalog, transport } = parts;
    transport.handle('sim/vector', async () => encode(catalog.vector()));
    transport.handle('sim/missing', async (_from, body) => {
      const [device, since] = decode(body) as [string, number];
      const { records, reachesSeq } = await catalog.missing(deviceId(device), since);
      return encode({ records, reachesSeq });
    });
  }

  start(): void {
    this.#timer = this.#clock.after(everyMs, () => {
      const peers = this.#transport.peers().map(({ device }) => this.#pull(device));
      // A peer that goes away in the middle is asked again in the next round.
      void Promise.allSettled(peers).finally(() => this.start());
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async #pull(peer: DeviceId): Promise<void> {
    const theirs = decode(await this.#call(peer, 'sim/vector', {})) as Record<string, number>;
    this.#catalog.peerHas(peer, theirs as ReturnType<LocalCatalog['vector']>);
    for (const [name, seq] of Object.entries(theirs)) {
      const author = deviceId(name);
      for (let since = this.#catalog.vector()[author] ?? 0; since < seq; ) {
        const page = decode(await this.#call(peer, 'sim/missing', [author, since])) as Page;
        await this.#catalog.accept(page.records, { head: { device: author, seq: page.reachesSeq } });
        if (page.reachesSeq <= since) break;
        since = page.reachesSeq;
      }
    }
  }

  #call(peer: DeviceId, method: string, body: unknown): Promise<Uint8Array> {
    return this.#transport.call(peer, method, encode(body), { timeoutMs: patienceMs });
  }
}
