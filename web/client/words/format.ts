/** Numbers, sizes and times as people read them, by Intl in the language of the page. */
import { spoken } from '../../words/words.ts';

const locale = () => spoken.value.locale;

const sizeUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;

export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < sizeUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(locale(), {
    style: 'unit',
    unit: sizeUnits[unit] ?? 'byte',
    unitDisplay: unit === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
  }).format(value);
}

const dayMs = 86_400_000;

/** Today: the time. This year: day and month. Else the date. */
export function formatTime(iso: string, now = new Date()): string {
  const date = new Date(iso);
  if (now.toDateString() === date.toDateString()) {
    return new Intl.DateTimeFormat(locale(), { hour: 'numeric', minute: '2-digit' }).format(date);
  }
  const sameYear = now.getFullYear() === date.getFullYear();
  return new Intl.DateTimeFormat(locale(), {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(date);
}

/** A day such as 2026-11-30, which has no time and no zone. */
export function formatDay(day: string): string {
  return new Intl.DateTimeFormat(locale(), {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  }).format(new Date(`${day}T00:00:00Z`));
}

export function formatFullTime(iso: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'long', timeStyle: 'short' }).format(new Date(iso));
}

/** "3 minutes ago". */
export function formatAgo(iso: string, now = Date.now()): string {
  const relative = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });
  const elapsedMs = now - Date.parse(iso);
  if (elapsedMs < 3_600_000) return relative.format(-Math.round(elapsedMs / 60_000), 'minute');
  if (elapsedMs < dayMs) return relative.format(-Math.round(elapsedMs / 3_600_000), 'hour');
  return relative.format(-Math.round(elapsedMs / dayMs), 'day');
}

/** "45 sec", "3 min", "2 hr": how long something takes, in one unit. */
export function formatDuration(seconds: number): string {
  const [value, unit] =
    seconds < 60
      ? [seconds, 'second']
      : seconds < 3600
        ? [Math.round(seconds / 60), 'minute']
        : [Math.round(seconds / 3600), 'hour'];
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'short' }).format(value);
}

/** Days that an entry stays in the trash. */
export function daysLeft(trashedAt: string, keepDays: number, now = Date.now()): number {
  return Math.max(0, Math.ceil(keepDays - (now - Date.parse(trashedAt)) / dayMs));
}
