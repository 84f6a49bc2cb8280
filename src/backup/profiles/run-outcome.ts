/** What became of one run. */
import { isPeerstorError } from '../../model/errors.ts';

export interface Counts {
  added: number;
  changed: number;
  moved: number;
  deleted: number;
  unchanged: number;
  bytes: number;
  /** Files that are being written: the next run takes them. */
  waiting: number;
}

export interface RunOutcome {
  counts: Counts;
  failed: { path: string; code: string; message: string }[];
  failures: number;
  /** Symbolic links of the source, which are left out. */
  links?: number;
  snapshot: string | null;
  /** Why the brake stopped it. */
  braked: string | undefined;
  /** Losses of this run, where it was not braked. */
  loss: number;
}

/** The rest of the run would fail the same way. */
const fatalCodes = [
  'aborted',
  'disk-full',
  'quota-exceeded',
  'not-signed-in',
  'forbidden',
  'no-network',
  'clock-wrong',
] as const;

export function isFatal(error: unknown): boolean {
  return fatalCodes.some((code) => isPeerstorError(error, code));
}
