/**
 * Copies of the state of unfinished uploads: each device gives what it has to the connected members on which people
 * sign in, and keeps what they give, so that an upload can be finished where it was not begun (decision 0046). All
 * of it is sealed for whoever began the upload; a device that lies gains a row that opens nowhere. What is lost costs
 * bytes that are sent again, so nothing here is synced or waited for.
 */
import { decode, encode, isFields } from '../../crypto/index.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import type { CatalogReader } from '../../model/contracts/catalog.ts';
import { afterPrefix, idKey, idOfKey, type OrderedStore } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import type { UploadCopies, UploadCopy, UploadStates } from '../../model/contracts/uploads.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import { type DeviceId, deviceId, type UploadId, uploadId } from '../../model/ids.ts';
import { uploadCopiesBytesMax, uploadCopiesMax } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';

const stateMethod = 'upload/state';
const endedMethod = 'upload/ended';
/** An upload that is over within this is told to nobody. */
const soonMs = 500;
const answerMs = 10_000;
const batchBytesMax = 256 * 1024;
const headBytesMax = 64 * 1024;
const rowBytesMax = 512 * 1024;
const sweepEveryMs = 10 * 60_000;

/** h ‖ device ‖ upload → head; r ‖ device ‖ upload ‖ u32 → row */
const headPrefix = 'h';
const rowPrefix = 'r';

interface Kept {
  from: DeviceId;
  id: UploadId;
  rows: number;
  bytes: number;
  atMs: number;
}

interface Peer {
  /** Rows that it is known to have. */
  known: Map<UploadId, number>;
  dirty: Set<UploadId>;
  timer: Timer | undefined;
  isRunning: boolean;
}

export interface UploadCopiesParts {
  transport: Transport;
  catalog: Pick<CatalogReader, 'get'>;
  /** Not shared with anything else. */
  store: OrderedStore;
  /** Undefined until the device serves people. */
  states(): UploadStates | undefined;
  clock: Clock;
  log: Log;
  expiryMs: number;
}

