/** One piece of work that many wait for together. */

/**
 * Runs `work` once for everyone who asked before it began, and never twice at a time: whoever asks
 * while it runs shares the next run, because the one under way may have passed them already. A lone
 * caller never waits for company. This is group commit for index batches and for folder syncs.
 */
export class SharedRun {
  readonly #work: () => Promise<void>;
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Resolves when a run that began after this call is done; rejects when that run failed. */
  run(): Promise<void> {
    this.#next ??= this.#begin();
    return this.#next;
  }

  async #begin(): Promise<void> {
    await this.#last;
    this.#next = undefined;
    const run = this.#work();
    // Everyone who shares the run hears of its failure; the next run only waits for its end.
    this.#last = run.catch(() => undefined);
    await run;
  }
}
