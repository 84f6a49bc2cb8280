/**
 * Hands a repair to another holder. A device that should copy a chunk and cannot reach any device that could
 * take it tells the others (`chunk/excuse`, one way: ids); the next holder in the order then does it. An excuse
 * lasts `excuseMs`. If it was not heard, or all holders are excused, the first one tries again after that.
 */
import type { Clock, Timer } from '../../model/clock.ts';
import { idKey, idOfKey } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { chunkId, type DeviceId } from '../../model/ids.ts';
import type { ChunkKey } from '../database/bucket-digest.ts';
import { haveIdsMax, readIds, writeIds } from '../wire.ts';

const gatherMs = 500;
/** Some MiB; excuses beyond this are sent at the next look. */
const excusesMax = 50_000;

export interface RepairHandoffParts {
  self: DeviceId;
  transport: Transport;
  clock: Clock;
  excuseMs: number;
}

export class RepairHandoff {
  readonly #parts: RepairHandoffParts;
  /** Expiry by chunk and device; the chunk that was excused last is last in the map. */
  readonly #excused = new Map<ChunkKey, Map<DeviceId, number>>();
  readonly #listeners = new Set<() => void>();
  #telling = new Set<ChunkKey>();
  #timer: Timer | undefined;

  constructor(parts: RepairHandoffParts) {
    this.#parts = parts;
    parts.transport.handle('chunk/excuse', async (from, body) => {
      for (const id of readIds(body, haveIdsMax)) this.#note(from, idKey(id));
      for (const listener of this.#listeners) listener();
      return new Uint8Array(0);
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#listeners.clear();
  }

  /** Called when another device sent an excuse. */
  onExcuse(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Holders that cannot copy the chunk now. */
  excused(key: ChunkKey): DeviceId[] {
    const nowMs = this.#parts.clock.monotonicMs();
    return [...(this.#excused.get(key) ?? [])].filter(([, untilMs]) => untilMs > nowMs).map(([id]) => id);
  }

  /** This device cannot copy the chunk; tells every connected device. */
  excuse(key: ChunkKey): void {
    const { self, clock } = this.#parts;
    if (this.excused(key).includes(self)) return;
    this.#note(self, key);
    this.#telling.add(key);
    this.#timer ??= clock.after(gatherMs, () => {
      this.#timer = undefined;
      this.#tell();
    });
  }

  /** Devices connected or disconnected: this one may be able to copy now. */
  retry(): void {
    for (const devices of this.#excused.values()) devices.delete(this.#parts.self);
  }

  #tell(): void {
    const ids = Array.from(this.#telling, (key) => chunkId(idOfKey(key)));
    this.#telling = new Set();
    const { transport } = this.#parts;
    for (let at = 0; at < ids.length; at += haveIdsMax) {
      const body = writeIds(ids.slice(at, at + haveIdsMax));
      for (const { device } of transport.peers()) transport.notify(device, 'chunk/excuse', body);
    }
  }

  #note(device: DeviceId, key: ChunkKey): void {
    const devices = this.#excused.get(key) ?? new Map<DeviceId, number>();
    this.#excused.delete(key);
    this.#excused.set(key, devices.set(device, this.#parts.clock.monotonicMs() + this.#parts.excuseMs));
    const [oldest] = this.#excused.keys();
    if (this.#excused.size > excusesMax && oldest !== undefined) this.#excused.delete(oldest);
  }
}
