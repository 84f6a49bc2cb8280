/** Starts and stops a catalog, and does its periodic work in between. */
import type { Timer } from '../model/clock.ts';
import { isPeerstorError, sentenceOf } from '../model/errors.ts';
import type { Acknowledgements } from './durability/acknowledgements.ts';
import { compact } from './durability/compaction.ts';
import { endInOrder, openState, restoreFromOutbox } from './durability/start.ts';
import { empty, meta } from './records/store-layout.ts';
import type { CatalogState } from './state/catalog-state.ts';
import { countRows } from './state/row-counts.ts';
import { applyDue, holdEarly, noteEarly } from './writing/reexamine.ts';
import type { Writer } from './writing/writer.ts';

const minuteMs = 60_000;
/** How often due records are checked for, and acknowledgements are stored. */
const tickMs = 15_000;
/** After a start that trusted what a clean end had left, once people were served. */
const countAfterMs = minuteMs;
const compactEveryMs = 60 * minuteMs;
/** When the wall clock goes back by more than this between two ticks, somebody set it. */
const setBackMs = minuteMs;

export class Upkeep {
  readonly #state: CatalogState;
  readonly #writer: Writer;
  readonly #acknowledgements: Acknowledgements;
  #stopping = new AbortController();
  #starting: Promise<void> | undefined;
  #timer: Timer | undefined;
  #counting: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #nextCompactionMs = 0;
  #driftMs = 0;

  constructor(state: CatalogState, writer: Writer, acknowledgements: Acknowledgements) {
    this.#state = state;
    this.#writer = writer;
    this.#acknowledgements = acknowledgements;
  }

  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async stop(): Promise<void> {
    if (!this.#starting) return;
    const started = await this.#starting.then(
      () => true,
      () => false,
    );
    this.#starting = undefined;
    this.#stopping.abort();
    this.#timer?.cancel();
    this.#counting?.cancel();
    await this.#running;
    await this.#writer.idle();
    this.#writer.stop();
    this.#state.running = false;
    if (started && !this.#state.failure) {
      await this.#acknowledgements.save();
      await endInOrder(this.#state);
    }
    await this.#state.outbox.close();
  }

  async #start(): Promise<void> {
    this.#stopping = new AbortController();
    const { clock } = this.#state;
    this.#state.running = true;
    this.#state.failure = undefined;
    const { endedInOrder, areRowsCounted } = await openState(this.#state, this.#writer);
    await this.#acknowledgements.load();
    this.#driftMs = clock.wallMs() - clock.monotonicMs();
    this.#nextCompactionMs = clock.monotonicMs() + compactEveryMs;
    if (!endedInOrder) this.#inBackground(() => this.#restoreLost());
    if (!areRowsCounted) this.#countLater();
    this.#tickLater();
  }

  /** Looks whether all rows are there. If not, the next start makes the database again. */
  #countLater(): void {
    this.#counting = this.#state.clock.after(countAfterMs, () => this.#inBackground(() => this.#count()));
  }

  async #count(): Promise<void> {
    const { store, log } = this.#state;
    try {
      await countRows(store, this.#stopping.signal);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      if (!isPeerstorError(error, 'index-corrupt')) throw error;
      // A damaged value has been read, and is being repaired: the others are counted after it.
      if (error.details.key !== undefined) return this.#countLater();
      log.error({}, `${sentenceOf(error)} Restart this device to have it made again.`);
      await store.batch([{ key: meta.damaged, value: empty }], { sync: true });
    }
  }

  /** After a crash the database may have lost records silently; the outbox tells which. */
  async #restoreLost(): Promise<void> {
    const restored = await restoreFromOutbox(this.#state, this.#writer, this.#stopping.signal);
    if (restored > 0)
      this.#state.log.warn({ restored }, 'Records that the database had lost came back from the outbox.');
  }

  #tickLater(): void {
    if (this.#stopping.signal.aborted) return;
    this.#timer = this.#state.clock.after(tickMs, () => {
      this.#inBackground(() => this.#tick());
      this.#inBackground(async () => this.#tickLater());
    });
  }

  async #tick(): Promise<void> {
    const { clock } = this.#state;
    const driftMs = clock.wallMs() - clock.monotonicMs();
    if (driftMs < this.#driftMs - setBackMs)
      await this.#writer.run(() => holdEarly(this.#state, this.#writer));
    this.#driftMs = driftMs;
    await this.#writer.run(async () => {
      await applyDue(this.#state, this.#writer);
      await noteEarly(this.#state);
    });
    await this.#acknowledgements.save();
    if (clock.monotonicMs() < this.#nextCompactionMs) return;
    this.#nextCompactionMs = clock.monotonicMs() + compactEveryMs;
    await compact(this.#state, this.#writer, this.#acknowledgements.vectors);
  }

  #inBackground(task: () => Promise<void>): void {
    this.#running = this.#running.then(async () => {
      if (this.#stopping.signal.aborted) return;
      try {
        await task();
      } catch (error) {
        this.#state.log.error({ error: sentenceOf(error) }, 'The upkeep of the catalog failed.');
      }
    });
  }
}
