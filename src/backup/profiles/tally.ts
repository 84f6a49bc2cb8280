import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import type { Counts, RunOutcome } from './run-outcome.ts';

/** Failed files that are named; all are counted. */
const failedShown = 100;

/** What one run of a backup or sync did so far. */
export class Tally {
  readonly counts: Counts = {
    added: 0,
    changed: 0,
    moved: 0,
    deleted: 0,
    unchanged: 0,
    bytes: 0,
    waiting: 0,
  };
  readonly failed: RunOutcome['failed'] = [];
  failures = 0;
  links = 0;
  readonly #onProgress: (counts: Counts) => void;

  constructor(onProgress: (counts: Counts) => void) {
    this.#onProgress = onProgress;
  }

  /** One more file is done. */
  count(what: 'added' | 'changed' | 'moved' | 'deleted'): void {
    this.counts[what] += 1;
    this.#onProgress(this.counts);
  }

  fail(path: string, error: unknown): void {
    this.failures += 1;
    if (this.failed.length >= failedShown) return;
    const code = error instanceof PeerstorError ? error.code : 'local-file';
    this.failed.push({ path, code, message: sentenceOf(error) });
  }
}
