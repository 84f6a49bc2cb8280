/** Backups in memory: what the routes' tests stand on. */
import type { BackupRunView, BackupView } from '../../src/model/backups/backup-views.ts';
import type { BackupChange, Backups, BackupWish, RestoreWish } from '../../src/model/backups/backups.ts';
import type { Session } from '../../src/model/contracts/drive.ts';
import { PeerstorError } from '../../src/model/errors.ts';

const at = '2026-11-30T10:00:00.000Z';
const snapshot = { id: '2026-11-30T10-00-00-000Z', at, files: 1, bytes: 3 };

export class FakeBackups implements Backups {
  /** What was asked, in order. */
  readonly asked: unknown[] = [];
  readonly #views = new Map<string, BackupView>();

  async list(): Promise<BackupView[]> {
    return [...this.#views.values()];
  }

  async add(session: Session, wish: BackupWish): Promise<BackupView> {
    if (session.user.role !== 'admin') throw new PeerstorError('forbidden', 'Only an admin may do that.');
    const view: BackupView = {
      id: `b${this.#views.size + 1}`,
      kind: wish.kind ?? 'backup',
      name: wish.name ?? 'docs',
      folder: wish.folder,
      target: { id: 't1', path: wish.target },
      watch: wish.watch ?? false,
      cron: wish.cron ?? null,
      every: wish.every ?? null,
      exclude: wish.exclude ?? [],
      presets: wish.presets ?? ['caches', 'system'],
      onDelete: wish.onDelete ?? 'trash',
      keep: { hourly: 24, daily: 30, weekly: 12, monthly: 0, ...wish.keep },
      pauseOn: wish.pauseOn ?? [],
      state: 'idle',
      problem: null,
      needsConsent: false,
      nextRunAt: null,
      lastRun: null,
    };
    this.#views.set(view.id, view);
    return view;
  }

  async change(_session: Session, id: string, change: BackupChange): Promise<BackupView> {
    const view = this.#require(id);
    this.asked.push(change);
    if (change.paused !== undefined) view.state = change.paused ? 'paused' : 'idle';
    return view;
  }

  async remove(_session: Session, id: string): Promise<void> {
    this.#require(id);
    this.#views.delete(id);
  }

  async importAdopted(session: Session, id: string): Promise<BackupRunView> {
    this.asked.push('import');
    return this.run(session, id, { dryRun: false });
  }

  async restore(session: Session, id: string, wish: RestoreWish): Promise<BackupRunView> {
    this.asked.push(wish);
    return this.run(session, id, { dryRun: false });
  }

  async run(_session: Session, id: string, { dryRun }: { dryRun: boolean }): Promise<BackupRunView> {
    const view = this.#require(id);
    if (view.state === 'paused') throw new PeerstorError('conflict', 'This backup is paused.');
    const run: BackupRunView = {
      id: snapshot.id,
      startedAt: at,
      endedAt: at,
      state: dryRun ? 'dry-run' : 'done',
      sentence: 'Files: 1 new.',
      ...{ added: 1, changed: 0, moved: 0, deleted: 0, unchanged: 0, bytes: 3 },
      failed: [],
      snapshot: dryRun ? null : snapshot.id,
    };
    if (!dryRun) view.lastRun = run;
    return run;
  }

  async runs(_session: Session, id: string): Promise<BackupRunView[]> {
    const { lastRun } = this.#require(id);
    return lastRun ? [lastRun] : [];
  }

  async snapshots(_session: Session, id: string) {
    return this.#require(id).lastRun ? [snapshot] : [];
  }

  async snapshot(_session: Session, id: string, wanted: string, options: object) {
    this.#require(id);
    this.asked.push({ at: wanted, ...options });
    const file = {
      path: 'a',
      kind: 'file' as const,
      size: 3,
      modifiedAt: at,
      executable: false,
      entryId: 'e1',
      version: 'v1',
    };
    return { snapshot, items: [file], nextCursor: null };
  }

  #require(id: string): BackupView {
    const view = this.#views.get(id);
    if (view) return view;
    throw new PeerstorError('not-found', 'There is no such backup on this device.');
  }
}
