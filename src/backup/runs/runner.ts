/** One profile while the device runs: its alarm, and one run at a time. */

import type { BackupRunView } from '../../model/backups/backup-views.ts';
import type { Clock } from '../../model/clock.ts';
import type { Session } from '../../model/contracts/drive.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import { AdoptRun } from '../adopt/adopt-run.ts';
import type { AdoptedChunks } from '../adopt/adopted-chunks.ts';
import { type Importing, importAdopted } from '../adopt/import-run.ts';
import { lossesWithin } from '../profiles/brake.ts';
import { KnownFiles } from '../profiles/known-files.ts';
import { type ProfileFolder, type ProfileState, saveState } from '../profiles/profile-state.ts';
import type { Counts, RunOutcome } from '../profiles/run-outcome.ts';
import { snapshotId } from '../snapshots/snapshot-format.ts';
import { SyncRun } from '../sync/sync-run.ts';
import { BackupRun, type RunParts } from './run.ts';
import { Alarm } from './schedule.ts';

const checkTargetEveryMs = 24 * 60 * 60_000;
/** Files that were being written are looked at again after so long. */
const waitingAgainMs = 30_000;
const waitingSyncMs = 500;

export interface RunnerParts {
  /** The session of an access token; undefined when it was revoked or is not known here. */
  resume(token: string): Promise<Session | undefined>;
  folder: ProfileFolder;
  rows: OrderedStore;
  clock: Clock;
  log: Log;
  settleMs: number;
  /** Folders of this device that no backup saves. */
  never(): readonly string[];
  changed(): void;
  /** What is not in the catalog of this device is not in the drive. */
  isDriveComplete(): boolean;
  deviceName(): string;
  /** What plain files of this device stand for. */
  adopted: AdoptedChunks;
  /** Where a copy of its own goes when an adopted folder is imported. */
  volumes: Importing['volumes'];
}

export class ProfileRunner {
  readonly state: ProfileState;
  readonly #parts: RunnerParts;
  readonly #known: KnownFiles;
  #alarm: Alarm | undefined;
  #unfollow: (() => void) | undefined;
  #running: { view: BackupRunView; done: Promise<void>; abort: AbortController } | undefined;

  constructor(state: ProfileState, parts: RunnerParts) {
    this.state = state;
    this.#parts = parts;
    this.#known = new KnownFiles(parts.rows, state.profile);
  }

  get current(): BackupRunView | undefined {
    return this.#running?.view;
  }

  get nextRunMs(): number | undefined {
    return this.state.paused ? undefined : this.#alarm?.nextMs;
  }

