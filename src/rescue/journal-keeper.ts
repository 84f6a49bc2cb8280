/** Keeps the catalog journals of all volumes of this device up to date, while the device runs. */
import type { Timer } from '../model/clock.ts';
import type { Catalog } from '../model/contracts/catalog.ts';
import type { ChunkStore } from '../model/contracts/chunk-store.ts';
import { sentenceOf } from '../model/errors.ts';
import type { VolumeId } from '../model/ids.ts';
import type { Log } from '../model/log.ts';
import { JournalFile, type JournalParts } from './journal-file.ts';

export interface JournalKeeperOptions extends JournalParts {
  changes: Pick<Catalog, 'onChange'>;
  store: Pick<ChunkStore, 'usage'>;
  /** Between a change and its being written. */
  afterMs: number;
  log: Log;
}

export class JournalKeeper {
  readonly #options: JournalKeeperOptions;
  readonly #journals = new Map<VolumeId, JournalFile>();
  readonly #failing = new Set<VolumeId>();
  #unsubscribe: (() => void) | undefined;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;

  constructor(options: JournalKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#unsubscribe) return;
    this.#unsubscribe = this.#options.changes.onChange(() => this.#later());
    // Volumes that were added, and what the last process could not write.
    this.#later();
  }

  /** Writes what is still to be written. */
  async stop(): Promise<void> {
    if (!this.#unsubscribe) return;
    this.#unsubscribe();
    this.#unsubscribe = undefined;
    const isDue = this.#timer !== undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#running;
    if (isDue) await this.#run();
  }

  #later(): void {
    if (this.#timer || !this.#unsubscribe) return;
    const { clock, afterMs } = this.#options;
    this.#timer = clock.after(afterMs, () => {
      this.#timer = undefined;
      this.#running = (this.#running ?? Promise.resolve()).then(() => this.#run());
    });
  }

  /** A volume that is missing or full costs its own journal only. */
  async #run(): Promise<void> {
    const { store, log } = this.#options;
    for (const { id, path, state } of store.usage().volumes) {
      if (state === 'missing' || state === 'failed') {
        this.#journals.delete(id);
        continue;
      }
      let journal = this.#journals.get(id);
      if (!journal) {
        journal = new JournalFile(this.#options, path);
        this.#journals.set(id, journal);
      }
      try {
        await journal.bringUpToDate();
        this.#failing.delete(id);
      } catch (error) {
        this.#journals.delete(id);
        this.#later();
        if (this.#failing.has(id)) continue;
        this.#failing.add(id);
        log.warn({ volume: path }, `The catalog is not written beside the chunks: ${sentenceOf(error)}`);
      }
    }
  }
}
