/** Computes digests from the rows of the database, and lists records so that peers can find a difference. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { DeviceId, Revision } from '../../model/ids.ts';
import { bucketOf, Digests } from '../records/digest.ts';
import { isTable } from '../records/record-bodies.ts';
import { decodeRegister, dotOfHeld, type Held, isCounted } from '../records/register-row.ts';
import {
  allRegisters,
  idOfRegisterKey,
  logKey,
  registersOf,
  tableOfRegisterKey,
} from '../records/store-layout.ts';
import type { CatalogState } from '../state/catalog-state.ts';
import type { Writer } from '../writing/writer.ts';

/** Rows per event-loop turn. */
const rowsAtOnce = 500;
/** Records in one list: with 80 bytes each it fits a frame. */
const listMax = 8000;
/** A longer history is cut off: the rest is found once the listed buckets are equal. */
const historyMax = 12_000;

/** Tables in one message, 2 KiB each, so that it fits a frame. Tables of newer devices get the remaining room. */
const tablesMax = 128;

/** Digests and the vector that they belong to. */
export interface DigestsAt {
  readonly vector: ReadonlyMap<DeviceId, number>;
  readonly tables: ReadonlyMap<string, Uint8Array>;
}

export interface CountedRecord {
  readonly device: DeviceId;
  readonly seq: number;
  readonly revision: Revision;
}

export class DigestScan {
  readonly #state: CatalogState;
  readonly #writer: Writer;
  #running: Promise<Digests> | undefined;

  constructor(state: CatalogState, writer: Writer) {
    this.#state = state;
    this.#writer = writer;
  }

  async now(): Promise<DigestsAt> {
    const digests = await this.#ready();
    const { known = [], newer = [] } = Object.groupBy(digests.tables().sort(), (table) =>
      isTable(table) ? 'known' : 'newer',
    );
    const counted = [...known, ...newer]
      .map((table) => [table, digests.of(table)] as const)
      .filter(([, digest]) => digest.some((byte) => byte !== 0));
    return { vector: new Map(this.#state.vector), tables: new Map(counted.slice(0, tablesMax)) };
  }

  /**
   * Counted records of some buckets of a table, in the order of their ids.
   * @param after the id that the last list ended with
   */
  async list(
    table: string,
    buckets: ReadonlySet<number>,
    after?: string,
  ): Promise<{ records: CountedRecord[]; next: string | undefined }> {
    const records: CountedRecord[] = [];
    let rows = 0;
    for await (const [key, row] of this.#state.store.range(registersOf(table, after))) {
      const register = decodeRegister(row);
      for (const held of register) {
        if (!buckets.has(bucketOf(held.revision)) || !this.#isHere(table, held)) continue;
        if (records.length >= historyMax) break;
        const { device, seq, revision } = held;
        records.push({ device, seq, revision });
      }
      if (records.length >= listMax) return { records, next: idOfRegisterKey(table, key) };
      rows += 1;
      if (rows % rowsAtOnce === 0) await breathe();
    }
    return { records, next: undefined };
  }

  /** The first call reads every register; afterwards the writer updates the digests. */
  async #ready(): Promise<Digests> {
    if (this.#state.digests) return this.#state.digests;
    this.#running ??= this.#scan().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Call it when lost records are back: the digests are then computed anew. */
  async forget(): Promise<void> {
    await this.#running;
    this.#state.digests = undefined;
  }

  async #scan(): Promise<Digests> {
    const scanned = new Digests();
    const changed = new Digests();
    const rows = this.#state.store.range(allRegisters)[Symbol.asyncIterator]();
    // The snapshot is taken between two changes; later changes are counted separately.
    let next = await this.#writer.run(() => {
      this.#state.pendingDigests = changed;
      return rows.next();
    });
    let isWhole = false;
    try {
      for (let count = 1; !next.done; count += 1) {
        const [key, row] = next.value;
        const table = tableOfRegisterKey(key);
        for (const held of decodeRegister(row)) {
          if (this.#isHere(table, held)) scanned.toggle(table, held.revision);
        }
        if (count % rowsAtOnce === 0) await breathe();
        next = await rows.next();
      }
      isWhole = this.#state.pendingDigests === changed;
      scanned.join(changed);
      if (isWhole) this.#state.digests = scanned;
    } finally {
      this.#state.pendingDigests = undefined;
      await rows.return?.();
    }
    // Meanwhile new signers became known whose records the scan had skipped: see `Writer`.
    return isWhole ? scanned : this.#scan();
  }

  /** Counts only records that the log still has, even if the register names more. */
  #isHere(table: string, held: Held): boolean {
    if (!isTable(table) && !this.#state.authority.knows(held.owner)) return false;
    return isCounted(table, held) && this.#state.store.get(logKey(dotOfHeld(held))) !== undefined;
  }
}
