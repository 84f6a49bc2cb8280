/**
 * When something was taken. Cameras write the time of their own clock, mostly without a zone; what else is known tells the
 * zone: an offset written beside it (EXIF 2.31, OffsetTimeOriginal), the time of the satellites, which is UTC, or the place.
 */
import tzlookup from '@photostructure/tz-lookup';
import type { GpsPlace, TakenAt } from '../../model/contracts/media/media-maker.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;
/** Zones lie between UTC−12 and UTC+14, and no zone is off by less than a quarter of an hour. */
const offsetMinutesMax = 14 * 60;
const offsetStepMinutes = 15;

const exifTime = /^(\d{4})[:-](\d{2})[:-](\d{2})[ T](\d{2}):(\d{2}):(\d{2})/;
const exifOffset = /^([+-])(\d{2}):?(\d{2})$/;

/** Fields as they stand in a file; what is no text or number there counts as absent. */
export interface WrittenTimes {
  /** `YYYY:MM:DD HH:MM:SS`, of the camera's clock. */
  local?: unknown;
  /** `+HH:MM`. */
  offset?: unknown;
  /** `YYYY:MM:DD` of the satellites. */
  gpsDate?: unknown;
  /** Hours, minutes and seconds of the same. */
  gpsTime?: unknown;
  place?: GpsPlace | undefined;
}

/** @returns undefined where no valid time is written */
export function takenAtOf(times: WrittenTimes): TakenAt | undefined {
  const localMs = parseLocal(times.local);
  if (localMs === undefined) return undefined;
  const local = localText(localMs);
  const written = parseOffset(times.offset);
  if (written !== undefined) return { local, offsetMinutes: written };
  return { local, offsetMinutes: offsetOfGps(localMs, times) ?? offsetOfPlace(localMs, times.place) };
}

/** A moment that is known in UTC, such as that of a film. @param place tells the zone of its local time */
export function takenAtUtc(ms: number, place: GpsPlace | undefined): TakenAt | undefined {
  if (Number.isNaN(new Date(ms).getTime())) return undefined;
  const zone = place && zoneOf(place);
  const offsetMinutes = zone ? (offsetIn(zone, ms) ?? 0) : 0;
  return { local: localText(ms + offsetMinutes * minuteMs), offsetMinutes };
}

/** Milliseconds as if the local time were UTC; undefined for what is no date, such as `0000:00:00 00:00:00`. */
export function parseLocal(written: unknown): number | undefined {
  if (typeof written !== 'string') return undefined;
  const fields = exifTime.exec(written)?.slice(1).map(Number);
  if (!fields) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
  if (year < 1800 || month < 1 || day < 1 || hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59)));
  // The 31st of February is another day than was written.
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : undefined;
}

function localText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}

/** Minutes; undefined for what is no offset. */
export function parseOffset(written: unknown): number | undefined {
  if (typeof written !== 'string') return undefined;
  if (written.trim() === 'Z') return 0;
  const [, sign, hours, minutes] = exifOffset.exec(written.trim()) ?? [];
  if (sign === undefined) return undefined;
  const offset = Number(hours) * 60 + Number(minutes);
  return offset <= offsetMinutesMax ? offset * (sign === '-' ? -1 : 1) || 0 : undefined;
}

/** The satellites' time is taken up to some minutes before the picture. */
function offsetOfGps(localMs: number, { gpsDate, gpsTime }: WrittenTimes): number | undefined {
  if (!Array.isArray(gpsTime) || gpsTime.length < 2 || !gpsTime.every((part) => typeof part === 'number')) {
    return undefined;
  }
  const [hour = 0, minute = 0, second = 0] = gpsTime;
  const date = typeof gpsDate === 'string' ? parseLocal(`${gpsDate} 00:00:00`) : undefined;
  if (date === undefined || hour > 23 || minute > 59 || !(hour >= 0 && minute >= 0)) return undefined;
  const utcMs = date + hour * 60 * minuteMs + minute * minuteMs + second * 1000;
  if (Math.abs(localMs - utcMs) > dayMs) return undefined;
  const offset = Math.round((localMs - utcMs) / minuteMs / offsetStepMinutes) * offsetStepMinutes || 0;
  return Math.abs(offset) <= offsetMinutesMax ? offset : undefined;
}

function offsetOfPlace(localMs: number, place: GpsPlace | undefined): number | null {
  const zone = place && zoneOf(place);
  if (!zone) return null;
  // The zone's offset at a moment; the moment follows from the offset: twice is enough but for one hour a year.
  const first = offsetIn(zone, localMs);
  return first === undefined ? null : (offsetIn(zone, localMs - first * minuteMs) ?? null);
}

function zoneOf({ latitude, longitude }: GpsPlace): string | undefined {
  try {
    return tzlookup(latitude, longitude);
  } catch {
    return undefined;
  }
}

/** Minutes that a zone was ahead of UTC at a moment. */
function offsetIn(zone: string, ms: number): number | undefined {
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      timeZoneName: 'longOffset',
    }).formatToParts(ms);
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
    // GMT+05:53:28 of before there were zones loses its seconds.
    const [, sign, hours, minutes] = /^GMT(?:([+-])(\d{2}):(\d{2}).*)?$/.exec(name) ?? ['', '+', '0', '0'];
    return (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -1 : 1) || 0;
  } catch {
    // A zone that this Node does not know.
    return undefined;
  }
}
