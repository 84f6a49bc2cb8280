/**
 * The audit log of this device: one ring of events of users, admins and the device, and a shorter one of events
 * that anyone can cause. Rows older than `auditKeepMs` go. A background write saves them once a second; a crash may lose that second. Other devices
 * keep their own logs.
 */
import { addressBlock } from '../../model/address-block.ts';
import type { AuditView } from '../../model/api.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import type { Audit, AuditEvent, AuditFilter } from '../../model/contracts/audit.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import { displayText } from '../../model/display-text.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import { auditKeepMs } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import { AuditRing, type AuditRow, digitsOf, endOfRing, type NumberedRow } from './audit-ring.ts';

const eventsMax = 10_000;
/** Rows of unauthenticated events: one per event, cause and hour. */
const strangerRowsMax = 2000;
/** Rows that still count up in this hour. */
const openRowsMax = 1000;
const writeAfterMs = 1000;
/** How often old events are looked for. */
const dropEveryMs = 86_400_000;
/** Looked through at a time for those that are wanted. */
const rowsAtOnce = 500;
const hourMs = 3_600_000;
const sentenceLengthMax = 500;

export interface AuditLogParts {
  /** Used by nothing else. */
  store: OrderedStore;
  clock: Clock;
  log: Log;
  device(): { id: string; name: string };
}

export class AuditLog implements Audit {
  readonly #parts: AuditLogParts;
  readonly #known: AuditRing;
  readonly #strangers: AuditRing;
  /** Rows of unauthenticated events of this hour, by event and cause. */
  readonly #openRows = new Map<string, NumberedRow>();
  #next = 1;
  #droppedAtMs = 0;
  #last: NumberedRow | undefined;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(parts: AuditLogParts) {
    this.#parts = parts;
    this.#known = new AuditRing(parts.store, '', eventsMax);
    this.#strangers = new AuditRing(parts.store, 'x', strangerRowsMax);
  }

  static async open(parts: AuditLogParts): Promise<AuditLog> {
    const log = new AuditLog(parts);
    log.#next = Math.max(await log.#known.open(), await log.#strangers.open()) + 1;
    await log.#dropOld();
    return log;
  }

  note({ event, sentence, username, from }: AuditEvent): void {
    const row: AuditRow = {
      atMs: Math.max(0, Math.round(this.#parts.clock.wallMs())),
      event,
      sentence: cut(displayText(sentence)),
      username: username === undefined ? null : cut(displayText(username)),
      from: from === undefined ? null : cut(displayText(addressBlock(from))),
      count: 1,
    };
    if (row.from === null) this.#noteKnown(row);
    else this.#noteStranger(row);
    this.#timer ??= this.#parts.clock.after(writeAfterMs, () => void this.flush());
  }

  /** Equal events in a row share one row. */
  #noteKnown(row: AuditRow): void {
    const last = this.#last;
    const isSame =
      last?.row.event === row.event &&
      last.row.sentence === row.sentence &&
      last.row.username === row.username;
    if (isSame && last) row.count += last.row.count;
    const number = isSame && last ? last.number : this.#takeNumber();
    this.#last = { number, row };
    this.#known.put(number, row);
  }

  /** Events of one cause in one hour share one row, whatever happens in between. */
  #noteStranger(row: AuditRow): void {
    const key = `${row.event} ${row.from} ${Math.floor(row.atMs / hourMs)}`;
    const open = this.#openRows.get(key);
    if (open) {
      row.count += open.row.count;
      row.atMs = open.row.atMs;
      if (row.username !== open.row.username) row.username = null;
    }
    const numbered = { number: open?.number ?? this.#takeNumber(), row };
    this.#openRows.set(key, numbered);
    const [oldest] = this.#openRows.keys();
    if (this.#openRows.size > openRowsMax && oldest !== undefined) this.#openRows.delete(oldest);
    this.#strangers.put(numbered.number, row);
  }

  #takeNumber(): number {
    this.#next += 1;
    return this.#next - 1;
  }

  /**
   * Newest first.
   * @param options.before a `nextCursor` of this list
   * @throws `bad-input` for another cursor
   */
  async list({
    limit,
    before = endOfRing,
    ...filter
  }: AuditFilter & { limit: number; before?: string }): Promise<{
    items: AuditView[];
    nextCursor: string | null;
  }> {
    await this.flush();
    if (before !== endOfRing && !/^[0-9a-f]{12}$/.test(before))
      throw new PeerstorError('bad-input', 'This is not a cursor of the audit log.');
    const rows: NumberedRow[] = [];
    for (let from = before, more = true; more && rows.length <= limit; ) {
      const looked = await this.#newest(from, Math.max(limit + 1, rowsAtOnce));
      for (const one of looked) if (isWanted(one.row, filter)) rows.push(one);
      const last = looked.at(-1);
      more = last !== undefined;
      if (last !== undefined) from = digitsOf(last.number);
    }
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      items: shown.map(({ row }) => this.#view(row)),
      nextCursor: rows.length > limit && last ? digitsOf(last.number) : null,
    };
  }

  /** Of both rings. */
  async #newest(before: string, limit: number): Promise<NumberedRow[]> {
    const rows = [
      ...(await this.#known.newest(before, limit)),
      ...(await this.#strangers.newest(before, limit)),
    ];
    return rows.sort((one, other) => other.number - one.number).slice(0, limit);
  }

  /** Resolves when all events so far are written, or the write has failed. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const changes = [...this.#known.takeChanges(), ...this.#strangers.takeChanges()];
    if (changes.length === 0) return;
    try {
      if (this.#parts.clock.monotonicMs() - this.#droppedAtMs > dropEveryMs) await this.#dropOld();
      await this.#parts.store.batch(changes);
    } catch (error) {
      this.#parts.log.warn({ why: sentenceOf(error) }, 'The audit log could not be written.');
    }
  }

  async #dropOld(): Promise<void> {
    this.#droppedAtMs = this.#parts.clock.monotonicMs();
    const keptFromMs = this.#parts.clock.wallMs() - auditKeepMs;
    const old = [
      ...(await this.#known.takeOlder(keptFromMs)),
      ...(await this.#strangers.takeOlder(keptFromMs)),
    ];
    if (old.length > 0) await this.#parts.store.batch(old);
  }

  #view({ atMs, event, sentence, username, from, count }: AuditRow): AuditView {
    const { id, name } = this.#parts.device();
    const notes = [
      ...(count > 1 ? [from === null ? `${count} times` : `${count} times within an hour`] : []),
      ...(from === null ? [] : [`from ${from}`]),
    ];
    const more = notes.length === 0 ? '' : ` (${notes.join(', ')})`;
    const at = new Date(atMs).toISOString();
    return { at, deviceId: id, deviceName: name, event, username, sentence: `${sentence}${more}` };
  }
}

function isWanted(row: AuditRow, { event, username, text, fromMs, toMs }: AuditFilter): boolean {
  return (
    (event === undefined || row.event === event) &&
    (username === undefined || row.username?.toLowerCase() === username.toLowerCase()) &&
    (text === undefined || row.sentence.toLowerCase().includes(text.toLowerCase())) &&
    (fromMs === undefined || row.atMs >= fromMs) &&
    (toMs === undefined || row.atMs <= toMs)
  );
}

function cut(text: string): string {
  return text.toWellFormed().slice(0, sentenceLengthMax).toWellFormed();
}
