/** One run of a sync: looks at both sides, plans, asks the brake, and makes them the same. */
import { join } from 'node:path';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { entryId, type VersionId, versionId } from '../../model/ids.ts';
import { brakeReason } from '../profiles/brake.ts';
import type { JobParts } from '../profiles/job-parts.ts';
import type { Loss } from '../profiles/profile-state.ts';
import { isFatal, type RunOutcome } from '../profiles/run-outcome.ts';
import { Tally } from '../profiles/tally.ts';
import { Target } from '../snapshots/target.ts';
import { looksEncrypted, sampleBytes } from '../source/noise.ts';
import { type LeavesOut, leavesOut } from '../source/patterns.ts';
import { type FileFacts, isOwn, scanSource } from '../source/scanner.ts';
import { FileChanged, readSample, readSteady } from '../source/steady-file.ts';
import { conflictPath } from './conflict-name.ts';
import { LocalWriter, unfinishedEnding } from './local-writer.ts';
import { hasSameContent } from './same-content.ts';
import {
  mirrorStepFor,
  type Remote,
  type Rename,
  renamesIn,
  type SyncPath,
  type SyncStep,
  stepFor,
} from './sync-plan.ts';

export interface SyncParts extends JobParts {
  losses: readonly Loss[];
  /** A person agreed to what the brake stopped. */
  consent: boolean;
  /** What is not in the catalog is not in the drive: it lacks nothing that other devices have. */
  isDriveComplete(): boolean;
  deviceName: string;
}

type Planned = SyncPath & { key: string; step: SyncStep };

/** Names of conflicts in one minute. */
const namesTried = 20;

export class SyncRun {
  readonly #parts: SyncParts;
  readonly #target: Target;
  readonly #writer: LocalWriter;
  readonly #tally: Tally;

  constructor(parts: SyncParts) {
    this.#parts = parts;
    this.#tally = new Tally((counts) => parts.onProgress(counts));
    this.#target = new Target(parts.drive, parts.profile.target, parts.signal);
    this.#writer = new LocalWriter(parts.profile.folder);
  }

  async run(): Promise<RunOutcome> {
    const planned = await this.#plan();
    const gone = planned.filter(isDeletion).length;
    const known = planned.filter(({ base }) => base?.kind === 'file').length;
    const noisy = await this.#countNoisy(planned);
    const { consent, losses: before, clock, dryRun } = this.#parts;
    const braked = consent ? undefined : brakeReason({ before, gone, noisy, known, nowMs: clock.wallMs() });
    if (dryRun) this.#foresee(planned);
    else if (braked === undefined) await this.#apply(planned);
    const loss = braked === undefined && !dryRun ? gone + noisy : 0;
    return {
      counts: this.#tally.counts,
      failed: this.#tally.failed,
      failures: this.#tally.failures,
      snapshot: null,
      braked,
      loss,
    };
  }

