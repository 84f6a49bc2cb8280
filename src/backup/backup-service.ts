/** The backup profiles of one device. */
import type { AlertView } from '../model/api.ts';
import type { BackupView } from '../model/backups/backup-views.ts';
import type { BackupChange, Backups, BackupWish, RestoreWish } from '../model/backups/backups.ts';
import type { Random } from '../model/clock.ts';
import type { Audit } from '../model/contracts/audit.ts';
import type { Session } from '../model/contracts/drive.ts';
import { isPeerstorError, PeerstorError } from '../model/errors.ts';
import { type ChunkId, entryId, grantId, toHex, userId } from '../model/ids.ts';
import { checkDisplayName, displayNameLengthMax } from '../model/names/display-name.ts';
import { type Importing, importAdopted } from './adopt/import-run.ts';
import { commandsFileOf } from './profiles/commands.ts';
import { changed, choicesOf, everyText, folderOf, keepMsOf, type Profile } from './profiles/profile.ts';
import { fileNameOf, loadStates, newState, saveState } from './profiles/profile-state.ts';
import { importedWords, restoredWords } from './runs/aside-words.ts';
import { restore } from './runs/restore.ts';
import { ProfileRunner, type RunnerParts } from './runs/runner.ts';
import { readView } from './snapshots/snapshot-view.ts';
import { Snapshots } from './snapshots/snapshots.ts';
import { refuseOwnFolder } from './source/own-folders.ts';
import { requireFolder } from './source/scanner.ts';

/** For how long the drive keeps every version below the target; `drive/versions/kept-histories.ts` reads it. */
const keepVersionsProperty = 'peerstor:keep-versions-ms';
const profilesMax = 100;

export interface BackupServiceParts extends Omit<RunnerParts, 'changed'> {
  /** Where a copy of its own goes when an adopted folder is imported. */
  volumes: Importing['volumes'];
  makeFolders(path: string): Promise<unknown>;
  /** Whether another connected device has a chunk. */
  hasOtherCopy(id: ChunkId): boolean;
  random: Random;
  audit: Audit;
  changed(): void;
}

export class BackupService implements Backups {
  readonly #parts: BackupServiceParts;
  readonly #runners = new Map<string, ProfileRunner>();

  constructor(parts: BackupServiceParts) {
    this.#parts = parts;
  }

