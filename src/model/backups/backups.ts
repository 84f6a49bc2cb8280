/** Backup profiles of one device: what `http` may ask. Built in `backup`, wired in `node`. */
import type { Page } from '../api.ts';
import type { Session } from '../contracts/drive.ts';
import type { BackupRunView, BackupView, SnapshotEntryView, SnapshotView } from './backup-views.ts';

export type BackupRule = 'keep' | 'trash' | 'mirror';

/** When a profile runs; never by itself where nothing is named. */
export type BackupSchedule =
  | { kind: 'watch' }
  /** Five or six fields, local time. */
  | { kind: 'cron'; pattern: string }
  | { kind: 'every'; ms: number }
  | { kind: 'manual' };

/** How many snapshots stay of each span: the newest of each hour, day, week and month. */
export interface BackupKeep {
  hourly: number;
  daily: number;
  weekly: number;
  monthly: number;
}

export interface BackupWish {
  /** `adopt` shows the files in the drive and leaves them where they are. `sync` keeps both folders the same, in both directions, when one of them changes; `mirror`
   * only keeps the local folder as the drive is; default: `backup`. */
  kind?: 'backup' | 'sync' | 'mirror' | 'adopt';
  name?: string;
  /** Absolute path on this device. */
  folder: string;
  /** Path in the drive; it is made. */
  target: string;
  watch?: boolean;
  cron?: string;
  /** `30m`, `1h`, `7d`. */
  every?: string;
  /** Patterns as in a .gitignore file. */
  exclude?: string[];
  /** What is left out besides: `caches`, `node_modules`, `system`. */
  presets?: string[];
  onDelete?: BackupRule;
  keep?: Partial<BackupKeep>;
  /** While one of these holds it does not begin by itself: this machine runs on battery, its line is paid by volume. */
  pauseOn?: BackupPause[];
}

export type BackupPause = 'battery' | 'metered';

/** Files of a snapshot go into a folder of the device. */
export interface RestoreWish {
  /** Id of a snapshot, or a time: the newest one that is not later. */
  at: string;
  /** A file or folder of the snapshot; default: all of it. */
  under?: string;
  /** Absolute path on the device; default: the folder that the backup saves. */
  to?: string;
  /** Files there that differ are replaced; default: they stay, and are named. */
  overwrite?: boolean;
}

export type BackupChange = Partial<Omit<BackupWish, 'kind' | 'folder' | 'target'>> & { paused?: boolean };

/** Profiles are their owner's: others are not told of them. */
export interface Backups {
  list(session: Session): Promise<BackupView[]>;
  /** @throws `forbidden` for a member: a profile reads files of this machine; `bad-input`, `conflict` */
  add(session: Session, wish: BackupWish): Promise<BackupView>;
  /** `paused: false` also agrees to what the brake stopped. @throws `not-found`, `bad-input` */
  change(session: Session, id: string, change: BackupChange): Promise<BackupView>;
  /** Takes its access back; what was saved stays. @throws `not-found` */
  remove(session: Session, id: string): Promise<void>;
  /**
   * Begins a run, or names the one that is under way. A dry run is waited for, and changes nothing.
   * @throws `not-found`, `conflict` while the profile is paused
   */
  run(session: Session, id: string, options: { dryRun: boolean }): Promise<BackupRunView>;
  /**
   * Makes normal files of those of an adopted folder: this device stores copies of its own, and the folder is not needed any more.
   * @returns a run @throws `not-found`, `bad-input` for a backup or a sync
   */
  importAdopted(session: Session, id: string): Promise<BackupRunView>;
  /**
   * Brings files back from a snapshot, on this device.
   * @returns a run @throws `not-found`, `forbidden` for a member: it writes files of this machine; `bad-input`
   */
  restore(session: Session, id: string, wish: RestoreWish): Promise<BackupRunView>;
  /** Newest first. */
  runs(session: Session, id: string): Promise<BackupRunView[]>;
  /** Newest first. */
  snapshots(session: Session, id: string): Promise<SnapshotView[]>;
  /**
   * What a snapshot has, in the order of the paths.
   * @param at the id of a snapshot, or a time: the newest one that is not later
   * @param options.direct only what is directly in the folder `under`
   * @throws `not-found`
   */
  snapshot(
    session: Session,
    id: string,
    at: string,
    options: { under: string; after: number; limit: number; direct?: boolean },
  ): Promise<Page<SnapshotEntryView> & { snapshot: SnapshotView }>;
}
