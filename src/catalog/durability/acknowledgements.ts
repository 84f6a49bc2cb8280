/** Remembers how far each peer's catalog reaches, as it last said. The outbox and compaction rely on it. */
import { decode, encode, isFields } from '../../crypto/index.ts';
import { sentenceOf } from '../../model/errors.ts';
import { type DeviceId, deviceId } from '../../model/ids.ts';
import type { VersionVector } from '../../model/records.ts';
import { ackedKey, allAcked, deviceOfKey } from '../records/store-layout.ts';
import type { CatalogState } from '../state/catalog-state.ts';

/** So many other devices must have a record before the outbox forgets it; all, where there are fewer. */
const devicesWanted = 2;

export class Acknowledgements {
  readonly #state: CatalogState;
  readonly #vectors = new Map<DeviceId, ReadonlyMap<DeviceId, number>>();
  readonly #unsaved = new Set<DeviceId>();
  readonly #waiting = new Set<() => void>();
  #forgetting: Promise<void> | undefined;

  constructor(state: CatalogState) {
    this.#state = state;
  }

  get vectors(): ReadonlyMap<DeviceId, ReadonlyMap<DeviceId, number>> {
    return this.#vectors;
  }

  async load(): Promise<void> {
    for await (const [key, row] of this.#state.store.range(allAcked)) {
      this.#vectors.set(deviceOfKey(key), readVector(decode(row)));
    }
  }

  /** The newest statement counts, even if it reaches less far: then that device lost records. */
  heard(device: DeviceId, vector: ReadonlyMap<DeviceId, number>): void {
    this.#vectors.set(device, vector);
    this.#unsaved.add(device);
    for (const look of this.#waiting) look();
    const seq = this.#coveredSeq();
    if (seq <= this.#state.outbox.forgottenSeq || this.#forgetting) return;
    this.#forgetting = this.#state.outbox
      .forget(seq, () => this.#state.syncDatabase())
      .catch((error) =>
        this.#state.log.warn({ error: sentenceOf(error) }, 'The outbox could not be shortened.'),
      )
      .finally(() => {
        this.#forgetting = undefined;
      });
  }

  /** As `Catalog.waitUntilReplicated`. */
  async waitUntilReplicated(devices: number, waitMs: number, signal?: AbortSignal): Promise<number> {
    const { clock, ownSeq } = this.#state;
    const isEnough = () => this.#havingOwn(ownSeq) >= Math.min(devices, this.#others().length);
    if (!isEnough() && waitMs > 0 && !signal?.aborted) {
      await new Promise<void>((resolve) => {
        const end = () => {
          this.#waiting.delete(look);
          timer.cancel();
          signal?.removeEventListener('abort', end);
          resolve();
        };
        const look = () => {
          if (isEnough()) end();
        };
        const timer = clock.after(waitMs, end);
        signal?.addEventListener('abort', end);
        this.#waiting.add(look);
      });
    }
    return isEnough() ? devices : this.#havingOwn(ownSeq);
  }

  /** How many other members have this device's records up to `seq`. */
  #havingOwn(seq: number): number {
    const { self } = this.#state;
    return this.#others().filter((id) => (this.#vectors.get(id)?.get(self) ?? 0) >= seq).length;
  }

  #others(): DeviceId[] {
    const { authority, self } = this.#state;
    return authority.members().flatMap(({ id }) => (id === self ? [] : [deviceId(id)]));
  }

  /** Stores what peers said since the last call. Losing it costs only space. */
  async save(): Promise<void> {
    const changes = [...this.#unsaved].map((device) => ({
      key: ackedKey(device),
      value: encode(Object.fromEntries(this.#vectors.get(device) ?? [])),
    }));
    this.#unsaved.clear();
    if (changes.length > 0) await this.#state.store.batch(changes);
    await this.#forgetting;
  }

  /** The last own record that enough other devices have, with all before it. */
  #coveredSeq(): number {
    const { self } = this.#state;
    const others = this.#others();
    const reached = others.map((id) => this.#vectors.get(id)?.get(self) ?? 0).sort((a, b) => b - a);
    // Alone in the network nothing may be forgotten: the outbox is the only other copy.
    return reached[Math.min(devicesWanted, others.length) - 1] ?? 0;
  }
}

/** Reads a version vector that was stored or sent, without entries that are not a device and a number. */
export function readVector(value: unknown): Map<DeviceId, number> {
  const vector = new Map<DeviceId, number>();
  if (!isFields(value)) return vector;
  for (const [id, seq] of Object.entries(value)) {
    if (/^[0-9a-f]{64}$/.test(id) && typeof seq === 'number' && Number.isSafeInteger(seq) && seq >= 0) {
      vector.set(deviceId(id), seq);
    }
  }
  return vector;
}

export function vectorOf(entries: ReadonlyMap<DeviceId, number>): VersionVector {
  return Object.fromEntries(entries);
}