  /** Reads the profiles and starts their alarms. A profile that is damaged is told, and the others run. */
  async start(): Promise<void> {
    const { states, problems } = await loadStates(this.#parts.folder);
    for (const problem of problems) this.#parts.log.error({}, problem);
    for (const state of states) await this.#begin(new ProfileRunner(state, this.#parts));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop()));
    this.#runners.clear();
  }

  /** What the owner of a profile should know. */
  alerts(viewer: Session): AlertView[] {
    const alerts: AlertView[] = [];
    for (const { state } of this.#runners.values()) {
      if (state.profile.owner !== viewer.user.id) continue;
      const { name } = state.profile;
      const [last] = state.runs;
      if (
        state.profile.kind === 'adopt' &&
        !this.#parts.adopted.isPresent(state.profile.id) &&
        !state.paused
      ) {
        const sentence = `The adopted folder "${name}" is not there: its files come from other devices meanwhile.`;
        alerts.push({ code: 'adopted-away', level: 'warn', sentence, action: 'Plug its drive in again.' });
      } else if (state.braked !== null) {
        const sentence = `The backup "${name}" stopped: ${state.braked}`;
        alerts.push({
          code: 'backup-braked',
          level: 'danger',
          sentence,
          action: `peerstor backup resume "${name}"`,
        });
      } else if (last?.state === 'failed') {
        const sentence = `The last run of the backup "${name}" failed: ${last.sentence}`;
        alerts.push({
          code: 'backup-failed',
          level: 'warn',
          sentence,
          action: `peerstor backup run "${name}"`,
        });
      }
    }
    return alerts;
  }

  async list(session: Session): Promise<BackupView[]> {
    return Promise.all(this.#own(session).map((runner) => this.#view(session, runner)));
  }

  async add(session: Session, wish: BackupWish): Promise<BackupView> {
    // A profile reads files with the rights of this process, whoever is signed in.
    if (session.user.role !== 'admin')
      throw new PeerstorError('forbidden', 'Only an admin may add a backup: it reads files of this machine.');
    if (this.#runners.size >= profilesMax)
      throw new PeerstorError('conflict', `A device has at most ${profilesMax} backups.`);
    const folder = folderOf(wish);
    await requireFolder(folder);
    await refuseOwnFolder(folder, this.#parts.never());
    const kind = wish.kind ?? 'backup';
    const choices = choicesOf({ ...wish, folder, ...(kind !== 'backup' && { watch: true }) });
    this.#requireFreeName(session, choices.name);
    const names = wish.target.split('/').filter((name) => name !== '');
    if (names.length === 0)
      throw new PeerstorError('bad-input', 'Name a folder of the drive as the target, not the whole drive.');
    const target = entryId((await session.drive.ensureFolder(names)).id);
    if (kind === 'backup') await this.#keepVersions(session, target, keepMsOf(choices.keep));
    const access = await this.#newAccess(session, target, choices.name, kind);
    const { random } = this.#parts;
    const profile: Profile = {
      id: toHex(random.bytes(16)),
      ...(kind !== 'backup' && { kind }),
      owner: userId(session.user.id),
      target,
      folder,
      ...access,
      salt: toHex(random.bytes(16)),
      ...choices,
    };
    const state = newState(profile);
    await saveState(this.#parts.folder, state);
    const runner = new ProfileRunner(state, this.#parts);
    this.#note(session, 'backup-added', 'A backup was added');
    await this.#begin(runner);
    return this.#view(session, runner);
  }

  async change(session: Session, id: string, change: BackupChange): Promise<BackupView> {
    const runner = this.#require(session, id);
    const { state } = runner;
    const before = state.profile;
    const choices = changed(before, change);
    if (choices.name !== before.name) this.#requireFreeName(session, choices.name);
    if (before.kind === undefined && keepMsOf(choices.keep) !== keepMsOf(before.keep))
      await this.#keepVersions(session, before.target, keepMsOf(choices.keep));
    Object.assign(before, choices);
    if (change.paused === true) state.paused = true;
    if (change.paused === false) {
      // Who resumes what the brake stopped says that it is right.
      if (state.braked !== null) Object.assign(state, { consent: true, losses: [] });
      Object.assign(state, { paused: false, braked: null });
      // A new password ends all tokens of its user.
      if (!(await this.#parts.resume(before.token)))
        Object.assign(before, await this.#newAccess(session, before.target, before.name, before.kind));
    }
    await runner.restart();
    this.#parts.changed();
    return this.#view(session, runner);
  }

  async remove(session: Session, id: string): Promise<void> {
    const runner = this.#require(session, id);
    const isAdopted = runner.state.profile.kind === 'adopt';
    if (isAdopted) await this.#requireOtherCopies(id);
    await runner.stop();
    this.#runners.delete(id);
    if (isAdopted) await this.#parts.adopted.close(id);
    await this.#parts.folder.remove(fileNameOf(runner.state.profile));
    await this.#parts.folder.remove(commandsFileOf(id));
    await session.sharing.revokeToken(runner.state.profile.grant).catch((error: unknown) => {
      if (!isPeerstorError(error, 'not-found')) throw error;
    });
    await runner.forget();
    this.#note(session, 'backup-removed', 'A backup was removed');
    this.#parts.changed();
  }

  async importAdopted(session: Session, id: string) {
    const runner = this.#require(session, id);
    if (runner.state.profile.kind !== 'adopt')
      throw new PeerstorError('bad-input', 'Only an adopted folder can be imported.');
    const { adopted, volumes } = this.#parts;
    return runner.aside(async (signal) => {
      const outcome = await importAdopted({ profile: id, adopted, volumes, signal });
      // There is nothing left for it to do.
      runner.pause();
      return importedWords(outcome);
    });
  }

  async restore(session: Session, id: string, { at, under = '', to, overwrite = false }: RestoreWish) {
    const runner = this.#require(session, id);
    // As a profile reads files of this machine, this writes some.
    if (session.user.role !== 'admin')
      throw new PeerstorError('forbidden', 'Only an admin may restore: it writes files of this machine.');
    const { profile } = runner.state;
    const folder = to === undefined ? profile.folder : folderOf({ folder: to });
    await refuseOwnFolder(folder, this.#parts.never());
    const { drive } = session;
    const { makeFolders } = this.#parts;
    return runner.aside(async (signal, onProgress) =>
      restoredWords(
        await restore({
          drive,
          target: profile.target,
          at,
          under,
          folder,
          overwrite,
          makeFolders,
          signal,
          onProgress,
        }),
        folder,
      ),
    );
  }

  async run(session: Session, id: string, options: { dryRun: boolean }) {
    return this.#require(session, id).run(options);
  }

  async runs(session: Session, id: string) {
    return this.#require(session, id).state.runs;
  }

  async snapshots(session: Session, id: string) {
    return this.#snapshotsOf(session, id).list();
  }

  async snapshot(
    session: Session,
    id: string,
    at: string,
    options: { under: string; after: number; limit: number; direct?: boolean },
  ) {
    return readView(await this.#snapshotsOf(session, id).open(at), options);
  }

  async #newAccess(
    session: Session,
    entry: Profile['target'],
    name: string,
    kind: BackupView['kind'] | undefined,
  ): Promise<Pick<Profile, 'grant' | 'token'>> {
    const token = await session.sharing.createToken({
      name: this.#tokenName(name),
      // A mirror only reads.
      rights: kind === 'mirror' ? 'view' : 'edit',
      entryId: entry,
      expiresAtMs: null,
    });
    return { grant: grantId(token.id), token: token.token ?? '' };
  }

  /** Names of tokens have stricter rules than those of folders: one script, nothing that does not show. */
  #tokenName(name: string): string {
    const full = `Backup of ${this.#parts.deviceName()}: ${name}`;
    try {
      return checkDisplayName('A token name', [...full].slice(0, displayNameLengthMax).join(''));
    } catch (error) {
      if (!isPeerstorError(error, 'bad-input')) throw error;
      return `Backup ${toHex(this.#parts.random.bytes(4))}`;
    }
  }

  async #begin(runner: ProfileRunner): Promise<void> {
    const { profile } = runner.state;
    this.#runners.set(profile.id, runner);
    if (profile.kind === 'adopt') await this.#parts.adopted.open(profile);
    runner.start();
  }

  /** What only the plain files have would be nowhere. @throws `conflict` */
  async #requireOtherCopies(id: string): Promise<void> {
    const { adopted, hasOtherCopy } = this.#parts;
    let alone = 0;
    for await (const chunk of adopted.chunksOf(id)) if (!hasOtherCopy(chunk)) alone += 1;
    if (alone === 0) return;
    throw new PeerstorError(
      'conflict',
      `${alone} pieces of these files are on no other device that is connected now: turn devices on and wait for the copies, or import the folder first.`,
    );
  }

  #own({ user }: Session): ProfileRunner[] {
    return [...this.#runners.values()].filter(({ state }) => state.profile.owner === user.id);
  }

  #require(session: Session, id: string): ProfileRunner {
    const runner = this.#own(session).find(({ state }) => state.profile.id === id);
    if (runner) return runner;
    throw new PeerstorError('not-found', 'There is no such backup on this device.');
  }

  #requireFreeName(session: Session, name: string): void {
    if (this.#own(session).every(({ state }) => state.profile.name !== name)) return;
    throw new PeerstorError(
      'conflict',
      `You have a backup with the name "${name}" already: choose another --name.`,
    );
  }

  #snapshotsOf(session: Session, id: string): Snapshots {
    return new Snapshots(session.drive, this.#require(session, id).state.profile.target);
  }

  /** Two profiles may have one target: the longer time counts. */
  async #keepVersions({ drive }: Session, target: Profile['target'], ms: number): Promise<void> {
    const before = Number((await drive.properties(target))[keepVersionsProperty] ?? 0);
    if (before < ms) await drive.setProperties(target, { [keepVersionsProperty]: String(ms) });
  }

  async #view(session: Session, runner: ProfileRunner): Promise<BackupView> {
    const { state, current, nextRunMs } = runner;
    const { id, name, folder, target, schedule, exclude, presets, onDelete, keep } = state.profile;
    const [last] = state.runs;
    const failed = last?.state === 'failed' || last?.state === 'partly' ? last.sentence : null;
    return {
      kind: state.profile.kind ?? 'backup',
      ...{ id, name, folder, exclude, presets, onDelete, keep },
      target: { id: target, path: await pathOf(session, target) },
      watch: schedule.kind === 'watch',
      cron: schedule.kind === 'cron' ? schedule.pattern : null,
      every: schedule.kind === 'every' ? everyText(schedule.ms) : null,
      pauseOn: state.profile.pauseOn ?? [],
      state: current ? 'running' : state.paused ? 'paused' : 'idle',
      problem: state.braked ?? runner.waitsFor ?? failed,
      needsConsent: state.braked !== null,
      nextRunAt: nextRunMs === undefined ? null : new Date(nextRunMs).toISOString(),
      lastRun: last ?? null,
    };
  }

  #note({ user }: Session, event: string, what: string): void {
    const sentence = `${what} on ${this.#parts.deviceName()}.`;
    this.#parts.audit.note({ event, sentence, username: user.username });
  }
}

async function pathOf({ drive }: Session, target: Profile['target']): Promise<string | null> {
  try {
    const [entry, around] = await Promise.all([drive.entry(target), drive.ancestors(target)]);
    if (entry.trashedAt !== null) return null;
    return [...around.slice(1), entry].map(({ name }) => `/${name}`).join('');
  } catch (error) {
    if (isPeerstorError(error)) return null;
    throw error;
  }
}
