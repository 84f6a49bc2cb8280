/** Backups of the device that serves this page, and the words for them. */
import type { Page } from '../../src/model/api.ts';
import type { BackupRunView, BackupView, SnapshotView } from '../../src/model/backups/backup-views.ts';
import type { BackupWish } from '../../src/model/backups/backups.ts';
import { t } from '../words/words.ts';
import { ask } from './request.ts';

const pathOf = (id: string) => `/api/v1/backups/${encodeURIComponent(id)}`;

export const backups = {
  list: () => ask<Page<BackupView>>('GET', '/api/v1/backups'),
  add: (wish: BackupWish) => ask<BackupView>('POST', '/api/v1/backups', wish),
  setPaused: (id: string, paused: boolean) => ask<BackupView>('PATCH', pathOf(id), { paused }),
  remove: (id: string) => ask<void>('DELETE', pathOf(id)),
  run: (id: string) => ask<BackupRunView>('POST', `${pathOf(id)}/run`, {}),
  dryRun: (id: string) => ask<BackupRunView>('POST', `${pathOf(id)}/run`, { dryRun: true }),
  snapshots: (id: string) => ask<Page<SnapshotView>>('GET', `${pathOf(id)}/snapshots`),
};

export type When = 'watch' | 'hourly' | 'daily' | 'by-hand';

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
      return {};
  }
}

export function whenWords({ kind, watch, every, cron }: BackupView): string {
  if (kind === 'sync') return t('kept the same in both directions');
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
      return { label: view.lastRun?.state === 'partly' ? 'partly saved' : 'failed', tone: 'warn' };
  }
}
