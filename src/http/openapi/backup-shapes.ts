/** The shapes of backups. TypeScript has them in `model/backups/backup-views.ts`. */
import type { Page } from '../../model/api.ts';
import type * as backup from '../../model/backups/backup-views.ts';
import {
  boolean,
  count,
  id,
  listOf,
  nullable,
  objectOf,
  oneOf,
  type Schema,
  shape,
  string,
  time,
} from './schema.ts';

export const backups: Record<string, Schema> = {
  Backup: objectOf<backup.BackupView>({
    id,
    kind: oneOf('backup', 'sync', 'mirror', 'adopt'),
    pauseOn: listOf(oneOf('battery', 'metered')),
    name: string,
    folder: string,
    target: objectOf<backup.BackupView['target']>({ id, path: nullable(string) }),
    watch: boolean,
    cron: nullable(string),
    every: nullable(string),
    exclude: listOf(string),
    presets: listOf(string),
    onDelete: oneOf('keep', 'trash', 'mirror'),
    keep: objectOf<backup.BackupView['keep']>({ hourly: count, daily: count, weekly: count, monthly: count }),
    state: oneOf('idle', 'running', 'paused'),
    problem: nullable(string),
    needsConsent: boolean,
    nextRunAt: nullable(time),
    lastRun: nullable(shape('BackupRun')),
  }),
  BackupRun: objectOf<backup.BackupRunView>({
    id: string,
    startedAt: time,
    endedAt: nullable(time),
    state: oneOf('running', 'done', 'partly', 'failed', 'stopped', 'dry-run'),
    sentence: string,
    added: count,
    changed: count,
    moved: count,
    deleted: count,
    unchanged: count,
    bytes: count,
    failed: listOf(
      objectOf<backup.BackupRunView['failed'][number]>({ path: string, code: string, message: string }),
    ),
    snapshot: nullable(string),
  }),
  Snapshot: objectOf<backup.SnapshotView>({ id: string, at: time, files: count, bytes: count }),
  SnapshotPage: objectOf<Page<unknown> & { snapshot: object }>({
    snapshot: shape('Snapshot'),
    items: listOf(
      objectOf<backup.SnapshotEntryView>({
        path: string,
        kind: oneOf('file', 'folder'),
        size: count,
        modifiedAt: time,
        executable: boolean,
        entryId: nullable(id),
        version: nullable(id),
      }),
    ),
    nextCursor: nullable(string),
  }),
};
