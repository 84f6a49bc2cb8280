/**
 * Decides which chunks of this device are garbage, and when a sweep would be a mistake (I4). Pure.
 *
 * A chunk is garbage while no reference list names it; there are no reference counters. A chunk may go when
 * this device saw it as garbage for the whole grace period.
 */

/** How a chunk became garbage. */
export type GarbageCause =
  /** A user deleted the version that referenced it. */
  | 'deleted'
  /** It came here for an upload that was never listed. */
  | 'unlisted'
  /** Unknown: this device only found that nothing references it. */
  | 'found';

export interface Garbage {
  /** Since when nothing references it and nobody asked for it, as seen here; by `Clock.elapsedMs`. */
  sinceMs: number;
  cause: GarbageCause;
}

export interface SweepTimes {
  nowMs: number;
  graceMs: number;
  /** Start of the oldest upload in progress here: that upload may still list what it stored or found. */
  oldestUploadMs: number;
}

export function isSweepable({ sinceMs }: Garbage, { nowMs, graceMs, oldestUploadMs }: SweepTimes): boolean {
  return sinceMs <= nowMs - graceMs && sinceMs < oldestUploadMs;
}

/** Conditions for any sweep. */
export interface SweepConditions {
  /** The catalog has every record that the others have, and no sync is in progress. */
  catalogComplete: boolean;
  /** Every manifest was read, so every reference is known. */
  referencesComplete: boolean;
  volumeMissing: boolean;
  /** A wrong clock cannot measure the grace period. */
  clockRight: boolean;
}

/** @returns a sentence for people that says why sweeping is not allowed now; undefined when it is allowed */
export function refusalOf(conditions: SweepConditions): string | undefined {
  if (!conditions.clockRight)
    return 'The clock of this device is wrong, or no other device has agreed with it yet.';
  if (!conditions.catalogComplete) return 'The list of all files is not complete on this device yet.';
  if (!conditions.referencesComplete)
    return 'What some files are made of is not known: what lists their chunks is on a device that is off.';
  if (conditions.volumeMissing) return 'A volume of this device is not there.';
  return undefined;
}

/** Limit for chunks that nobody deleted: this share of what the device holds, or the bytes below. */
const breakerRatio = 0.05;
const breakerBytes = 20 * 2 ** 30;

export interface Sweep {
  /** Size of all chunks that this device holds. */
  heldBytes: number;
  /** Size of chunks that nobody deleted and that would go, or went so recently that they can be restored. */
  unexplainedBytes: number;
  /** Size that an admin agreed to delete. */
  confirmedBytes: number;
}

/**
 * A mistake in the references would look like a lot of garbage at once, so a person is asked then. Chunks of
 * deleted versions and of uploads that broke off here are explained, and do not count.
 */
export function isTooMuch({ heldBytes, unexplainedBytes, confirmedBytes }: Sweep): boolean {
  const bytes = unexplainedBytes - confirmedBytes;
  return bytes > Math.min(breakerBytes, heldBytes * breakerRatio);
}
