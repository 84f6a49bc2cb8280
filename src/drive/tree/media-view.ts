/** Facts of pictures and films as people and programs see them. */

import type { MediaFacts, TakenAt } from '../../model/contracts/media/media-maker.ts';
import type { MediaView } from '../../model/views/photos.ts';

export function mediaView(facts: MediaFacts): MediaView {
  const { kind, format, width, height, takenAt, exposure, gps, thumbhash } = facts;
  return {
    kind,
    format,
    width,
    height,
    takenAt: takenAt ? new Date(takenAtMs(takenAt)).toISOString() : null,
    takenLocal: takenAt?.local ?? null,
    offsetMinutes: takenAt?.offsetMinutes ?? null,
    thumbhash: thumbhash ? Buffer.from(thumbhash).toString('base64') : null,
    durationSeconds: facts.durationSeconds ?? null,
    codec: facts.codec ?? null,
    camera: facts.camera ?? null,
    lens: facts.lens ?? null,
    exposure: exposure
      ? {
          seconds: exposure.seconds ?? null,
          fNumber: exposure.fNumber ?? null,
          iso: exposure.iso ?? null,
          focalLengthMm: exposure.focalLengthMm ?? null,
        }
      : null,
    gps: gps ?? null,
    problem: facts.problem ?? null,
  };
}

/** Unix ms. A time whose zone is not known counts as UTC. */
export function takenAtMs({ local, offsetMinutes }: TakenAt): number {
  return Date.parse(`${local}Z`) - (offsetMinutes ?? 0) * 60_000;
}

/** Below the address of the device; guests have another one. */
export function thumbnailAddress(entry: string): string {
  return `/api/v1/entries/${entry}/thumbnail`;
}
