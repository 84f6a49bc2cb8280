/** Backups of the device that serves this page, and the words for them. */
import type { Page } from '../../src/model/api.ts';
import type {
  BackupRunView,
  BackupView,
  SnapshotEntryView,
  SnapshotView,
} from '../../src/model/backups/backup-views.ts';
import type { BackupChange, BackupWish, RestoreWish } from '../../src/model/backups/backups.ts';
import { t } from '../words/words.ts';
import { ask } from './request.ts';

const endPollMs = 400;
const pathOf = (id: string) => `/api/v1/backups/${encodeURIComponent(id)}`;

export const backups = {
  list: () => ask<Page<BackupView>>('GET', '/api/v1/backups'),
  add: (wish: BackupWish) => ask<BackupView>('POST', '/api/v1/backups', wish),
  change: (id: string, change: BackupChange) => ask<BackupView>('PATCH', pathOf(id), change),
  setPaused: (id: string, paused: boolean) => ask<BackupView>('PATCH', pathOf(id), { paused }),
  remove: (id: string) => ask<void>('DELETE', pathOf(id)),
  run: (id: string) => ask<BackupRunView>('POST', `${pathOf(id)}/run`, {}),
  dryRun: (id: string) => ask<BackupRunView>('POST', `${pathOf(id)}/run`, { dryRun: true }),
  runs: (id: string) => ask<Page<BackupRunView>>('GET', `${pathOf(id)}/runs`),
  restore: (id: string, wish: RestoreWish) => ask<BackupRunView>('POST', `${pathOf(id)}/restore`, wish),
  importAdopted: (id: string) => ask<BackupRunView>('POST', `${pathOf(id)}/import`),
  /** What is directly in one folder of a snapshot. */
  inSnapshot: (id: string, at: string, part: { under: string; cursor: string | null; limit: number }) => {
    const { under, cursor, limit } = part;
    const words = { under, direct: 'true', limit: `${limit}`, ...(cursor && { cursor }) };
    const path = `${pathOf(id)}/snapshots/${encodeURIComponent(at)}?${new URLSearchParams(words)}`;
    return ask<Page<SnapshotEntryView>>('GET', path);
  },
  snapshots: (id: string) => ask<Page<SnapshotView>>('GET', `${pathOf(id)}/snapshots`),
};

export type When = 'watch' | 'hourly' | 'daily' | 'by-hand' | 'as-it-is';

/** The schedule of a wish, for what somebody chose. */
export function scheduleFor(when: When): Pick<BackupWish, 'watch' | 'cron' | 'every'> {
  switch (when) {
    case 'watch':
      return { watch: true };
    case 'hourly':
      return { every: '1h' };
    case 'daily':
      return { cron: '0 3 * * *' };
    case 'by-hand':
    case 'as-it-is':
      return {};
  }
}

/** The same for one that has a schedule already: `as-it-is` leaves what no choice stands for. */
export function scheduleChange(when: When): BackupChange {
  return when === 'by-hand' ? { watch: false } : scheduleFor(when);
}

/** The choice that stands for the schedule of a backup. */
export function whenOf({ watch, every, cron }: BackupView): When {
  if (watch) return 'watch';
  if (every === '1h') return 'hourly';
  if (cron === '0 3 * * *') return 'daily';
  return every === null && cron === null ? 'by-hand' : 'as-it-is';
}

/** Waits for the end of a run, and gives it. */
export async function endOf(id: string, begun: BackupRunView): Promise<BackupRunView> {
  for (;;) {
    const run = (await backups.runs(id)).items.find((one) => one.id === begun.id) ?? begun;
    if (run.state !== 'running') return run;
    await new Promise((resolve) => setTimeout(resolve, endPollMs));
  }
}

export function whenWords({ kind, watch, every, cron }: BackupView): string {
  if (kind === 'sync') return t('kept the same in both directions');
  if (kind === 'mirror') return t('kept as the drive is');
  if (kind === 'adopt') return t('shown in the drive, left where it is');
  if (watch) return t('when something changes');
  if (every !== null) return t('every {time}', { time: every });
  if (cron === '0 3 * * *') return t('daily at 3:00');
  return cron === null ? t('when you run it') : t('at “{cron}”', { cron });
}

/** One word for its state, and how serious it is. */
export function stateWords(view: BackupView): { label: string; tone: '' | 'warn' | 'danger' | 'ok' } {
  if (view.needsConsent) return { label: t('stopped, asks you'), tone: 'danger' };
  if (view.state === 'paused') return { label: t('paused'), tone: '' };
  if (view.state === 'running') return { label: t('running'), tone: '' };
  switch (view.lastRun?.state) {
    case undefined:
      return { label: t('not run yet'), tone: '' };
    case 'done':
      return { label: t('saved'), tone: 'ok' };
    case 'stopped':
      return { label: t('cut off'), tone: '' };
    default:
      return { label: view.lastRun?.state === 'partly' ? t('partly saved') : t('failed'), tone: 'warn' };
  }
}
