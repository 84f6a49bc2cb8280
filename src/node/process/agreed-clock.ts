/**
 * What time it is as far as this device and the connected ones know together. Links, grants, invites and sessions
 * end by it, so that a clock that is behind lets nothing live that is over, and one that is ahead ends nothing
 * early where others know better (decision 0057). Nothing is destroyed by it: that is for elapsed time.
 *
 * - Two other clocks or more: where their median is further off than clocks may be, it counts.
 * - One other clock that differs: whichever of the two fits what both said before, in this run of the device;
 *   else the later one, because a clock without a battery is behind.
 * - In any case not much earlier than the latest time on which two clocks agreed here, plus the time that surely
 *   passed since, over restarts.
 */
import type { Clock, Timer } from '../../model/clock.ts';
import { type OrderedStore, withPrefix } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError, sentenceOf } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import { openDeviceClock } from './device-clock.ts';

/** Clocks that differ by less are the same. */
export const clocksApartMsMax = 120_000;
/** How far the count of elapsed time may have run ahead: a day for a gap that was none, and some. */
const countAheadMsMax = 25 * 3_600_000;
const lookEveryMs = 60_000;
const rowKey = 'agreed';

/** A moment on which two clocks agreed. */
interface Anchor {
  wallMs: number;
  elapsedMs: number;
  /** In this run of the device: then the time since is known exactly, but for suspends. */
  monotonicMs: number | undefined;
}

export interface AgreedClockParts {
  /** The device's own clock, whose count of elapsed time goes on over restarts. */
  clock: Clock;
  /** How far the own wall clock is ahead of each other device's that was heard lately, in ms. */
  heard(): readonly number[];
  /** Not shared with anything else. */
  store: OrderedStore;
  log: Log;
}

/** The clock of a device, and the one by which access ends. */
export function openClocks(
  parts: Omit<AgreedClockParts, 'clock' | 'store'> & { index: OrderedStore; system: Clock },
) {
  const { index, system, heard, log } = parts;
  const clock = openDeviceClock({ store: withPrefix(index, 'clock/'), system, log });
  const store = withPrefix(index, 'agreed-clock/');
  const agreedClock = createAgreedClock({ clock, heard, store, log });
  const stop = async () => {
    await agreedClock.stop();
    await clock.stop();
  };
  return { clock, agreedClock, stop };
}

export interface AgreedClock extends Clock {
  /** A time that it surely is by now; minus infinity where no clock ever agreed with this one. */
  notBeforeMs(): number;
  /** Keeps what was agreed, and ends the timer. */
  stop(): Promise<void>;
}

/** The same clock, but that `wallMs` is the agreed time. */
export function createAgreedClock({ clock, heard, store, log }: AgreedClockParts): AgreedClock {
  let anchor = read(store);
  let saved = anchor;

  async function save(): Promise<void> {
    if (anchor === undefined || anchor === saved) return;
    saved = anchor;
    await store.batch([{ key: rowKey, value: rowOf(anchor) }]);
  }

  /** Whether anybody asks for the time or not. */
  function look(): Timer {
    return clock.after(lookEveryMs, () => {
      agreed.wallMs();
      save().catch((error: unknown) => {
        log.warn({}, `The time that devices agree on could not be kept: ${sentenceOf(error)}`);
      });
      timer = look();
    });
  }

  /** The earliest that it can be, by the last time on which clocks agreed. */
  function floorMs(elapsedMs: number): number | undefined {
    if (!anchor) return undefined;
    const { wallMs, monotonicMs } = anchor;
    const passedMs =
      monotonicMs === undefined ? elapsedMs - anchor.elapsedMs : clock.monotonicMs() - monotonicMs;
    return wallMs + Math.max(0, passedMs);
  }

  const agreed: AgreedClock = {
    notBeforeMs: () => floorMs(clock.elapsedMs()) ?? Number.NEGATIVE_INFINITY,
    wallMs() {
      const ownMs = clock.wallMs();
      const elapsedMs = clock.elapsedMs();
      const ahead = heard();
      const floor = floorMs(elapsedMs);
      const timeMs = corrected(ownMs, ahead, anchor?.monotonicMs === undefined ? undefined : floor);
      const agreeing = ahead.filter((ms) => Math.abs(ownMs - ms - timeMs) <= clocksApartMsMax).length;
      const voices = agreeing + (Math.abs(ownMs - timeMs) <= clocksApartMsMax ? 1 : 0);
      const lenienceMs = voices >= 2 ? countAheadMsMax : clocksApartMsMax;
      if (floor !== undefined && timeMs < floor - lenienceMs) return floor;
      if (voices >= 2) anchor = { wallMs: timeMs, elapsedMs, monotonicMs: clock.monotonicMs() };
      return timeMs;
    },
    monotonicMs: () => clock.monotonicMs(),
    elapsedMs: () => clock.elapsedMs(),
    after: (ms, fn) => clock.after(ms, fn),
    async stop() {
      timer.cancel();
      agreed.wallMs();
      await save();
    },
  };
  let timer = look();
  return agreed;
}

function corrected(ownMs: number, ahead: readonly number[], expectedMs: number | undefined): number {
  const [only = 0, ...others] = [...ahead].sort((a, b) => a - b);
  if (others.length === 0) {
    const otherMs = ownMs - only;
    if (Math.abs(only) <= clocksApartMsMax) return ownMs;
    if (expectedMs === undefined) return Math.max(ownMs, otherMs);
    return Math.abs(ownMs - expectedMs) <= Math.abs(otherMs - expectedMs) ? ownMs : otherMs;
  }
  const skewMs = medianNearestZero([only, ...others]);
  return Math.abs(skewMs) <= clocksApartMsMax ? ownMs : ownMs - skewMs;
}

/** Of an even number, all between the middle two is one: the nearest to the own clock, as for writing. */
function medianNearestZero(sorted: readonly number[]): number {
  const below = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
  const above = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return Math.min(Math.max(0, below), above);
}

function read(store: OrderedStore): Anchor | undefined {
  let row: Uint8Array | undefined;
  try {
    row = store.get(rowKey);
  } catch (error) {
    if (!isPeerstorError(error, 'index-corrupt')) throw error;
  }
  if (row?.length !== 16) return undefined;
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  const [wallMs, elapsedMs] = [view.getFloat64(0), view.getFloat64(8)];
  return Number.isFinite(wallMs) && Number.isFinite(elapsedMs)
    ? { wallMs, elapsedMs, monotonicMs: undefined }
    : undefined;
}

function rowOf({ wallMs, elapsedMs }: Anchor): Uint8Array {
  const row = new Uint8Array(16);
  const view = new DataView(row.buffer);
  view.setFloat64(0, wallMs);
  view.setFloat64(8, elapsedMs);
  return row;
}
