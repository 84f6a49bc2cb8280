/** When a picture was taken, where its content does not say it: by its name, else by the date of the file. */

import type { TakenAt } from '../../../model/contracts/media/media-maker.ts';
import { takenAtMs } from '../../tree/media-view.ts';

export interface PhotoDate {
  /** Unix ms. */
  takenMs: number;
  /** `YYYY-MM-DDTHH:MM:SS` */
  local: string;
  from: 'content' | 'name' | 'file';
}

/** `IMG_20260714_150322.jpg`, `PXL_…`, `2026-07-14 15.03.22.png`, `Screenshot_2026-07-14-15-03-22`, `IMG-20260714-WA0001`. */
const dateInName =
  /(?:^|[^\d])((?:19|20)\d{2})[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?:[-_. T]*([01]\d|2[0-3])[-_.:]?([0-5]\d)[-_.:]?([0-5]\d))?(?!\d{5})/;

export function photoDate(taken: TakenAt | undefined, name: string, modifiedAtMs: number): PhotoDate {
  if (taken) return { takenMs: takenAtMs(taken), local: taken.local, from: 'content' };
  const named = dateOfName(name);
  // Nothing tells its zone, as with most cameras.
  if (named !== undefined) return { takenMs: Date.parse(`${named}Z`), local: named, from: 'name' };
  return { takenMs: modifiedAtMs, local: new Date(modifiedAtMs).toISOString().slice(0, 19), from: 'file' };
}

/** @returns the local time in a name, at noon where only the day is said; undefined where there is none */
export function dateOfName(name: string): string | undefined {
  const [, year, month, day, hour = '12', minute = '00', second = '00'] = dateInName.exec(name) ?? [];
  if (year === undefined) return undefined;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const date = new Date(`${local}Z`);
  // The 31st of February is no date.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(local) ? local : undefined;
}
