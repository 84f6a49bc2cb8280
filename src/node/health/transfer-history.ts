/** Bytes that moved with other devices, by day, for a year: kept in the local database, which may be made again. */
import { decode, encode } from '../../crypto/index.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError, sentenceOf } from '../../model/errors.ts';
import type { DeviceId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { TransferDayView } from '../../model/views/topology.ts';

/** Bounds the list, also against a clock that jumps. */
export const daysMax = 366;
/** More devices than a network has; of one day the first so many are counted. */
const devicesMax = 1000;
const saveEveryMs = 60_000;

type Day = Map<string, { sentBytes: number; receivedBytes: number }>;

export interface TransferHistoryParts {
  /** Gives what moved since the last call. */
  traffic: { take(): { device: DeviceId; sentBytes: number; receivedBytes: number }[] };
  /** A store used by nothing else (`withPrefix`). */
  store: OrderedStore;
  clock: Clock;
  log: Log;
}

export class TransferHistory {
  readonly #parts: TransferHistoryParts;
  readonly #days = new Map<string, Day>();
  /** Days that changed since they were saved. */
  readonly #dirty = new Set<string>();
  #timer: Timer | undefined;

  constructor(parts: TransferHistoryParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    for await (const [key, value] of this.#parts.store.range({ gte: '', lt: '\u00ff' }))
      this.#remember(key, value);
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#save();
  }

  /** The newest day first. @param count days at most */
  list(count: number): TransferDayView[] {
    this.#collect();
    return [...this.#days]
      .sort(([a], [b]) => (a < b ? 1 : -1))
      .slice(0, count)
      .map(([day, devices]) => ({
        day,
        devices: [...devices].map(([deviceId, moved]) => ({ deviceId, ...moved })),
      }));
  }

  #schedule(): void {
    this.#timer = this.#parts.clock.after(saveEveryMs, () => {
      void this.#save().finally(() => this.#schedule());
    });
  }

  /** Adds what moved to the day that it is now. */
  #collect(): void {
    const moved = this.#parts.traffic.take();
    if (moved.length === 0) return;
    const today = dayOf(this.#parts.clock.wallMs());
    const day: Day = this.#days.get(today) ?? new Map();
    this.#days.set(today, day);
    for (const { device, sentBytes, receivedBytes } of moved) {
      const before = day.get(device);
      if (before === undefined && day.size >= devicesMax) continue;
      day.set(device, {
        sentBytes: (before?.sentBytes ?? 0) + sentBytes,
        receivedBytes: (before?.receivedBytes ?? 0) + receivedBytes,
      });
    }
    this.#dirty.add(today);
  }

  async #save(): Promise<void> {
    this.#collect();
    const { log, store } = this.#parts;
    const dropped = [...this.#days.keys()].sort().slice(0, Math.max(0, this.#days.size - daysMax));
    for (const day of dropped) this.#days.delete(day);
    const saved = [...this.#dirty].filter((day) => this.#days.has(day));
    if (saved.length === 0 && dropped.length === 0) return;
    this.#dirty.clear();
    try {
      await store.batch([
        ...dropped.map((key) => ({ key, value: null })),
        ...saved.map((key) => ({ key, value: encode(Object.fromEntries(this.#days.get(key) ?? [])) })),
      ]);
    } catch (error) {
      // Figures are no promise: they are saved with the next ones.
      for (const day of saved) this.#dirty.add(day);
      log.warn({ why: sentenceOf(error) }, 'transfer statistics could not be saved');
    }
  }

  /** Drops a day that cannot be read. */
  #remember(key: string, value: Uint8Array): void {
    try {
      const read = decode(value);
      if (/^\d{4}-\d\d-\d\d$/.test(key) && isDay(read)) this.#days.set(key, new Map(Object.entries(read)));
    } catch (error) {
      if (!isPeerstorError(error)) throw error;
      this.#parts.log.warn({ why: error.message }, 'the transfer statistics of a day could not be read');
    }
  }
}

function isDay(value: unknown): value is Record<string, { sentBytes: number; receivedBytes: number }> {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every(
    (moved: { sentBytes?: unknown; receivedBytes?: unknown } | null) =>
      Number.isSafeInteger(moved?.sentBytes) && Number.isSafeInteger(moved?.receivedBytes),
  );
}

/** In the local time of this machine. */
function dayOf(wallMs: number): string {
  const date = new Date(wallMs);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