/** Registers its handlers at once, so construct it before the transport starts. */
export class NetworkUploadCopies implements UploadCopies {
  readonly #parts: UploadCopiesParts;
  readonly #kept = new Map<string, Kept>();
  readonly #peers = new Map<DeviceId, Peer>();
  readonly #stops: (() => void)[] = [];
  #sweptAtMs = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(parts: UploadCopiesParts) {
    this.#parts = parts;
    parts.transport.handle(stateMethod, (from, body) => this.#take(from, body));
    parts.transport.handle(endedMethod, (from, body) => this.#forget(from, body));
  }

  async start(): Promise<void> {
    const { store, transport, clock, log } = this.#parts;
    try {
      for await (const [key, value] of store.range({ gte: headPrefix, lt: afterPrefix(rowPrefix) })) {
        const name = key.slice(1, 49);
        const kept = this.#kept.get(name) ?? newKept(name, clock.elapsedMs());
        kept.bytes += value.length;
        if (key.startsWith(rowPrefix)) kept.rows += 1;
        this.#kept.set(name, kept);
      }
    } catch (error) {
      log.warn({}, `Copies of unfinished uploads could not be read: ${sentenceOf(error)}`);
    }
    const stop = transport.onPeer(({ kind, device }) => {
      this.#peers.get(device)?.timer?.cancel();
      this.#peers.delete(device);
      if (kind === 'connected') for (const id of this.#parts.states()?.ids() ?? []) this.#mark(device, id);
    });
    this.#stops.push(stop);
  }

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops) stop();
    for (const { timer } of this.#peers.values()) timer?.cancel();
    this.#peers.clear();
  }

  changed(id: UploadId): void {
    for (const { device } of this.#parts.transport.peers()) this.#mark(device, id);
  }

  find(wanted: UploadId): readonly UploadCopy[] {
    return [...this.#copies(wanted)];
  }

  all(): Iterable<UploadCopy> {
    return this.#copies();
  }

  *#copies(wanted?: UploadId): Iterable<UploadCopy> {
    const oldestMs = this.#parts.clock.elapsedMs() - this.#parts.expiryMs;
    for (const [name, { id, rows, atMs }] of this.#kept) {
      if (wanted !== undefined && wanted !== id) continue;
      const head = atMs > oldestMs ? this.#parts.store.get(headPrefix + name) : undefined;
      if (head) yield { id, head, rows: () => this.#rows(name, rows) };
    }
  }

  *#rows(name: string, count: number): Iterable<Uint8Array> {
    for (let row = 0; row < count; row += 1) {
      const bytes = this.#parts.store.get(rowKey(name, row));
      if (!bytes) return;
      yield bytes;
    }
  }

  #mark(device: DeviceId, id: UploadId): void {
    if (this.#stopped || this.#parts.catalog.get('device', device)?.body?.storageOnly !== false) return;
    const peer = this.#peers.get(device) ?? {
      known: new Map(),
      dirty: new Set(),
      timer: undefined,
      isRunning: false,
    };
    this.#peers.set(device, peer);
    peer.dirty.add(id);
    if (peer.isRunning) return;
    peer.timer ??= this.#parts.clock.after(soonMs, () => {
      peer.timer = undefined;
      void this.#run(device, peer);
    });
  }

  async #run(device: DeviceId, peer: Peer): Promise<void> {
    peer.isRunning = true;
    try {
      for (const id of peer.dirty) {
        peer.dirty.delete(id);
        await this.#give(device, peer, id);
      }
    } catch (error) {
      // It has gone, or is of a version that knows no such message; when it returns it is told everything.
      peer.dirty.clear();
      this.#parts.log.debug({ device }, `No copy of an upload could be given: ${sentenceOf(error)}`);
    } finally {
      peer.isRunning = false;
    }
  }

  async #give(device: DeviceId, peer: Peer, id: UploadId): Promise<void> {
    const states = this.#parts.states();
    const head = states?.headOf(id);
    const count = states?.rowsOf(id) ?? 0;
    const known = peer.known.get(id);
    if (known !== undefined && (!head || known > count)) {
      peer.known.delete(id);
      await this.#call(device, endedMethod, { id });
    }
    // One without a chunk is quickly begun anew.
    if (!states || !head || (count === 0 && known === undefined)) return;
    let at = Math.min(known ?? 0, count);
    for (let isFirst = true; isFirst || at < count; isFirst = false) {
      const rows = rowsFrom(states, id, at);
      const answer = await this.#call(device, stateMethod, { id, head, at, rows });
      const has = isFields(answer) && typeof answer.rows === 'number' ? answer.rows : 0;
      peer.known.set(id, has);
      // It has more than there is, or takes no more.
      if (has > count) {
        peer.dirty.add(id);
        return;
      }
      if (has <= at && at < count && !isFirst) return;
      at = has;
    }
  }

  async #call(device: DeviceId, method: string, body: Record<string, unknown>): Promise<unknown> {
    const { transport } = this.#parts;
    return decode(await transport.call(device, method, encode(body), { lane: 'bulk', timeoutMs: answerMs }));
  }

  async #take(from: DeviceId, body: Uint8Array): Promise<Uint8Array> {
    const { store, clock } = this.#parts;
    const { id, head, at, rows } = readState(body);
    await this.#sweep();
    const name = idKey(from) + idKey(id);
    const kept = this.#kept.get(name) ?? { from, id, rows: 0, bytes: 0, atMs: 0 };
    const fresh = at === kept.rows ? rows : [];
    const bytes = fresh.reduce((sum, row) => sum + row.length, 0);
    if (!this.#hasRoom(from, this.#kept.has(name) ? 0 : 1, bytes)) return encode({ rows: kept.rows });
    const changes = fresh.map((value, index) => ({ key: rowKey(name, kept.rows + index), value }));
    await store.batch([...changes, { key: headPrefix + name, value: head }]);
    kept.rows += fresh.length;
    kept.bytes += bytes + head.length;
    kept.atMs = clock.elapsedMs();
    this.#kept.set(name, kept);
    return encode({ rows: kept.rows });
  }

  #hasRoom(from: DeviceId, uploads: number, bytes: number): boolean {
    const own = [...this.#kept.values()].filter((kept) => kept.from === from);
    const kept = own.reduce((sum, one) => sum + one.bytes, 0);
    return own.length + uploads <= uploadCopiesMax && kept + bytes <= uploadCopiesBytesMax;
  }

  async #forget(from: DeviceId, body: Uint8Array): Promise<Uint8Array> {
    const { id } = readFields(body);
    await this.#drop(idKey(from) + idKey(id));
    return encode({});
  }

  async #drop(name: string): Promise<void> {
    const kept = this.#kept.get(name);
    if (!kept) return;
    this.#kept.delete(name);
    const keys = Array.from({ length: kept.rows }, (_, row) => rowKey(name, row));
    await this.#parts.store.batch([headPrefix + name, ...keys].map((key) => ({ key, value: null })));
  }

  async #sweep(): Promise<void> {
    const nowMs = this.#parts.clock.elapsedMs();
    if (nowMs - this.#sweptAtMs < sweepEveryMs) return;
    this.#sweptAtMs = nowMs;
    for (const [name, { atMs }] of this.#kept)
      if (atMs + this.#parts.expiryMs <= nowMs) await this.#drop(name);
  }
}

function newKept(name: string, atMs: number): Kept {
  return {
    from: deviceId(idOfKey(name.slice(0, 32))),
    id: uploadId(idOfKey(name.slice(32))),
    rows: 0,
    bytes: 0,
    atMs,
  };
}

function rowsFrom(states: UploadStates, id: UploadId, from: number): Uint8Array[] {
  const rows: Uint8Array[] = [];
  const count = states.rowsOf(id);
  for (let at = from, bytes = 0; at < count && bytes < batchBytesMax; at += 1) {
    const row = states.row(id, at);
    if (!row || row.length > rowBytesMax) break;
    rows.push(row);
    bytes += row.length;
  }
  return rows;
}

/** @throws `bad-frame` */
function readFields(body: Uint8Array): { id: UploadId; fields: Record<string, unknown> } {
  const fields = decode(body);
  if (isFields(fields) && typeof fields.id === 'string') return { id: uploadId(fields.id), fields };
  throw new PeerstorError('bad-frame', 'The message names no upload.');
}

/** @throws `bad-frame` */
function readState(body: Uint8Array): { id: UploadId; head: Uint8Array; at: number; rows: Uint8Array[] } {
  const { id, fields } = readFields(body);
  const { head, at, rows } = fields;
  const isRow = (row: unknown): row is Uint8Array => row instanceof Uint8Array && row.length <= rowBytesMax;
  const isHead = head instanceof Uint8Array && head.length <= headBytesMax;
  if (isHead && Number.isSafeInteger(at) && Number(at) >= 0 && Array.isArray(rows) && rows.every(isRow)) {
    return { id, head, at: Number(at), rows };
  }
  throw new PeerstorError('bad-frame', 'The message is no state of an upload.');
}

function rowKey(name: string, row: number): string {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(row);
  return rowPrefix + name + number.toString('latin1');
}
