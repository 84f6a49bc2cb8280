/** JSON shapes of backups in the HTTP interface. Times are ISO 8601 UTC, sizes bytes. */

/** A backup profile of the device that answers. */
export interface BackupView {
  id: string;
  kind: 'backup' | 'sync' | 'mirror' | 'adopt';
  name: string;
  folder: string;
  /** Where the files go: the folder's id, and its path where the asker can see it. */
  target: { id: string; path: string | null };
  watch: boolean;
  cron: string | null;
  every: string | null;
  exclude: string[];
  presets: string[];
  onDelete: 'keep' | 'trash' | 'mirror';
  keep: { hourly: number; daily: number; weekly: number; monthly: number };
  pauseOn: ('battery' | 'metered')[];
  state: 'idle' | 'running' | 'paused';
  /** Why it is paused or the last run failed; null where all is well. */
  problem: string | null;
  /** The brake stopped a run: going on has to be agreed to. */
  needsConsent: boolean;
  nextRunAt: string | null;
  lastRun: BackupRunView | null;
}

export interface BackupRunView {
  id: string;
  startedAt: string;
  endedAt: string | null;
  /** `partly`: some files failed. `stopped`: the brake held it, or the device ended. */
  state: 'running' | 'done' | 'partly' | 'failed' | 'stopped' | 'dry-run';
  sentence: string;
  added: number;
  changed: number;
  moved: number;
  deleted: number;
  unchanged: number;
  /** Plain bytes that were read. */
  bytes: number;
  /** Files that failed, at most 100; kept in memory only, because they are names. */
  failed: { path: string; code: string; message: string }[];
  snapshot: string | null;
}

export interface SnapshotView {
  /** The time as a name: `2026-11-30T10-00-00-000Z`. */
  id: string;
  at: string;
  files: number;
  bytes: number;
}

export interface SnapshotEntryView {
  path: string;
  kind: 'file' | 'folder';
  size: number;
  modifiedAt: string;
  executable: boolean;
  /** Of a file: what to ask the drive for. */
  entryId: string | null;
  version: string | null;
}
