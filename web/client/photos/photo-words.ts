/** Facts of pictures in words. */
import type { MediaView } from '../../../src/model/views/photos.ts';
import { spoken, t } from '../../words/words.ts';

/** Of a local time: it has no zone, and must not be moved into the reader's. */
const day = () => new Intl.DateTimeFormat(spoken.value.locale, { dateStyle: 'full', timeZone: 'UTC' });
const time = () => new Intl.DateTimeFormat(spoken.value.locale, { timeStyle: 'short', timeZone: 'UTC' });

/** `2026-07-14T15:03:22` → Tuesday, July 14, 2026 */
export function dayOf(local: string): string {
  return day().format(new Date(`${local}Z`));
}

export function timeOf(local: string, offsetMinutes: number | null): string {
  const clock = time().format(new Date(`${local}Z`));
  if (offsetMinutes === null) return clock;
  const sign = offsetMinutes < 0 ? '−' : '+';
  const [hours, minutes] = [Math.floor(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60];
  return `${clock}, UTC${sign}${hours}${minutes === 0 ? '' : `:${String(minutes).padStart(2, '0')}`}`;
}

/** 1/250 s · f/2.8 · ISO 100 · 50 mm */
export function exposureWords(exposure: NonNullable<MediaView['exposure']>): string {
  const { seconds, fNumber, iso, focalLengthMm } = exposure;
  const shutter =
    seconds === null ? null : seconds >= 0.4 ? `${rounded(seconds)} s` : `1/${Math.round(1 / seconds)} s`;
  const parts = [
    shutter,
    fNumber === null ? null : `f/${rounded(fNumber)}`,
    iso === null ? null : `ISO ${Math.round(iso)}`,
    focalLengthMm === null ? null : `${rounded(focalLengthMm)} mm`,
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

/** 48.1374° N, 11.5755° E */
export function placeWords({ latitude, longitude }: NonNullable<MediaView['gps']>): string {
  const part = (degrees: number, [positive, negative]: readonly [string, string]) =>
    `${Math.abs(degrees).toFixed(4)}° ${degrees < 0 ? negative : positive}`;
  return `${part(latitude, [t('N^compass'), t('S^compass')])}, ${part(longitude, [t('E^compass'), t('W^compass')])}`;
}

export function durationWords(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function rounded(value: number): string {
  return new Intl.NumberFormat(spoken.value.locale, { maximumFractionDigits: 1, useGrouping: false }).format(
    value,
  );
}
