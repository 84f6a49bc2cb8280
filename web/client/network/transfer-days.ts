/** What moved between devices on each day, as the chart shows it. */
import type { TransferDayView } from '../../../src/model/views/topology.ts';

export interface DayBar {
  day: string;
  sentBytes: number;
  receivedBytes: number;
}

/** The last `count` days up to the newest of them and today, oldest first; days without transfers are zero. */
export function barsOf(days: readonly TransferDayView[], count: number, today: string): DayBar[] {
  const known = new Map(days.map(({ day, devices }) => [day, devices]));
  return Array.from({ length: count }, (_, back) => {
    const day = dayBefore(today, count - 1 - back);
    const devices = known.get(day) ?? [];
    return {
      day,
      sentBytes: devices.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
      receivedBytes: devices.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
    };
  });
}

/** Of all days together, most first. */
export function byDevice(days: readonly TransferDayView[]): TransferDayView['devices'] {
  const sums = new Map<string, TransferDayView['devices'][number]>();
  for (const { deviceId, sentBytes, receivedBytes } of days.flatMap(({ devices }) => devices)) {
    const sum = sums.get(deviceId) ?? { deviceId, sentBytes: 0, receivedBytes: 0 };
    sums.set(deviceId, {
      deviceId,
      sentBytes: sum.sentBytes + sentBytes,
      receivedBytes: sum.receivedBytes + receivedBytes,
    });
  }
  return [...sums.values()].sort((a, b) => b.sentBytes + b.receivedBytes - a.sentBytes - a.receivedBytes);
}

/** Of the local time of the reader, such as 2026-11-30. */
export function dayNow(now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

function dayBefore(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - days);
  return date.toISOString().slice(0, 10);
}
