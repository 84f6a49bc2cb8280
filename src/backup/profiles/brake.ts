/**
 * The brake: when more than a fifth of the files are gone or rewritten into noise, within a day, a run does
 * nothing and a person is asked. That is what ransomware does, and a wrong `rm`, and a disk that is not mounted.
 * Pure.
 */

import type { Loss } from './profile-state.ts';

const windowMs = 24 * 60 * 60 * 1000;
const shareMax = 0.2;
/** Fewer files are an everyday change of a small folder; what goes lies in the trash and in the versions. */
const filesMin = 10;
/** An empty folder is a disk that is not mounted, more often than not. */
const everythingMin = 3;

export interface BrakeInput {
  /** Losses that were let through. */
  before: readonly Loss[];
  /** Files that this run would delete. */
  gone: number;
  /** Files whose new content looks like noise. */
  noisy: number;
  /** Files that were known before this run. */
  known: number;
  nowMs: number;
}

/** @returns why the run must not go on, or undefined */
export function brakeReason({ before, gone, noisy, known, nowMs }: BrakeInput): string | undefined {
  const now = gone + noisy;
  if (now === 0) return undefined;
  const earlier = lossesWithin(before, nowMs).reduce((sum, { files }) => sum + files, 0);
  // Those that are gone since are no more among the known ones.
  const all = known + earlier;
  const isEverything = gone >= known && known >= everythingMin;
  const isMany = now + earlier >= filesMin && (now + earlier) / all > shareMax;
  if (!isEverything && !isMany) return undefined;
  const parts = [
    ...(gone > 0 ? [`${gone} of ${known} files are gone from the folder`] : []),
    ...(noisy > 0 ? [`${noisy} were rewritten into what looks like encrypted data`] : []),
    ...(earlier > 0 ? [`${earlier} went the same way within a day`] : []),
  ];
  return `${parts.join(', and ')}. Nothing was changed in the drive. Look at the folder; if this is right, resume the backup.`;
}

/** What still counts. */
export function lossesWithin(losses: readonly Loss[], nowMs: number): Loss[] {
  return losses.filter(({ atMs }) => atMs <= nowMs && nowMs - atMs < windowMs);
}