  async #plan(): Promise<Planned[]> {
    const { profile, known, signal, never, watcher } = this.#parts;
    const rules = leavesOut(profile.presets, [`*${unfinishedEnding}`, ...profile.exclude]);
    const scan = await scanSource(profile.folder, { leavesOut: rules, never, watcher, signal });
    for (const { path, error } of scan.failed) this.#tally.fail(path, error);
    const paths = new Map<string, SyncPath>();
    const at = (path: string): SyncPath => {
      const there = paths.get(path) ?? { path, local: undefined, remote: undefined, base: undefined };
      paths.set(path, there);
      return there;
    };
    for (const { kind, path, facts } of scan.found) at(path).local = { kind, facts };
    for await (const { path, remote } of this.#remotes(rules)) at(path).remote = remote;
    const failed = new Set(scan.failed.map(({ path }) => path));
    const planned: Planned[] = [];
    const step = this.#isMirror ? mirrorStepFor : stepFor;
    const seen = new Set<string>();
    for (const one of paths.values()) {
      const key = known.keyOf(one.path);
      seen.add(key);
      one.base = known.get(key);
      if (isOwn(scan, one.path)) continue;
      // What could not be read here may be there all the same.
      const isUnsure = failed.has(one.path) || (!one.local && scan.unread.length > 0);
      planned.push({ ...one, key, step: isUnsure ? { do: 'nothing' } : step(one) });
    }
    await this.#forgetGone(seen);
    return this.#withRenames(planned).sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Rows of what neither side has any more. */
  async #forgetGone(seen: ReadonlySet<string>): Promise<void> {
    if (this.#parts.dryRun) return;
    const gone: string[] = [];
    for await (const { key } of this.#parts.known.all()) if (!seen.has(key)) gone.push(key);
    for (const key of gone) await this.#parts.known.set(key, undefined);
  }

  async *#remotes(rules: LeavesOut): AsyncGenerator<{ path: string; remote: Remote }> {
    const folders: { id: string; names: string[] }[] = [{ id: this.#target.root, names: [] }];
    for (let folder = folders.pop(); folder; folder = folders.pop()) {
      for await (const child of this.#target.children(entryId(folder.id))) {
        const names = [...folder.names, child.name];
        if (rules(names.join('/'), child.kind === 'folder')) continue;
        const version = child.kind === 'file' ? versionId(child.version) : undefined;
        yield {
          path: names.join('/'),
          remote: { kind: child.kind, entry: entryId(child.id), version, size: child.size },
        };
        if (child.kind === 'folder') folders.push({ id: child.id, names });
      }
    }
  }

  /** A rename is one step, which takes the place of two. */
  #withRenames(planned: Planned[]): Planned[] {
    const renames = renamesIn(planned);
    const of = new Map(planned.map((one) => [one.path, one]));
    for (const [list, apply] of [
      [this.#isMirror ? [] : renames.there, (rename: Rename) => this.#renameThere(rename)],
      [renames.here, (rename: Rename) => this.#renameHere(rename)],
    ] as const) {
      for (const rename of list) {
        this.#renames.push(() => apply(rename));
        for (const { path } of [rename.from, rename.to]) {
          const one = of.get(path);
          if (one) one.step = { do: 'nothing' };
        }
      }
    }
    return planned;
  }

  readonly #renames: (() => Promise<void>)[] = [];

  async #countNoisy(planned: readonly Planned[]): Promise<number> {
    let noisy = 0;
    for (const { path, step, base } of planned) {
      if (step.do !== 'upload' || !base) continue;
      const sample = await readSample(join(this.#parts.profile.folder, path), sampleBytes).catch(
        () => undefined,
      );
      if (sample && looksEncrypted(sample)) noisy += 1;
    }
    return noisy;
  }

  #foresee(planned: readonly Planned[]): void {
    const count = (...steps: SyncStep['do'][]) =>
      planned.filter(({ step }) => steps.includes(step.do)).length;
    this.#tally.counts.added = planned.filter(({ step, base }) => !base && isTransfer(step)).length;
    this.#tally.counts.changed = planned.filter(({ step, base }) => base && isTransfer(step)).length;
    this.#tally.counts.moved = this.#renames.length;
    this.#tally.counts.deleted = count('trash-remote', 'delete-local');
    this.#tally.counts.unchanged = count('nothing');
  }

  async #apply(planned: readonly Planned[]): Promise<void> {
    for (const rename of this.#renames) await rename();
    // Folders come before what is in them; when they go, after it.
    for (const one of planned) if (!isRemoval(one)) await this.#try(one.path, () => this.#take(one));
    for (const one of [...planned].reverse())
      if (isRemoval(one)) await this.#try(one.path, () => this.#remove(one));
  }

  async #take(one: Planned): Promise<void> {
    const { path, key, local, remote, base, step } = one;
    switch (step.do) {
      case 'nothing':
        if (local?.kind === 'file') this.#tally.counts.unchanged += 1;
        if (local?.kind === 'folder' && remote && !base) await this.#noteFolder(key, remote.entry);
        return;
      case 'refuse':
        throw new PeerstorError(
          'conflict',
          'it is a file on one side and a folder on the other: rename one of them',
        );
      case 'forget':
        return this.#parts.known.set(key, undefined);
      case 'make-remote-folder':
        return this.#noteFolder(key, await this.#target.folder(path));
      case 'make-local-folder':
        await this.#writer.makeFolder(path);
        return remote && this.#noteFolder(key, remote.entry);
      case 'upload':
        return local && this.#upload(one, local.facts);
      case 'download':
        return remote && this.#download(one, remote);
      case 'compare':
      case 'conflict':
        if (local && remote && (await hasSameContent(this.#parts, path, local.facts, remote)))
          return this.#note(key, local.facts, remote.entry, remote.version);
        return this.#conflict(one);
    }
  }

  async #remove({ path, key, local, remote, base, step }: Planned): Promise<void> {
    if (step.do === 'trash-remote' && remote) {
      // A folder goes when nothing is left in it: somebody may have put something there meanwhile.
      if (remote.kind === 'folder' && (await this.#hasChildren(remote.entry))) return;
      await this.#target.trash(remote.entry);
    } else if (step.do === 'delete-local' && local) {
      this.#mustKnowTheDrive();
      if (local.kind === 'folder') {
        if (!(await this.#writer.deleteFolder(path))) return;
      } else await this.#writer.delete(path, local.facts);
    }
    await this.#parts.known.set(key, undefined);
    if (base?.kind === 'file') this.#tally.count('deleted');
  }

  /** A device that lost its catalog, or has just joined, knows little of the drive: nothing is deleted for that. */
  #mustKnowTheDrive(): void {
    if (this.#parts.isDriveComplete()) return;
    throw new PeerstorError(
      'not-ready',
      'this device is still fetching the catalog, so nothing is deleted here yet',
    );
  }

  async #hasChildren(folder: Remote['entry']): Promise<boolean> {
    for await (const _ of this.#target.children(folder)) return true;
    return false;
  }

  get #isMirror(): boolean {
    return this.#parts.profile.kind === 'mirror';
  }

  /** The drive's file keeps the name; the local one is renamed. */
  async #conflict({ path, key, local, remote }: Planned): Promise<void> {
    if (!local || !remote) return;
    this.#mustBeSettled(local.facts);
    await this.#setAside(path, local.facts);
    // The next run sends it.
    if (!this.#isMirror) this.#tally.counts.waiting += 1;
    await this.#download(
      { path, key, local: undefined, remote, base: undefined, step: { do: 'download' } },
      remote,
    );
  }

  /** Gives the local file a name of its own; of several in a minute each has a number. */
  async #setAside(path: string, facts: FileFacts): Promise<void> {
    const { clock, deviceName } = this.#parts;
    for (let number = 1; ; number += 1) {
      try {
        await this.#writer.rename(path, conflictPath(path, deviceName, clock.wallMs(), number), facts);
        return;
      } catch (error) {
        if (!(error instanceof FileChanged) || number === namesTried) throw error;
      }
    }
  }

  async #upload({ path, key, remote, base }: Planned, facts: FileFacts): Promise<void> {
    this.#mustBeSettled(facts);
    const { folder } = this.#parts.profile;
    const { entry } = await this.#target.upload({
      path,
      size: facts.size,
      mtimeMs: facts.mtimeMs,
      executable: facts.executable,
      content: () => readSteady(join(folder, path), facts, (count) => this.#counted(count)),
      // Somebody may have changed it there since this run looked.
      ifMatch: remote ? remote.version : 'none',
    });
    await this.#note(key, facts, entryId(entry.id), versionId(entry.version));
    this.#tally.count(base ? 'changed' : 'added');
  }

  async #download({ path, key, local, base }: Planned, remote: Remote): Promise<void> {
    const { drive, signal } = this.#parts;
    const content = await drive.open(remote.entry, remote.version);
    const { executable } = await drive.entry(remote.entry);
    const counted = (count: number) => this.#counted(count);
    async function* pieces() {
      for await (const piece of content.read({ start: 0, end: content.size }, signal)) {
        counted(piece.length);
        yield piece;
      }
    }
    const { modifiedAtMs } = content;
    const facts = await this.#writer.write(
      path,
      { pieces: pieces(), modifiedAtMs, executable },
      local?.facts,
    );
    await this.#note(key, facts, remote.entry, remote.version);
    this.#tally.count(base ? 'changed' : 'added');
  }

  async #renameThere({ from, to }: Rename): Promise<void> {
    await this.#try(to.path, async () => {
      if (!from.remote || !to.local) return;
      const view = await this.#target.move(from.remote.entry, to.path);
      await this.#note(this.#keyOf(to), to.local.facts, from.remote.entry, versionId(view.version));
      await this.#parts.known.set(this.#keyOf(from), undefined);
      this.#tally.count('moved');
    });
  }

  async #renameHere({ from, to }: Rename): Promise<void> {
    await this.#try(to.path, async () => {
      if (!from.local || !to.remote) return;
      const facts = await this.#writer.rename(from.path, to.path, from.local.facts);
      await this.#note(this.#keyOf(to), facts, to.remote.entry, to.remote.version);
      await this.#parts.known.set(this.#keyOf(from), undefined);
      this.#tally.count('moved');
    });
  }

  #keyOf({ path }: SyncPath): string {
    return this.#parts.known.keyOf(path);
  }

  #mustBeSettled({ mtimeMs, ctimeMs }: FileFacts): void {
    const { clock, settleMs } = this.#parts;
    const ages = [mtimeMs, ctimeMs].map((atMs) => clock.wallMs() - atMs);
    if (ages.some((age) => age >= 0 && age < settleMs)) throw new FileChanged();
  }

  #noteFolder(key: string, entry: Remote['entry']): Promise<void> {
    const none = { size: 0, mtimeMs: 0, ctimeMs: 0, ino: 0n, version: undefined };
    return this.#parts.known.set(key, { kind: 'folder', ...none, entry });
  }

  #note(
    key: string,
    facts: FileFacts,
    entry: Remote['entry'],
    version: VersionId | undefined,
  ): Promise<void> {
    return this.#parts.known.set(key, { kind: 'file', ...facts, entry, version });
  }

  async #try(path: string, work: () => Promise<unknown>): Promise<void> {
    this.#parts.signal.throwIfAborted();
    try {
      await work();
    } catch (error) {
      this.#parts.signal.throwIfAborted();
      if (isFatal(error)) throw error;
      // Somebody is writing it, here or there: the next run looks again.
      if (error instanceof FileChanged || isPeerstorError(error, 'precondition-failed'))
        this.#tally.counts.waiting += 1;
      else this.#tally.fail(path, error);
    }
  }

  #counted(count: number): void {
    this.#tally.counts.bytes += count;
  }
}

function isRemoval({ step }: Planned): boolean {
  return step.do === 'trash-remote' || step.do === 'delete-local';
}

function isDeletion(one: Planned): boolean {
  return isRemoval(one) && one.base?.kind === 'file';
}

function isTransfer(step: SyncStep): boolean {
  return step.do === 'upload' || step.do === 'download' || step.do === 'conflict' || step.do === 'compare';
}
