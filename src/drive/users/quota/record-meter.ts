/**
 * Limits how much a drive may write into the catalog. Every device keeps every record for ever, so folders with
 * many long tags, made again and again, would fill the homes of all devices without a byte of content. The
 * limits are generous: ordinary use never meets them, only a flood does. It counts the records of this device, and
 * those of others that were written within a day. A restart forgets nothing.
 */
import type { Clock } from '../../../model/clock.ts';
import type { Draft } from '../../../model/contracts/catalog.ts';
import { idKey } from '../../../model/contracts/ordered-store.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { type UserId, userId } from '../../../model/ids.ts';
import { type CatalogRecord, hlcTicksPerMs } from '../../../model/records.ts';
import type { CountRows } from './count-rows.ts';

export interface RecordBounds {
  recordsPerDay: number;
  bytesPerDay: number;
}

const dayMs = 86_400_000;

interface Day {
  beganMs: number;
  records: number;
  bytes: number;
}

export class RecordMeter {
  readonly #clock: Clock;
  readonly #bounds: RecordBounds;
  readonly #rows: CountRows;
  readonly #days = new Map<UserId, Day>();

  constructor(clock: Clock, bounds: RecordBounds, rows: CountRows) {
    this.#clock = clock;
    this.#bounds = bounds;
    this.#rows = rows;
  }

  /**
   * Call it before writing records into a drive, whoever writes them. Records that delete always pass.
   * @throws `quota-exceeded` with the seconds to wait, when too much was written within a day
   */
  requireRoom(owner: UserId, drafts: readonly Draft[]): void {
    const day = this.#dayOf(owner);
    const isOver = day.records >= this.#bounds.recordsPerDay || day.bytes >= this.#bounds.bytesPerDay;
    if (!isOver || drafts.every(deletes)) return;
    const retryAfterS = Math.ceil((day.beganMs + dayMs - this.#clock.elapsedMs()) / 1000);
    const sentence =
      'So much was changed in this drive today that its list of files would grow too large; try again tomorrow.';
    throw new PeerstorError('quota-exceeded', sentence, { details: { retryAfterS } });
  }

  written(owner: UserId, records: readonly Pick<CatalogRecord, 'bytes'>[]): void {
    const day = this.#dayOf(owner);
    day.records += records.length;
    for (const { bytes } of records) day.bytes += bytes.length;
    this.#rows.set(keyOf(owner), [day.beganMs, day.records, day.bytes]);
  }

  /** Counts a record of another device. An older record was counted there, on its day. */
  heard({ body, bytes, hlc }: CatalogRecord): void {
    const owner = ownerIn(body);
    const isOld = hlc / hlcTicksPerMs < this.#clock.wallMs() - dayMs;
    if (owner !== undefined && !isOld) this.written(owner, [{ bytes }]);
  }

  #dayOf(owner: UserId): Day {
    const nowMs = this.#clock.elapsedMs();
    let day = this.#days.get(owner) ?? this.#kept(owner);
    if (!day || day.beganMs > nowMs || nowMs - day.beganMs >= dayMs) {
      day = { beganMs: nowMs, records: 0, bytes: 0 };
    }
    this.#days.set(owner, day);
    return day;
  }

  #kept(owner: UserId): Day | undefined {
    const [beganMs, records, bytes] = this.#rows.get(keyOf(owner)) ?? [];
    if (beganMs === undefined || records === undefined || bytes === undefined) return undefined;
    return { beganMs, records, bytes };
  }
}

/** Row: d ‖ user → start of the day in elapsed ms, records, bytes */
function keyOf(owner: UserId): string {
  return `d${idKey(owner)}`;
}

function ownerIn(body: unknown): UserId | undefined {
  if (typeof body !== 'object' || body === null || !('owner' in body)) return undefined;
  const { owner } = body;
  return typeof owner === 'string' && /^[0-9a-f]{64}$/.test(owner) ? userId(owner) : undefined;
}

/** True for a record that trashes, purges, or ends a grant. */
function deletes({ table, body }: Draft): boolean {
  if (body === null) return true;
  if (table === 'entry') return body.trashedAt !== null;
  return table === 'grant' && body.revoked;
}
