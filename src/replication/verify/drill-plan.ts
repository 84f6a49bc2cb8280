/** When a user's next restore drill is due, which devices to read from first, and what the result says. Pure. */
import type { DrillView } from '../../model/api.ts';
import type { Random } from '../../model/clock.ts';
import type { DeviceId, EntryId } from '../../model/ids.ts';

/** One user's drills, as stored. Times are Unix ms. */
export interface DrillState {
  /** Files still to be tried in the drill in progress; null between two drills. */
  left: EntryId[] | null;
  restored: number;
  failed: EntryId[];
  badCopies: number;
  /** Of the last drill that ended. */
  last: { finishedAtMs: number; files: number; failed: EntryId[] } | null;
  nextAtMs: number;
}

/** Two drills begin one period apart, plus or minus this share, so that devices do not run them together. */
const jitter = 1 / 6;
/** A drill with failed files is repeated after this share of the period: a day by default. */
const failedShare = 1 / 7;

/** A user's first drill starts at a random time within a period. */
export function firstDrill(nowMs: number, periodMs: number, random: Random): DrillState {
  return { ...nothingUnderWay, last: null, nextAtMs: nowMs + periodMs * random.next() };
}

const nothingUnderWay = { left: null, restored: 0, failed: [], badCopies: 0 };

/** A clock that was set back must not delay a drill for years. */
export function isDue(state: DrillState, nowMs: number, periodMs: number): boolean {
  return state.left !== null || state.nextAtMs <= nowMs || state.nextAtMs > nowMs + 2 * periodMs;
}

/** @param sample random files; the files that failed last time come before them */
export function begunDrill(state: DrillState, sample: readonly EntryId[]): DrillState {
  return { ...state, ...nothingUnderWay, left: [...new Set([...(state.last?.failed ?? []), ...sample])] };
}

/** True when the drill has read as many files as it should, or no other file is left. */
export function isOver({ left, restored, failed }: DrillState, filesWanted: number): boolean {
  return left === null || left.length === 0 || restored + failed.length >= filesWanted;
}

/** A drill in which no file could be tried has no result, and is repeated soon. */
export function endedDrill(state: DrillState, nowMs: number, periodMs: number, random: Random): DrillState {
  const files = state.restored + state.failed.length;
  const share =
    files === 0 || state.failed.length > 0 ? failedShare : 1 - jitter + 2 * jitter * random.next();
  const last = files === 0 ? state.last : { finishedAtMs: nowMs, files, failed: state.failed };
  return { ...nothingUnderWay, last, nextAtMs: nowMs + periodMs * share };
}

/** undefined for a drill without a result. */
export function drillSentence({ restored, failed, badCopies }: DrillState): string | undefined {
  const files = restored + failed.length;
  if (files === 0) return undefined;
  const what = `Restore drill: ${restored} of ${files === 1 ? '1 file' : `${files} files`} read from other devices`;
  if (badCopies === 0) return `${what}.`;
  const bad = badCopies === 1 ? '1 copy was' : `${badCopies} copies were`;
  return `${what}. ${bad} not what the device claimed, and will be made again.`;
}

/** For all users together; drills of users who have been away for long are left out. */
export function drillView(states: Iterable<DrillState>, nowMs: number, periodMs: number): DrillView {
  const view = { finishedAtMs: 0, files: 0, failed: 0 };
  for (const { last } of states) {
    if (last === null || last.finishedAtMs < nowMs - 2 * periodMs) continue;
    view.finishedAtMs = Math.max(view.finishedAtMs, last.finishedAtMs);
    view.files += last.files;
    view.failed += last.failed.length;
  }
  const { finishedAtMs, files, failed } = view;
  return { lastFinishedAt: finishedAtMs === 0 ? null : new Date(finishedAtMs).toISOString(), files, failed };
}

/** Devices that were read from least come first, so that every device is tested. */
export function leastReadFirst(
  holders: readonly DeviceId[],
  givenBytes: ReadonlyMap<DeviceId, number>,
  random: Random,
): DeviceId[] {
  return holders
    .map((device) => ({ device, given: givenBytes.get(device) ?? 0, chance: random.next() }))
    .sort((a, b) => a.given - b.given || a.chance - b.chance)
    .map(({ device }) => device);
}

/** Reads what `JSON.stringify` made of a state; undefined for anything else. */
export function drillStateOf(json: string): DrillState | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { left, restored, failed, badCopies, last, nextAtMs } = value;
  if (!isNumber(restored) || !isNumber(badCopies) || !isNumber(nextAtMs)) return undefined;
  if (!isEntries(failed) || !(left === null || isEntries(left)) || !(last === null || isLast(last)))
    return undefined;
  return { left, restored, failed, badCopies, last, nextAtMs };
}

function isLast(value: unknown): value is NonNullable<DrillState['last']> {
  if (!isRecord(value)) return false;
  return isNumber(value.finishedAtMs) && isNumber(value.files) && isEntries(value.failed);
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isEntries(value: unknown): value is EntryId[] {
  return Array.isArray(value) && value.every((id) => typeof id === 'string' && /^[0-9a-f]{32}$/.test(id));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
