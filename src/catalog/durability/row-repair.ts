/**
 * Repairs a damaged value that somebody reads while the catalog runs. That call fails. Then a damaged record is
 * put back from the outbox, or else removed from the log, so that a peer brings it again; a damaged register is rebuilt
 * from the log; for anything else the next start rebuilds the database. Each repair is one batch with the right number
 * of rows: a stop or a kill at any time leaves the state before it or after it.
 */
import { decoded, type OrderedStore, pagesOf } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError, sentenceOf } from '../../model/errors.ts';
import type { CatalogRecord } from '../../model/records.ts';
import { parseRecord } from '../records/record-format.ts';
import {
  type Dot,
  dotOfLogKey,
  empty,
  idOfRegisterKey,
  logKey,
  meta,
  registerKey,
  tableOfRegisterKey,
  wholeLog,
} from '../records/store-layout.ts';
import { addRecords } from '../registers/registers.ts';
import type { CatalogState } from '../state/catalog-state.ts';
import type { Writer } from '../writing/writer.ts';

/** @param onDamaged called with the key of each damaged value that somebody reads */
export function watchDamage(store: OrderedStore, onDamaged: (key: string) => void): OrderedStore {
  const told = (error: unknown): unknown => {
    if (isPeerstorError(error, 'index-corrupt') && typeof error.details.key === 'string')
      onDamaged(error.details.key);
    return error;
  };
  return {
    asLeft: store.asLeft === true,
    get(key) {
      try {
        return store.get(key);
      } catch (error) {
        throw told(error);
      }
    },
    getDecoded(key, decode) {
      try {
        return decoded(store, key, decode);
      } catch (error) {
        throw told(error);
      }
    },
    batch: (changes, options) => store.batch(changes, options),
    async *range(bounds) {
      try {
        yield* store.range(bounds);
      } catch (error) {
        throw told(error);
      }
    },
    async *pages(bounds) {
      try {
        yield* pagesOf(store, bounds);
      } catch (error) {
        throw told(error);
      }
    },
    close: () => store.close(),
  };
}

export class RowRepair {
  readonly #state: CatalogState;
  readonly #writer: Writer;
  readonly #onMended: () => Promise<void>;
  readonly #keys = new Set<string>();

  /** @param onMended called when digests must be computed anew */
  constructor(state: CatalogState, writer: Writer, onMended: () => Promise<void>) {
    this.#state = state;
    this.#writer = writer;
    this.#onMended = onMended;
  }

  /** Begins the repair of a value. Idempotent. */
  found(key: string): void {
    const { running, log } = this.#state;
    if (!running || this.#keys.has(key)) return;
    this.#keys.add(key);
    this.#writer
      .run(() => this.#mend(key))
      .then(() => this.#onMended())
      .catch((error: unknown) => {
        log.error(
          { error: sentenceOf(error) },
          'A damaged value could not be repaired; the next start repairs it.',
        );
      })
      .finally(() => this.#keys.delete(key));
  }

  async #mend(key: string): Promise<void> {
    const { log, audit, store } = this.#state;
    const sentence = 'A value of the catalog on this device was damaged. It is being rebuilt.';
    log.warn({ table: key.charAt(0) }, sentence);
    audit.note({ event: 'catalog-damaged', sentence });
    if (key.startsWith('l')) await this.#remakeRecord(dotOfLogKey(key));
    else if (key.startsWith('r')) await this.#remakeRegister(key);
    else await store.batch([{ key: meta.damaged, value: empty }], { sync: true });
  }

  /** One batch removes the record, corrects the number of rows, and puts the record back if the outbox has it. */
  async #remakeRecord(dot: Dot): Promise<void> {
    const status = this.#look(logKey(dot));
    if (status === 'readable') return;
    const record = await this.#inOutbox(dot);
    // It was removed before, and is not subtracted again: a peer brings it.
    if (status === 'absent' && !record) return;
    const change = this.#writer.begin();
    // A row that the outbox has is never removed, so that one that is absent was lost, and is counted still.
    change.dropDamagedRecord(dot);
    if (record) addRecords(change, [record]);
    await this.#writer.commit(change);
    if (!record) this.#state.forget(dot);
  }

  async #inOutbox(dot: Dot): Promise<CatalogRecord | undefined> {
    const { self, outbox } = this.#state;
    if (dot.device !== self || dot.seq <= outbox.forgottenSeq) return undefined;
    for await (const bytes of outbox.records()) {
      const { record } = parseRecord(bytes);
      if (record.seq === dot.seq && (dot.fork ?? record.revision) === record.revision) return record;
    }
    return undefined;
  }

  /** One batch replaces the register: a stop in between would leave neither. */
  async #remakeRegister(key: string): Promise<void> {
    if (this.#look(key) === 'readable') return;
    const { store } = this.#state;
    const table = tableOfRegisterKey(key);
    const id = idOfRegisterKey(table, key);
    const records: CatalogRecord[] = [];
    for await (const [at] of store.range(wholeLog)) {
      const record = this.#state.find(dotOfLogKey(at));
      if (record && registerKey(record.table, record.id) === registerKey(table, id)) records.push(record);
    }
    const change = this.#writer.begin();
    change.batch.deleteDamaged(key);
    addRecords(change, records);
    await this.#writer.commit(change);
  }

  #look(key: string): 'readable' | 'absent' | 'damaged' {
    try {
      return this.#state.store.get(key) === undefined ? 'absent' : 'readable';
    } catch (error) {
      if (isPeerstorError(error, 'index-corrupt')) return 'damaged';
      throw error;
    }
  }
}
