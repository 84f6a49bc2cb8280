/**
 * What people say about a picture against what its file says, as the entry's facts have it: when and where it was taken, what it shows, how it
 * is turned and cut, whether it stands in the timeline. The file itself stays as it is.
 */
import { isFields } from '../../crypto/index.ts';
import type { EntryFacts, PhotoEdits } from '../../model/records.ts';

const localShape = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/;

/** What is not as it should be counts as absent: another version of peerstor wrote it. */
export function photoEditsIn({ photo }: EntryFacts): PhotoEdits {
  const edits: unknown = photo;
  if (!isFields(edits)) return {};
  const { archived, hidden, local, offsetMinutes, gps, description, turn, crop } = edits;
  const place = placeIn(gps);
  const cut = cropIn(crop);
  return {
    ...(archived === true && { archived }),
    ...(hidden === true && { hidden }),
    ...(typeof local === 'string' && isLocalTime(local) && { local }),
    ...(isOffset(offsetMinutes) && { offsetMinutes }),
    ...(place !== undefined && { gps: place }),
    ...(typeof description === 'string' && { description }),
    ...(isTurn(turn) && { turn }),
    ...(cut && { crop: cut }),
  };
}

export function isLocalTime(text: string): boolean {
  if (!localShape.test(text)) return false;
  const date = new Date(`${text}Z`);
  // The 31st of February is another day than was written.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

export function isOffset(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 14 * 60;
}

export function isTurn(value: unknown): value is 90 | 180 | 270 {
  return value === 90 || value === 180 || value === 270;
}

/** null says that it was taken nowhere that somebody wants to see. */
function placeIn(value: unknown): PhotoEdits['gps'] {
  if (value === null) return null;
  if (!isFields(value)) return undefined;
  const { latitude, longitude } = value;
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return undefined;
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : undefined;
}

export function cropIn(value: unknown): PhotoEdits['crop'] {
  if (!isFields(value)) return undefined;
  const { x, y, width, height } = value;
  const isShare = (one: unknown): one is number => typeof one === 'number' && one >= 0 && one <= 1;
  if (!isShare(x) || !isShare(y) || !isShare(width) || !isShare(height)) return undefined;
  // A part of the picture that is large enough to be seen.
  const least = 0.01;
  return width >= least && height >= least && x + width <= 1.000001 && y + height <= 1.000001
    ? { x, y, width, height }
    : undefined;
}
