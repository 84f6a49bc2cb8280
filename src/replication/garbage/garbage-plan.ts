/**
 * Which chunks of this device are garbage, and when sweeping them would be a mistake (I4). Pure.
 *
 * A chunk is garbage while no list of references names it; nothing is counted up or down. What was
 * garbage for the whole of the grace, as this very device saw it, may go.
 */

/** How a chunk came to be garbage. */
export type GarbageCause =
  /** It was referenced, and somebody deleted what referenced it. */
  | 'deleted'
  /** It came here for an upload that has not been listed. */
  | 'unlisted'
  /** Nobody knows: it was only found that nothing references it. */
  | 'found';

export interface Garbage {
  /**
   * Since when nothing references it and nobody asked for it, as seen here; Unix ms. Infinity where the clock
   * could not tell.
   */
  sinceMs: number;
  cause: GarbageCause;
}

export interface SweepTimes {
  nowMs: number;
  graceMs: number;
  /** When the oldest upload under way here began: what it put or found may be listed by it yet. */
  oldestUploadMs: number;
}

export function isSweepable({ sinceMs }: Garbage, { nowMs, graceMs, oldestUploadMs }: SweepTimes): boolean {
  return sinceMs <= nowMs - graceMs && sinceMs < oldestUploadMs;
}

/** What must be true before anything is swept. */
export interface SweepConditions {
  /** The catalog has every record that the others had, and takes none in just now. */
  catalogComplete: boolean;
  /** Every manifest was read, so that every reference is known. */
  referencesComplete: boolean;
  volumeMissing: boolean;
  /** No time of grace can be told by a clock that is wrong. */
  clockRight: boolean;
}

/** @returns for people, why nothing may be swept now; undefined when it may */
export function refusalOf(conditions: SweepConditions): string | undefined {
  if (!conditions.clockRight)
    return 'The clock of this device is wrong, or no other device has agreed with it yet.';
  if (!conditions.catalogComplete) return 'The list of all files is not complete on this device yet.';
  if (!conditions.referencesComplete)
    return 'What some files are made of is not known: what lists their chunks is on a device that is off.';
  if (conditions.volumeMissing) return 'A volume of this device is not there.';
  return undefined;
}

/** More than this share of what the device holds, or more bytes, without anybody having deleted them. */
const breakerRatio = 0.05;
const breakerBytes = 20 * 2 ** 30;

export interface Sweep {
  /** All chunks that this device holds. */
  heldBytes: number;
  /** What would go, or went so lately that it can be brought back, and nobody deleted. */
  unexplainedBytes: number;
  /** So much of it an admin has agreed to. */
  confirmedBytes: number;
}

/**
 * A mistake in what is referenced would look like much garbage at once: then a person is asked. Chunks
 * of what somebody deleted, and of uploads that were broken off here, are no mistake.
 */
export function isTooMuch({ heldBytes, unexplainedBytes, confirmedBytes }: Sweep): boolean {
  const bytes = unexplainedBytes - confirmedBytes;
  return bytes > Math.min(breakerBytes, heldBytes * breakerRatio);
}