  start(): void {
    if (this.#alarm || this.state.paused) return;
    const { clock, log, settleMs } = this.#parts;
    const { folder, schedule } = this.state.profile;
    const lastMs = () => {
      const [last] = this.state.runs;
      return last && Date.parse(last.startedAt);
    };
    const due = () => void this.run({ dryRun: false }).catch(() => undefined);
    this.#alarm = new Alarm({ folder, schedule, lastMs, settleMs, clock, log, due });
    // Nobody watched while the device was off.
    if (schedule.kind === 'watch') this.#alarm.hint();
    if (this.state.profile.kind === 'sync' && schedule.kind === 'watch') void this.#followDrive();
  }

  /** A sync follows what changes in the drive, too. */
  async #followDrive(): Promise<void> {
    const alarm = this.#alarm;
    const session = await this.#parts.resume(this.state.profile.token).catch(() => undefined);
    if (!session || !alarm || this.#alarm !== alarm) return;
    this.#unfollow = session.drive.onChange(() => alarm.hint());
  }

  async stop(): Promise<void> {
    const alarm = this.#alarm;
    this.#alarm = undefined;
    this.#unfollow?.();
    this.#unfollow = undefined;
    this.#running?.abort.abort(new PeerstorError('aborted', 'The backup was stopped.'));
    await this.#running?.done;
    alarm?.stop();
  }

  /** Applies what a person changed. */
  async restart(): Promise<void> {
    await this.stop();
    await this.save();
    this.start();
  }

  save(): Promise<void> {
    return saveState(this.#parts.folder, this.state);
  }

  forget(): Promise<void> {
    return this.#known.clear();
  }

  /** @returns the run that began, or the one that is under way. @throws `conflict` while it is paused */
  async run({ dryRun, importing = false }: { dryRun: boolean; importing?: boolean }): Promise<BackupRunView> {
    if (importing) await this.#running?.done;
    if (this.#running && !dryRun) {
      // What changed after this run looked is for the next one.
      this.#alarm?.hint();
      return this.#running.view;
    }
    await this.#running?.done;
    if (this.state.paused && !dryRun && !importing)
      throw new PeerstorError('conflict', this.state.braked ?? 'This backup is paused: resume it first.');
    const abort = new AbortController();
    const view = beginView(this.#parts.clock.wallMs());
    if (!dryRun) this.state.runs.unshift(view);
    const work = importing ? this.#import(view, abort.signal) : this.#perform(view, dryRun, abort.signal);
    const done = work.finally(() => {
      this.#running = undefined;
      this.#parts.changed();
    });
    this.#running = { view, done, abort };
    this.#alarm?.set();
    this.#parts.changed();
    if (dryRun) await done;
    return view;
  }

  /** Never rejects. */
  async #perform(view: BackupRunView, dryRun: boolean, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    try {
      if (!dryRun) await this.save();
      const outcome = await this.#runOnce(view, dryRun, signal);
      this.#conclude(view, outcome, dryRun);
    } catch (error) {
      view.state = signal.aborted ? 'stopped' : 'failed';
      view.sentence = signal.aborted ? 'Stopped; the next run goes on.' : sentenceOf(error);
    }
    view.endedAt = new Date(clock.wallMs()).toISOString();
    if (dryRun) return;
    await this.save().catch((error: unknown) =>
      log.error({}, `A backup profile could not be saved: ${sentenceOf(error)}`),
    );
  }

  /** Afterwards the profile is paused: there is nothing left for it to do. Never rejects. */
  async #import(view: BackupRunView, signal: AbortSignal): Promise<void> {
    const { clock, adopted, volumes, log } = this.#parts;
    try {
      const { id } = this.state.profile;
      const { chunks, missing } = await importAdopted({ profile: id, adopted, volumes, signal });
      view.state = missing > 0 ? 'partly' : 'done';
      view.sentence = `Imported: this device has ${chunks} pieces of its own now, and the folder is not needed any more.`;
      if (missing > 0)
        view.sentence += ` ${missing} could not be read from it; they come from other devices that have them.`;
      this.state.paused = true;
      this.#alarm?.stop();
      this.#alarm = undefined;
    } catch (error) {
      view.state = signal.aborted ? 'stopped' : 'failed';
      view.sentence = signal.aborted ? 'Stopped; importing again goes on.' : sentenceOf(error);
    }
    view.endedAt = new Date(clock.wallMs()).toISOString();
    await this.save().catch((error: unknown) =>
      log.error({}, `A backup profile could not be saved: ${sentenceOf(error)}`),
    );
  }

