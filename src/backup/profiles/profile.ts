/** A backup profile: what is saved, where to, when. Checked here, whoever sent it. */
import { isAbsolute, normalize } from 'node:path';
import { Cron } from 'croner';
import type {
  BackupChange,
  BackupKeep,
  BackupPause,
  BackupRule,
  BackupSchedule,
  BackupWish,
} from '../../model/backups/backups.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { EntryId, GrantId, UserId } from '../../model/ids.ts';
import { isPreset, presetNames } from '../source/patterns.ts';

export interface Profile {
  readonly id: string;
  /** Absent of a backup. */
  readonly kind?: 'sync' | 'mirror' | 'adopt';
  readonly owner: UserId;
  readonly target: EntryId;
  readonly folder: string;
  /** The only access that this device keeps for the profile: to its target, and revocable. */
  grant: GrantId;
  token: string;
  /** Random: keys of rows are made with it. Hex. */
  readonly salt: string;
  name: string;
  schedule: BackupSchedule;
  exclude: string[];
  presets: string[];
  onDelete: BackupRule;
  keep: BackupKeep;
  /** Absent in a profile of an earlier version. */
  pauseOn?: BackupPause[];
}

/** What a person may choose and change. */
export type ProfileChoices = Pick<
  Profile,
  'name' | 'schedule' | 'exclude' | 'presets' | 'onDelete' | 'keep' | 'pauseOn'
>;

export const defaultKeep: BackupKeep = { hourly: 24, daily: 30, weekly: 12, monthly: 0 };
const keepMax = 1000;
const nameLengthMax = 64;
const patternsMax = 500;
const minuteMs = 60_000;
const unitMs: Record<string, number> = {
  m: minuteMs,
  h: 60 * minuteMs,
  d: 1440 * minuteMs,
  w: 7 * 1440 * minuteMs,
};

/** @throws `bad-input` */
export function folderOf(wish: Pick<BackupWish, 'folder'>): string {
  if (!isAbsolute(wish.folder) || wish.folder.includes('\0'))
    throw refuse('The folder must be an absolute path on this device.', 'folder');
  return normalize(wish.folder).replace(/(?<=.)[/\\]+$/, '');
}

/** @throws `bad-input` */
export function choicesOf(wish: BackupWish): ProfileChoices {
  const base: ProfileChoices = {
    name: wish.name ?? wish.folder.split(/[/\\]/).filter(Boolean).at(-1) ?? 'backup',
    schedule: { kind: 'manual' },
    exclude: [],
    presets: ['caches', 'system'],
    onDelete: 'trash',
    keep: defaultKeep,
  };
  return changed(base, wish);
}

/** @throws `bad-input` */
export function changed(before: ProfileChoices, change: BackupChange): ProfileChoices {
  const { name, exclude, presets, onDelete, keep, pauseOn = before.pauseOn } = change;
  return {
    name: name === undefined ? before.name : checkedName(name),
    schedule: scheduleOf(change) ?? before.schedule,
    exclude: exclude === undefined ? before.exclude : checkedPatterns(exclude),
    presets: presets === undefined ? before.presets : checkedPresets(presets),
    onDelete: onDelete ?? before.onDelete,
    keep: keep === undefined ? before.keep : checkedKeep({ ...before.keep, ...keep }),
    ...(pauseOn && { pauseOn: [...new Set(pauseOn)] }),
  };
}

/** `1h` → milliseconds. @throws `bad-input` */
export function everyMs(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,4})([mhdw])$/.exec(text) ?? [];
  const ms = Number(count) * (unitMs[unit] ?? 0);
  if (ms >= minuteMs) return ms;
  throw refuse('Write how often as 30m, 1h, 1d or 1w.', 'every');
}

/** Milliseconds → `1h`, the way it is written. */
export function everyText(ms: number): string {
  const [unit = 'm', length = minuteMs] =
    Object.entries(unitMs)
      .reverse()
      .find(([, each]) => ms % each === 0) ?? [];
  return `${ms / length}${unit}`;
}

/** The longest time for which a snapshot stays. */
export function keepMsOf({ hourly, daily, weekly, monthly }: BackupKeep): number {
  const hourMs = 60 * minuteMs;
  return Math.max(hourly * hourMs, daily * 24 * hourMs, weekly * 168 * hourMs, monthly * 31 * 24 * hourMs);
}

function scheduleOf({ watch, cron, every }: BackupChange): BackupSchedule | undefined {
  const named = [watch === true, cron !== undefined, every !== undefined].filter(Boolean).length;
  if (named > 1) throw refuse('Choose one of "watch", "cron" and "every".', 'watch');
  if (watch === true) return { kind: 'watch' };
  if (cron !== undefined) return { kind: 'cron', pattern: checkedCron(cron) };
  if (every !== undefined) return { kind: 'every', ms: everyMs(every) };
  return watch === false ? { kind: 'manual' } : undefined;
}

function checkedCron(pattern: string): string {
  try {
    if (pattern.trim().split(/\s+/).length >= 5 && new Cron(pattern, { paused: true }).nextRun())
      return pattern;
  } catch {
    // said below
  }
  throw refuse(
    'This is no cron pattern with a time to come; an example is "0 3 * * *", daily at three.',
    'cron',
  );
}

function checkedName(name: string): string {
  if (name.trim() !== '' && [...name].length <= nameLengthMax && !/\p{Cc}/u.test(name)) return name.trim();
  throw refuse(`A name has 1 to ${nameLengthMax} characters.`, 'name');
}

function checkedPatterns(patterns: string[]): string[] {
  if (patterns.length <= patternsMax && patterns.every((one) => one.length <= 1000)) return patterns;
  throw refuse(`At most ${patternsMax} patterns of 1000 characters.`, 'exclude');
}

function checkedPresets(presets: string[]): string[] {
  const unknown = presets.find((one) => !isPreset(one));
  if (unknown === undefined) return presets;
  throw refuse(
    `There is no preset "${unknown.slice(0, 40)}"; there are ${presetNames.join(', ')}.`,
    'presets',
  );
}

function checkedKeep(keep: BackupKeep): BackupKeep {
  const counts = Object.values(keep);
  const isRight = counts.every((count) => Number.isSafeInteger(count) && count >= 0 && count <= keepMax);
  if (isRight && counts.some((count) => count > 0)) return keep;
  throw refuse(`Keep 0 to ${keepMax} hourly, daily, weekly and monthly snapshots, and at least one.`, 'keep');
}

function refuse(sentence: string, field: string): PeerstorError {
  return new PeerstorError('bad-input', sentence, { details: { field } });
}
