/**
 * The audit log of this device: a ring of the last ten thousand events. A background write saves them once a
 * second; a crash may lose that second. Other devices keep their own logs.
 */
import { decode, encode, isFields } from '../../crypto/index.ts';
import type { AuditView } from '../../model/api.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import type { Audit, AuditEvent } from '../../model/contracts/audit.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';

const eventsMax = 10_000;
/** Events waiting for the disk; in a flood the oldest ones are dropped. */
const waitingMax = 1000;
const writeAfterMs = 1000;
const sentenceLengthMax = 500;
/** Keys are numbers with this many hex digits, so that their order is the order of time. */
const keyDigits = 12;
const firstKey = '0'.repeat(keyDigits);
const endKey = 'g';

interface Row {
  atMs: number;
  event: string;
  sentence: string;
  username: string | null;
  /** Number of equal events in a row. */
  count: number;
}

export interface AuditLogParts {
  /** Used by nothing else. */
  store: OrderedStore;
  clock: Clock;
  log: Log;
  device(): { id: string; name: string };
}

export class AuditLog implements Audit {
  readonly #parts: AuditLogParts;
  readonly #waiting = new Map<number, Row>();
  #next = 1;
  #oldest = 1;
  #last: Row | undefined;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(parts: AuditLogParts) {
    this.#parts = parts;
  }

  static async open(parts: AuditLogParts): Promise<AuditLog> {
    const log = new AuditLog(parts);
    const all = { gte: firstKey, lt: endKey, limit: 1 };
    for await (const [key] of parts.store.range(all)) log.#oldest = Number.parseInt(key, 16);
    for await (const [key] of parts.store.range({ ...all, reverse: true }))
      log.#next = Number.parseInt(key, 16) + 1;
    return log;
  }

  note({ event, sentence, username }: AuditEvent): void {
    const { clock } = this.#parts;
    const row: Row = {
      atMs: Math.max(0, Math.round(clock.wallMs())),
      event,
      sentence: sentence.toWellFormed().slice(0, sentenceLengthMax).toWellFormed(),
      username: username?.toWellFormed() ?? null,
      count: 1,
    };
    if (this.#last && isSame(this.#last, row)) {
      row.count += this.#last.count;
      this.#next -= 1;
    }
    this.#last = row;
    this.#waiting.set(this.#next, row);
    this.#next += 1;
    const [first] = this.#waiting.keys();
    if (this.#waiting.size > waitingMax && first !== undefined) this.#waiting.delete(first);
    this.#timer ??= clock.after(writeAfterMs, () => void this.flush());
  }

  /**
   * Newest first.
   * @param options.before a `nextCursor` of this list
   * @throws `bad-input` for another cursor
   */
  async list(options: {
    limit: number;
    before?: string;
  }): Promise<{ items: AuditView[]; nextCursor: string | null }> {
    await this.flush();
    const { limit, before = endKey } = options;
    if (before !== endKey && !/^[0-9a-f]{12}$/.test(before))
      throw new PeerstorError('bad-input', 'This is not a cursor of the audit log.');
    const items: AuditView[] = [];
    let nextCursor: string | null = null;
    const range = { gte: firstKey, lt: before, reverse: true, limit: limit + 1 };
    let lastKey = '';
    for await (const [key, value] of this.#parts.store.range(range)) {
      if (items.length === limit) {
        nextCursor = lastKey;
        break;
      }
      lastKey = key;
      const row = readRow(value);
      if (row) items.push(this.#view(row));
    }
    return { items, nextCursor };
  }

  /** Resolves when all events so far are written, or the write has failed. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const rows = [...this.#waiting];
    this.#waiting.clear();
    const changes = rows.map(([number, row]) => ({ key: keyOf(number), value: encode({ ...row }) }));
    const dropped: { key: string; value: null }[] = [];
    for (; this.#next - this.#oldest > eventsMax; this.#oldest += 1)
      dropped.push({ key: keyOf(this.#oldest), value: null });
    try {
      await this.#parts.store.batch([...changes, ...dropped]);
    } catch (error) {
      this.#parts.log.warn({ why: sentenceOf(error) }, 'The audit log could not be written.');
    }
  }

  #view({ atMs, event, sentence, username, count }: Row): AuditView {
    const { id, name } = this.#parts.device();
    const times = count > 1 ? ` (${count} times)` : '';
    const at = new Date(atMs).toISOString();
    return { at, deviceId: id, deviceName: name, event, username, sentence: `${sentence}${times}` };
  }
}

function keyOf(number: number): string {
  return number.toString(16).padStart(keyDigits, '0');
}

function isSame(left: Row, right: Row): boolean {
  return left.event === right.event && left.sentence === right.sentence && left.username === right.username;
}

/** undefined for a row that is damaged or has another format: the other rows still count. */
function readRow(value: Uint8Array): Row | undefined {
  try {
    const row = decode(value);
    if (!isFields(row)) return undefined;
    const { atMs, event, sentence, username, count } = row;
    const whole =
      typeof atMs === 'number' &&
      typeof event === 'string' &&
      typeof sentence === 'string' &&
      (username === null || typeof username === 'string') &&
      typeof count === 'number';
    return whole ? { atMs, event, sentence, username, count } : undefined;
  } catch {
    return undefined;
  }
}
