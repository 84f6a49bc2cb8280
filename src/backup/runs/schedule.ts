/** When a profile runs next. */
import { Cron } from 'croner';
import type { BackupSchedule } from '../../model/backups/backups.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import type { Log } from '../../model/log.ts';
import { FolderWatcher } from '../source/watcher.ts';

/** A watched folder is looked at so often without a hint. */
const watchedEveryMs = 60 * 60_000;
/** The same where the machine cannot watch. */
const unwatchedEveryMs = 5 * 60_000;

/** @param lastMs when it last began, Unix ms; a time that passed while the device was off is made up for at once */
export function nextRunMs(
  schedule: BackupSchedule,
  lastMs: number | undefined,
  nowMs: number,
): number | undefined {
  switch (schedule.kind) {
    case 'manual':
      return undefined;
    case 'watch':
      return lastMs === undefined ? nowMs : lastMs + watchedEveryMs;
    case 'every':
      return lastMs === undefined ? nowMs : lastMs + schedule.ms;
    case 'cron':
      return new Cron(schedule.pattern, { paused: true }).nextRun(new Date(lastMs ?? nowMs))?.getTime();
  }
}

export interface AlarmParts {
  folder: string;
  schedule: BackupSchedule;
  lastMs(): number | undefined;
  /** Between a hint and the run: what changes together is saved together. */
  settleMs: number;
  clock: Clock;
  log: Log;
  due(): void;
}

/** Calls `due` when a profile is due, until it is stopped. */
export class Alarm {
  readonly #parts: AlarmParts;
  #timer: Timer | undefined;
  #hint: Timer | undefined;
  /** Scans tell it which folders there are. */
  readonly watcher: FolderWatcher | undefined;
  #stopped = false;

  constructor(parts: AlarmParts) {
    this.#parts = parts;
    const { folder, log } = parts;
    if (parts.schedule.kind === 'watch')
      this.watcher = new FolderWatcher({ folder, log, onChange: () => this.hint() });
    this.set();
  }

  /** Unix ms. */
  get nextMs(): number | undefined {
    const { schedule, lastMs, clock } = this.#parts;
    const nextMs = nextRunMs(schedule, lastMs(), clock.wallMs());
    const lastAtMs = lastMs();
    const isPolled = this.watcher?.isWatching === false && lastAtMs !== undefined;
    return isPolled ? lastAtMs + unwatchedEveryMs : nextMs;
  }

  /** Call this after a run began: the next one is later. */
  set(): void {
    this.#timer?.cancel();
    const { nextMs } = this;
    if (nextMs === undefined || this.#stopped) return;
    const { clock, due } = this.#parts;
    this.#timer = clock.after(Math.max(0, nextMs - clock.wallMs()), due);
  }

  /** Something changed, or will have by then. */
  hint(afterMs: number = this.#parts.settleMs): void {
    if (this.#hint || this.#stopped) return;
    this.#hint = this.#parts.clock.after(afterMs, () => {
      this.#hint = undefined;
      this.#parts.due();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#hint?.cancel();
    this.watcher?.close();
  }
}
