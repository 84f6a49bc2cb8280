/** One profile while the device runs: its alarm, and one run at a time. */

import type { BackupRunView } from '../../model/backups/backup-views.ts';
import type { Clock } from '../../model/clock.ts';
import type { Session } from '../../model/contracts/drive.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import { AdoptRun } from '../adopt/adopt-run.ts';
import type { AdoptedChunks } from '../adopt/adopted-chunks.ts';
import { lossesWithin } from '../profiles/brake.ts';
import { readCommands, runCommand } from '../profiles/commands.ts';
import { KnownFiles } from '../profiles/known-files.ts';
import type { Profile } from '../profiles/profile.ts';
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
/** While battery or line forbid a run, they are looked at so often. */
const conditionsAgainMs = 5 * 60_000;

export type AsideOutcome = Pick<BackupRunView, 'state' | 'sentence'> & Partial<BackupRunView>;

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
  isOnBattery(): boolean;
  /** Whether the line is paid by volume; undefined where nothing says so. */
  isMetered(): Promise<boolean | undefined>;
}

export class ProfileRunner {
  readonly state: ProfileState;
  /** Why a run that is due has not begun. */
  waitsFor: string | undefined;
  readonly #parts: RunnerParts;
  readonly #known: KnownFiles;
  #alarm: Alarm | undefined;
  #unfollow: (() => void) | undefined;
  /** Its owner is no admin any more: it does not begin by itself, until a run by hand goes well or somebody changes it. */
  #isAsleep = false;
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
    this.#isAsleep = false;
    const { clock, log, settleMs } = this.#parts;
    const { folder, schedule } = this.state.profile;
    const lastMs = () => {
      const [last] = this.state.runs;
      return last && Date.parse(last.startedAt);
    };
    const due = () => void this.#due().catch(() => undefined);
    this.#alarm = new Alarm({ folder, schedule, lastMs, settleMs, clock, log, due });
    // Nobody watched while the device was off.
    if (schedule.kind === 'watch') this.#alarm.hint();
    if (followsDrive(this.state.profile) && schedule.kind === 'watch') void this.#followDrive();
  }

  /** Begins by itself, unless the machine is in a state in which it shall not. */
  async #due(): Promise<void> {
    const { pauseOn = [] } = this.state.profile;
    const { isOnBattery, isMetered } = this.#parts;
    const reason =
      pauseOn.includes('battery') && isOnBattery()
        ? 'It waits until this machine is on mains power.'
        : pauseOn.includes('metered') && (await isMetered())
          ? 'It waits for a line that is not paid by volume.'
          : undefined;
    this.waitsFor = reason;
    if (reason === undefined) await this.run({ dryRun: false });
    else this.#alarm?.hint(conditionsAgainMs);
  }

  /** A sync follows what changes in the drive, too. */
  async #followDrive(): Promise<void> {
    const alarm = this.#alarm;
    const session = await this.#parts.resume(this.state.profile.token).catch(() => undefined);
    if (!session || !alarm || this.#alarm !== alarm) return;
    this.#unfollow = session.drive.onChange(() => alarm.hint());
  }

  async stop(): Promise<void> {
    this.#isAsleep = false;
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
  async run({ dryRun }: { dryRun: boolean }): Promise<BackupRunView> {
    // One that has its outcome and is only being saved does nothing for who asks now.
    if (this.#running?.view.state === 'running' && !dryRun) {
      // What changed after this run looked is for the next one.
      this.#alarm?.hint();
      return this.#running.view;
    }
    await this.#idle();
    if (this.state.paused && !dryRun)
      throw new PeerstorError('conflict', this.state.braked ?? 'This backup is paused: resume it first.');
    const view = this.#begin((begun, signal) => this.#perform(begun, dryRun, signal), { isListed: !dryRun });
    if (dryRun) await this.#running?.done;
    return view;
  }

  /**
   * Work of another kind, which waits for a run that is under way, and is listed like one.
   * @param work gives the state and the sentence at its end
   */
  async aside(
    work: (signal: AbortSignal, onProgress: (counts: Counts) => void) => Promise<AsideOutcome>,
  ): Promise<BackupRunView> {
    await this.#idle();
    return this.#begin(async (view, signal) => {
      try {
        Object.assign(view, await work(signal, (counts) => Object.assign(view, shown(counts))));
      } catch (error) {
        this.#failed(view, error, signal);
      }
      await this.#end(view);
    });
  }

  /** Resolves when nothing is under way, and nothing that waited earlier has begun meanwhile. */
  async #idle(): Promise<void> {
    let running = this.#running;
    while (running) {
      await running.done;
      running = this.#running;
    }
  }

  /** Nothing begins by itself any more. */
  pause(): void {
    this.state.paused = true;
    this.#silence();
  }

  #sleep(): void {
    this.#isAsleep = true;
    this.#silence();
  }

  #silence(): void {
    this.#alarm?.stop();
    this.#alarm = undefined;
    this.#unfollow?.();
    this.#unfollow = undefined;
  }

  #begin(
    work: (view: BackupRunView, signal: AbortSignal) => Promise<void>,
    { isListed = true } = {},
  ): BackupRunView {
    const abort = new AbortController();
    const view = beginView(this.#parts.clock.wallMs());
    if (isListed) this.state.runs.unshift(view);
    const done = work(view, abort.signal).finally(() => {
      this.#running = undefined;
      this.#parts.changed();
    });
    this.#running = { view, done, abort };
    this.#alarm?.set();
    this.#parts.changed();
    return view;
  }

  #failed(view: BackupRunView, error: unknown, signal: AbortSignal): void {
    view.state = signal.aborted ? 'stopped' : 'failed';
    view.sentence = signal.aborted ? 'Stopped; the next run goes on.' : sentenceOf(error);
  }

  async #end(view: BackupRunView): Promise<void> {
    const { clock, log } = this.#parts;
    view.endedAt = new Date(clock.wallMs()).toISOString();
    await this.save().catch((error: unknown) =>
      log.error({}, `A backup profile could not be saved: ${sentenceOf(error)}`),
    );
  }

  /** Never rejects. */
  async #perform(view: BackupRunView, dryRun: boolean, signal: AbortSignal): Promise<void> {
    const { folder } = this.#parts;
    try {
      if (!dryRun) await this.save();
      const commands = dryRun ? {} : await readCommands(folder, this.state.profile.id);
      if (commands.before) await runCommand(commands.before, 'before', commands, signal);
      const outcome = await this.#runOnce(view, dryRun, signal);
      if (commands.after) await runCommand(commands.after, 'after', commands, signal);
      this.#conclude(view, outcome, dryRun);
      if (this.#isAsleep) this.start();
    } catch (error) {
      this.#failed(view, error, signal);
    }
    if (!dryRun) await this.#end(view);
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
    if (session.user.role !== 'admin') {
      this.#sleep();
      throw new PeerstorError('forbidden', 'Only backups of an admin run, and its owner is none any more.');
    }
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
    const againMs = followsDrive(profile) ? settleMs + waitingSyncMs : waitingAgainMs;
    if (outcome.counts.waiting > 0) this.#alarm?.hint(againMs);
    return outcome;
  }

  #kindOfRun(shared: Omit<RunParts, 'checkTarget'>, checkTarget: boolean): { run(): Promise<RunOutcome> } {
    const { isDriveComplete, deviceName, adopted } = this.#parts;
    switch (shared.profile.kind) {
      case 'sync':
      case 'mirror':
        return new SyncRun({ ...shared, isDriveComplete, deviceName: deviceName() });
      case 'adopt':
        return new AdoptRun({ ...shared, checkTarget, adopted });
      default:
        return new BackupRun({ ...shared, checkTarget });
    }
  }

  #conclude(view: BackupRunView, outcome: RunOutcome, dryRun: boolean): void {
    Object.assign(view, shown(outcome.counts), { failed: outcome.failed, snapshot: outcome.snapshot });
    const { braked, failures, counts, links = 0 } = outcome;
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
      this.#silence();
      return;
    }
    view.state = failures > 0 ? 'partly' : 'done';
    const failed = failures > 0 ? ` ${failures} could not be saved.` : '';
    const left = links > 0 ? ` ${links} symbolic ${links === 1 ? 'link is' : 'links are'} left out.` : '';
    view.sentence = `${sentenceFor(counts, isAdopted)}${failed}${left}`;
  }
}

function followsDrive({ kind }: Pick<Profile, 'kind'>): boolean {
  return kind === 'sync' || kind === 'mirror';
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
