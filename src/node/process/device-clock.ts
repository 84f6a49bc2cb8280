/**
 * The clock of a device, with a count of elapsed time that survives restarts. What expires is destroyed
 * by that count and not by the wall clock, because a wall clock can be wrong by years: a board without a
 * battery starts in the past, a mistyped date lies in the future, and nobody can take back what was
 * destroyed meanwhile.
 *
 * The count is the time that the device ran, plus gaps: the time between two runs, or that a machine
 * slept, as far as the wall clock moved beyond the latest time that it ever showed. One gap counts at most
 * `gapCountedMsMax`, and the next one only after `uptimeBetweenGapsMs` of uptime. So a single wrong start
 * adds a day at most, and a device that is off for most of the time expires things later, never earlier.
 */
import type { Clock } from '../../model/clock.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError, sentenceOf } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** As much of one gap as counts: a device that is started once a day keeps the calendar's days. */
export const gapCountedMsMax = 24 * hourMs;
export const uptimeBetweenGapsMs = hourMs;
/** A shorter gap does not use up the right to the next one. */
const gapMsMin = minuteMs;
const saveEveryMs = minuteMs;

const rowKey = 'count';

interface Count {
  elapsedMs: number;
  /** The latest time that the wall clock ever showed, Unix ms. */
  latestWallMs: number;
  /** Uptime since a gap was counted. */
  uptimeMs: number;
}

export interface DeviceClock extends Clock {
  /** Saves the count and ends the timer. */
  stop(): Promise<void>;
}

export interface DeviceClockParts {
  /** Local, not shared with anything else. When it is lost, the count starts again, and so does every expiry. */
  store: OrderedStore;
  /** Gives the wall clock, the monotonic clock and the timers. */
  system: Clock;
  log: Log;
}

export function openDeviceClock({ store, system, log }: DeviceClockParts): DeviceClock {
  const count = readCount(store) ?? {
    elapsedMs: 0,
    latestWallMs: system.wallMs(),
    uptimeMs: uptimeBetweenGapsMs,
  };
  let monotonicMs = system.monotonicMs();

  function look(): void {
    const nowMs = system.monotonicMs();
    const ranMs = Math.max(0, nowMs - monotonicMs);
    monotonicMs = nowMs;
    const wallMs = system.wallMs();
    const gapMs = wallMs - count.latestWallMs - ranMs;
    count.latestWallMs = Math.max(count.latestWallMs, wallMs);
    count.elapsedMs += ranMs;
    count.uptimeMs += ranMs;
    if (gapMs < gapMsMin || count.uptimeMs < uptimeBetweenGapsMs) return;
    count.elapsedMs += Math.min(gapMs, gapCountedMsMax);
    count.uptimeMs = 0;
  }

  async function save(): Promise<void> {
    look();
    await store.batch([{ key: rowKey, value: writeCount(count) }]);
  }

  function armed() {
    return system.after(saveEveryMs, () => {
      save().catch((error: unknown) => {
        log.warn({}, `The count of elapsed time could not be saved: ${sentenceOf(error)}`);
      });
      timer = armed();
    });
  }

  look();
  let timer = armed();
  return {
    wallMs: () => system.wallMs(),
    monotonicMs: () => system.monotonicMs(),
    elapsedMs() {
      look();
      return count.elapsedMs;
    },
    after: (ms, fn) => system.after(ms, fn),
    async stop() {
      timer.cancel();
      await save();
    },
  };
}

function readCount(store: OrderedStore): Count | undefined {
  let row: Uint8Array | undefined;
  try {
    row = store.get(rowKey);
  } catch (error) {
    if (!isPeerstorError(error, 'index-corrupt')) throw error;
  }
  if (row?.length !== 24) return undefined;
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  const [elapsedMs, latestWallMs, uptimeMs] = [view.getFloat64(0), view.getFloat64(8), view.getFloat64(16)];
  const isSound = [elapsedMs, latestWallMs, uptimeMs].every(Number.isFinite);
  return isSound ? { elapsedMs, latestWallMs, uptimeMs } : undefined;
}

function writeCount({ elapsedMs, latestWallMs, uptimeMs }: Count): Uint8Array {
  const row = new Uint8Array(24);
  const view = new DataView(row.buffer);
  view.setFloat64(0, elapsedMs);
  view.setFloat64(8, latestWallMs);
  view.setFloat64(16, uptimeMs);
  return row;
}
