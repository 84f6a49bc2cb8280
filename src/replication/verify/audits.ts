/**
 * Checks at intervals that connected devices have what they claim: some random chunks of each. A device that
 * fails gets no new chunks, and is asked on until a round finds no further false claim.
 */
import { type Clock, type Random, sleep, type Timer } from '../../model/clock.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import { idKey, idOfKey } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type ChunkId, chunkId, type DeviceId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import { bucketCount } from '../database/bucket-digest.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Peers } from '../peers/peers.ts';
import { writeIds } from '../wire.ts';
import type { Proofs } from './proofs.ts';

export const chunksPerRound = 20;
/** Buckets examined for a round at most: most buckets of a device with few chunks are empty. */
const bucketsLookedAt = 256;
/** Wait between two rounds with a device that failed one. */
const failedAgainMs = 1000;
/** Wait before proofs are requested from a device that did not send a claimed chunk: it may repair or withdraw it. */
const suspectAfterMs = 10_000;
/** The first audit comes sooner after a start: others may have changed meanwhile. */
const firstShare = 1 / 12;
const everyMinMs = 50;
const jitter = 0.2;

export interface AuditsParts {
  transport: Transport;
  store: ChunkStore;
  inventory: Inventory;
  peers: Peers;
  proofs: Proofs;
  clock: Clock;
  random: Random;
  log: Log;
  /** `auditEveryMs`. */
  everyMs: number;
}

/** Results of the audits since the start. */
export interface AuditFigures {
  proved: number;
  failed: number;
  /** Rounds that a device did not answer: no conclusion is drawn from them. */
  unanswered: number;
}

export class Audits {
  readonly #parts: AuditsParts;
  readonly #stopping = new AbortController();
  readonly #figures: AuditFigures = { proved: 0, failed: 0, unanswered: 0 };
  readonly #suspects = new Map<DeviceId, Timer>();
  /** Unix ms of each device's last round without a failure. */
  readonly #provedAtMs = new Map<DeviceId, number>();
  #running: Promise<void> = Promise.resolve();

  constructor(parts: AuditsParts) {
    this.#parts = parts;
  }

  start(): void {
    const { inventory, peers } = this.#parts;
    for (const device of inventory.doubtedDevices()) peers.doubt(device, true);
    inventory.onTrusted((device) => peers.doubt(device, false));
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) throw error;
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const timer of this.#suspects.values()) timer.cancel();
    await this.#running;
  }

  /** The device did not send a copy that it claims: it gets no new chunks until its audit, which is soon. */
  suspect(device: DeviceId): void {
    const { clock, peers } = this.#parts;
    peers.doubt(device, true);
    if (this.#suspects.has(device)) return;
    const timer = clock.after(suspectAfterMs, () => {
      this.#suspects.delete(device);
      this.#running = Promise.all([this.#running, this.#audit(device)]).then(() => undefined);
    });
    this.#suspects.set(device, timer);
  }

  figures(): AuditFigures {
    return { ...this.#figures };
  }

  /** When the device last proved every copy that a round asked for, in Unix ms; undefined before the first since the start. */
  provedAtMs(device: DeviceId): number | undefined {
    return this.#provedAtMs.get(device);
  }

  async #run(): Promise<void> {
    const { clock, random, transport } = this.#parts;
    const { signal } = this.#stopping;
    const everyMs = Math.max(this.#parts.everyMs, everyMinMs);
    await sleep(clock, everyMs * firstShare, signal);
    for (;;) {
      // A device that keeps lying must not delay the audits of the others.
      await Promise.all(transport.peers().map(({ device }) => this.#audit(device)));
      await sleep(clock, everyMs * (1 - jitter / 2 + jitter * random.next()), signal);
    }
  }

  async #audit(device: DeviceId): Promise<void> {
    const { clock, log, peers } = this.#parts;
    const { signal } = this.#stopping;
    try {
      for (;;) {
        const { failed, found } = await this.#round(device);
        peers.doubt(device, failed > 0);
        if (found === 0) return;
        await sleep(clock, failedAgainMs, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isPeerstorError(error)) throw error;
      this.#figures.unanswered += 1;
      log.debug({ error, device }, 'A device did not answer an audit');
    }
  }

  /** @returns claims that were not proved, and how many of them had been believed */
  async #round(device: DeviceId): Promise<{ failed: number; found: number }> {
    const { inventory, log, proofs, transport } = this.#parts;
    const ids = await this.#sample(device);
    const outcome = { failed: 0, found: 0 };
    if (ids.length === 0) return outcome;
    const verdicts = await proofs.ask(device, ids, this.#stopping.signal);
    for (const [id, verdict] of verdicts) {
      if (verdict === 'proved') {
        this.#figures.proved += 1;
        inventory.believe(device, idKey(id));
        continue;
      }
      outcome.failed += 1;
      if (inventory.has(device, id)) outcome.found += 1;
      this.#figures.failed += 1;
      inventory.disbelieve(device, idKey(id));
      transport.notify(device, 'chunk/bad', writeIds([id]));
      log.warn({ device, chunk: id, verdict }, 'A device claims a copy that it could not prove');
    }
    if (outcome.failed === 0) this.#provedAtMs.set(device, this.#parts.clock.wallMs());
    return outcome;
  }

  /** Chunks that both devices have, among them those that are doubted already. */
  async #sample(device: DeviceId): Promise<ChunkId[]> {
    const { inventory, random, store } = this.#parts;
    const doubted = [...inventory.doubted(device)].filter((key) => store.has(chunkId(idOfKey(key))));
    // Not only doubted ones: a device that restores lost chunks would never be asked for the rest.
    const sample = new Set(doubted.slice(0, chunksPerRound / 2));
    const counts = inventory.digestsOf(device);
    const first = Math.floor(random.next() * bucketCount);
    for (let step = 0, looked = 0; step < bucketCount && looked < bucketsLookedAt; step += 1) {
      if (sample.size >= chunksPerRound) break;
      const bucket = (first + step * 1009) % bucketCount;
      if (counts.countOf(bucket) === 0) continue;
      looked += 1;
      const keys = (await inventory.list(device, bucket, bucket + 1)).filter((key) =>
        store.has(chunkId(idOfKey(key))),
      );
      const key = keys[Math.floor(random.next() * keys.length)];
      if (key !== undefined) sample.add(key);
    }
    return [...sample].map((key) => chunkId(idOfKey(key)));
  }
}
