/**
 * One change of the catalog in the making: rows for one durable batch, and the new state in memory, which takes
 * effect once the batch is on disk. Reads through it see what it will write.
 */
import type { DeviceId, EntryId, Revision } from '../../model/ids.ts';
import type { CatalogRecord, Hlc } from '../../model/records.ts';
import { Digests } from '../records/digest.ts';
import type { LogHead } from '../records/log-head.ts';
import { decodeRegister, encodeRegister, type Register } from '../records/register-row.ts';
import { type Dot, dotKey, logKey, registerKey } from '../records/store-layout.ts';
import { Authority } from '../rights/authority.ts';
import type { AuthorityRecord } from '../rights/authority-fold.ts';
import { Batch } from './batch.ts';
import type { CatalogState } from './catalog-state.ts';

export interface RegisterName {
  readonly table: string;
  readonly id: string;
}

export class Change {
  readonly state: CatalogState;
  readonly batch: Batch;
  /** Records with a later stamp are not applied yet. */
  readonly dueUpTo: Hlc;
  readonly nowMs: number;
  authority: Authority;
  authorityRecords: ReadonlyMap<Revision, AuthorityRecord>;
  ownSeq: number;
  readonly vector = new Map<DeviceId, number>();
  /** Heads that are newer than the known ones. */
  readonly heads = new Map<DeviceId, LogHead>();
  /** New records for the log of each device. */
  readonly highest = new Map<DeviceId, number>();
  readonly tables = new Set<string>();
  readonly digests = new Digests();
  /** Entries whose register changed: their places are computed before the commit. */
  readonly entries = new Set<EntryId>();
  /** Records that wait for their time. */
  readonly early: CatalogRecord[] = [];
  /** Registers to report to the listeners, with a record to report where no winner is left. */
  readonly told = new Map<string, RegisterName & { record?: CatalogRecord }>();
  /** Keys of those of them whose records count otherwise than before; the others only have another place. */
  readonly #changed = new Set<string>();
  readonly #fresh = new Map<string, CatalogRecord>();
  /** Empty places of the log: new records ask for them again and again. */
  readonly #absent = new Set<string>();
  readonly #registers = new Map<string, Register>();
  readonly #origin: Change | undefined;

  constructor(state: CatalogState, origin?: Change) {
    this.state = state;
    this.#origin = origin;
    this.batch = origin ? origin.batch.fork() : new Batch(state.store);
    this.dueUpTo = origin?.dueUpTo ?? state.hybrid.dueUpTo();
    this.nowMs = origin?.nowMs ?? state.clock.wallMs();
    this.authority = origin?.authority ?? state.authority;
    this.authorityRecords = origin?.authorityRecords ?? state.authorityRecords;
    this.ownSeq = origin?.ownSeq ?? state.ownSeq;
  }

  /** A part of this change that can be dropped by itself; `join` keeps it. */
  fork(): Change {
    return new Change(this.state, this);
  }

  join(fork: Change): void {
    this.batch.join(fork.batch);
    this.authority = fork.authority;
    this.authorityRecords = fork.authorityRecords;
    this.ownSeq = fork.ownSeq;
    for (const [device, seq] of fork.vector) this.vector.set(device, seq);
    for (const [device, seq] of fork.highest) this.#reachedUp(device, seq);
    for (const table of fork.tables) this.tables.add(table);
    this.digests.join(fork.digests);
    for (const entry of fork.entries) this.entries.add(entry);
    this.early.push(...fork.early);
    for (const [key, told] of fork.told) this.told.set(key, told);
    for (const key of fork.#changed) this.#changed.add(key);
    for (const [key, record] of fork.#fresh) this.#fresh.set(key, record);
    for (const [key, register] of fork.#registers) this.#registers.set(key, register);
  }

  register(table: string, id: string): Register {
    const key = registerKey(table, id);
    let register = this.#registers.get(key);
    if (!register) {
      register = decodeRegister(this.batch.get(key));
      this.#registers.set(key, register);
    }
    return register;
  }

  putRegister(table: string, id: string, register: Register): void {
    const key = registerKey(table, id);
    this.#registers.set(key, register);
    if (register.length > 0) this.batch.put(key, encodeRegister(register));
    else this.batch.delete(key);
  }

  /** Is the record due? Records of this device always are, for itself. */
  isDue({ device, hlc }: CatalogRecord): boolean {
    return device === this.state.self || hlc <= this.dueUpTo;
  }

  reaches(device: DeviceId): number {
    return this.vector.get(device) ?? this.#origin?.reaches(device) ?? this.state.vector.get(device) ?? 0;
  }

  /** The newest known head of a log, this change included. */
  headOf(device: DeviceId): LogHead | undefined {
    return this.heads.get(device) ?? this.state.heads.get(device);
  }

  /** Where a record is in the log, or would be. */
  dotOf({ device, seq, revision }: CatalogRecord): Dot {
    const first = this.find({ device, seq });
    return !first || first.revision === revision ? { device, seq } : { device, seq, fork: revision };
  }

  putRecord(record: CatalogRecord): void {
    const dot = this.dotOf(record);
    if (this.find(dot)) this.batch.put(logKey(dot), record.bytes);
    else this.batch.putNew(logKey(dot), record.bytes);
    this.#fresh.set(dotKey(dot), record);
    this.#reachedUp(record.device, record.seq);
  }

  /** Takes a record out of the log that counts as a row, but cannot be read. */
  dropDamagedRecord(dot: Dot): void {
    this.batch.deleteDamaged(logKey(dot));
    this.#absent.add(dotKey(dot));
  }

  #reachedUp(device: DeviceId, seq: number): void {
    this.highest.set(device, Math.max(seq, this.highest.get(device) ?? 0));
  }

  find(dot: Dot): CatalogRecord | undefined {
    const key = dotKey(dot);
    const fresh = this.#fresh.get(key);
    if (fresh || this.#absent.has(key)) return fresh;
    const known = (this.#origin ?? this.state).find(dot);
    if (!known) this.#absent.add(key);
    return known;
  }

  /** Records of this device that will stand in its log, by `dotKey`. */
  *ownWritten(): Iterable<readonly [key: string, record: CatalogRecord]> {
    for (const [key, record] of this.#fresh) {
      const isOwn =
        record.device === this.state.self && this.batch.get(logKey(this.dotOf(record))) !== undefined;
      if (isOwn) yield [key, record];
    }
  }

  /** Reports a register whose records count otherwise than before. */
  tellChanged(table: string, id: string, record?: CatalogRecord): void {
    this.#changed.add(registerKey(table, id));
    this.tell(table, id, record);
  }

  /** Does a register change that no record beyond the present vector speaks of? `CatalogReader.changedSince` cannot find it. */
  isLate(): boolean {
    if (this.#changed.size === 0) return false;
    const found = new Set<string>();
    for (const { device, seq, table, id } of this.#fresh.values()) {
      if (seq > (this.state.vector.get(device) ?? 0)) found.add(registerKey(table, id));
    }
    for (const key of this.#changed) if (!found.has(key)) return true;
    return false;
  }

  tell(table: string, id: string, record?: CatalogRecord): void {
    const known = this.told.get(registerKey(table, id));
    this.told.set(registerKey(table, id), { table, id, ...(record ? { record } : known) });
  }

  setAuthorityRecords(records: ReadonlyMap<Revision, AuthorityRecord>): void {
    this.authorityRecords = records;
    this.authority = new Authority(this.state.genesis.body, [...records.values()]);
  }
}