  async #runOnce(view: BackupRunView, dryRun: boolean, signal: AbortSignal): Promise<RunOutcome> {
    const { resume, clock, settleMs, never } = this.#parts;
    const { state } = this;
    const session = await resume(state.profile.token);
    if (!session) {
      throw new PeerstorError(
        'not-signed-in',
        'The access of this backup to its folder in the drive was revoked, as a new password does: resume the backup to give it access again.',
      );
    }
    // Asked at each run: who is no admin any more reads and writes no files of this machine.
    if (session.user.role !== 'admin')
      throw new PeerstorError('forbidden', 'Only backups of an admin run, and its owner is none any more.');
    const nowMs = clock.wallMs();
    const checkTarget = nowMs - state.checkedAtMs >= checkTargetEveryMs || nowMs < state.checkedAtMs;
    const { consent, losses, profile } = state;
    const onProgress = (counts: Counts) => Object.assign(view, shown(counts));
    const shared = {
      ...{ profile, drive: session.drive, known: this.#known, clock, settleMs, signal, dryRun },
      ...{ never: never(), losses, consent, onProgress, watcher: this.#alarm?.watcher },
    };
    const outcome = await this.#kindOfRun(shared, checkTarget).run();
    if (dryRun || outcome.braked !== undefined) return outcome;
    state.consent = false;
    if (checkTarget) state.checkedAtMs = nowMs;
    const earlier = consent ? [] : lossesWithin(losses, nowMs);
    state.losses =
      outcome.loss > 0 && !consent ? [...earlier, { atMs: nowMs, files: outcome.loss }] : earlier;
    // A run of a backup has waited for them already; one of a sync does not wait.
    const againMs = profile.kind === 'sync' ? settleMs + waitingSyncMs : waitingAgainMs;
    if (outcome.counts.waiting > 0) this.#alarm?.hint(againMs);
    return outcome;
  }

  #kindOfRun(shared: Omit<RunParts, 'checkTarget'>, checkTarget: boolean): { run(): Promise<RunOutcome> } {
    const { isDriveComplete, deviceName, adopted } = this.#parts;
    switch (shared.profile.kind) {
      case 'sync':
        return new SyncRun({ ...shared, isDriveComplete, deviceName: deviceName() });
      case 'adopt':
        return new AdoptRun({ ...shared, checkTarget, adopted });
      default:
        return new BackupRun({ ...shared, checkTarget });
    }
  }

  #conclude(view: BackupRunView, outcome: RunOutcome, dryRun: boolean): void {
    Object.assign(view, shown(outcome.counts), { failed: outcome.failed, snapshot: outcome.snapshot });
    const { braked, failures, counts } = outcome;
    const isAdopted = this.state.profile.kind === 'adopt';
    if (dryRun) {
      view.state = 'dry-run';
      view.sentence = braked ?? `Nothing was changed. ${sentenceFor(counts, isAdopted)}`;
      return;
    }
    if (braked !== undefined) {
      view.state = 'stopped';
      view.sentence = braked;
      this.state.paused = true;
      this.state.braked = braked;
      const alarm = this.#alarm;
      this.#alarm = undefined;
      alarm?.stop();
      return;
    }
    view.state = failures > 0 ? 'partly' : 'done';
    const failed = failures > 0 ? ` ${failures} could not be saved.` : '';
    view.sentence = `${sentenceFor(counts, isAdopted)}${failed}`;
  }
}

function beginView(nowMs: number): BackupRunView {
  return {
    id: snapshotId(nowMs),
    startedAt: new Date(nowMs).toISOString(),
    endedAt: null,
    state: 'running',
    sentence: 'It is running.',
    ...{ added: 0, changed: 0, moved: 0, deleted: 0, unchanged: 0, bytes: 0 },
    failed: [],
    snapshot: null,
  };
}

function shown({ waiting: _waiting, ...counts }: Counts): Omit<Counts, 'waiting'> {
  return counts;
}

function sentenceFor(counts: Counts, isAdopted: boolean): string {
  const { added, changed, moved, deleted, unchanged, waiting } = counts;
  const parts = [
    `${added} new`,
    `${changed} changed`,
    `${moved} moved`,
    ...(isAdopted ? [] : [`${deleted} deleted`]),
    `${unchanged} unchanged`,
  ];
  if (isAdopted && deleted > 0) parts.push(`${deleted} are gone from the folder, and stay in the drive`);
  const open = waiting > 0 ? ` ${waiting} are being written, and are saved when they are left alone.` : '';
  return `Files: ${parts.join(', ')}.${open}`;
}
