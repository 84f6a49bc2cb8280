/**
 * Repairs a damaged value that somebody reads while the catalog runs. That call fails. Then a damaged record is
 * removed from the log, so that the outbox or a peer brings it again; a damaged register is rebuilt from the log; for
 * anything else the next start rebuilds the database.
 */
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError, sentenceOf } from '../../model/errors.ts';
import type { CatalogRecord } from '../../model/records.ts';
import {
  dotOfLogKey,
  empty,
  idOfRegisterKey,
  meta,
  registerKey,
  tableOfRegisterKey,
  wholeLog,
} from '../records/store-layout.ts';
import { addRecords } from '../registers/registers.ts';
import type { CatalogState } from '../state/catalog-state.ts';
import type { Writer } from '../writing/writer.ts';
import { restoreFromOutbox } from './start.ts';

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
    batch: (changes, options) => store.batch(changes, options),
    async *range(bounds) {
      try {
        yield* store.range(bounds);
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
    if (key.startsWith('l')) await this.#dropRecord(key);
    else if (key.startsWith('r')) await this.#remakeRegister(key);
    else await store.batch([{ key: meta.damaged, value: empty }], { sync: true });
  }

  async #dropRecord(key: string): Promise<void> {
    const { store, self } = this.#state;
    const dot = dotOfLogKey(key);
    await store.batch([{ key, value: null }], { sync: true });
    this.#state.forget(dot);
    this.#state.rows -= 1;
    if (dot.device !== self) return;
    // Not awaited: it queues for the same writer. A peer brings whatever it does not.
    restoreFromOutbox(this.#state, this.#writer).catch(() => undefined);
  }

  async #remakeRegister(key: string): Promise<void> {
    const { store } = this.#state;
    const table = tableOfRegisterKey(key);
    const id = idOfRegisterKey(table, key);
    const records: CatalogRecord[] = [];
    for await (const [at] of store.range(wholeLog)) {
      const record = this.#state.find(dotOfLogKey(at));
      if (record && registerKey(record.table, record.id) === registerKey(table, id)) records.push(record);
    }
    await store.batch([{ key, value: null }], { sync: true });
    this.#state.rows -= 1;
    const change = this.#writer.begin();
    addRecords(change, records);
    await this.#writer.commit(change);
  }
}
