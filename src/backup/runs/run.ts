/**
 * One run of a profile: looks at the source, plans, asks the brake, and does what is to be done. Whatever is done
 * is noted file by file, so a run that was killed goes on where it was.
 */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { BoundedTasks } from '../../concurrency/index.ts';
import { sleep } from '../../model/clock.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId, versionId } from '../../model/ids.ts';
import { brakeReason } from '../profiles/brake.ts';
import { type JobParts, knownRows } from '../profiles/job-parts.ts';
import type { KnownFile } from '../profiles/known-files.ts';
import { type Plan, type PlannedFile, Planner } from '../profiles/plan.ts';
import type { Loss } from '../profiles/profile-state.ts';
import { RowTable } from '../profiles/row-table.ts';
import { isFatal, type RunOutcome } from '../profiles/run-outcome.ts';
import { Tally } from '../profiles/tally.ts';
import { folderLine, type SnapshotLine } from '../snapshots/snapshot-format.ts';
import { Snapshots } from '../snapshots/snapshots.ts';
import { Target } from '../snapshots/target.ts';
import { SourceListing } from '../source/listing.ts';
import { looksEncrypted, sampleBytes } from '../source/noise.ts';
import { leavesOut } from '../source/patterns.ts';
import { type FileFacts, factsOf, newNotes, sameContentFacts, scanFolders } from '../source/scanner.ts';
import { FileChanged, readSample, readSteady } from '../source/steady-file.ts';
import { followEdited } from './edited-moves.ts';

export interface RunParts extends JobParts {
  losses: readonly Loss[];
  /** A person agreed to what the brake stopped. */
  consent: boolean;
  /** Look whether the drive still has what was saved. */
  checkTarget: boolean;
}

const uploadsAtOnce = 4;
const samplesAtOnce = 8;
const settleRounds = 5;

export class BackupRun {
  readonly #parts: RunParts;
  readonly #target: Target;
  readonly #tally: Tally;
  readonly #tables: RowTable[] = [];

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#tally = new Tally((counts) => parts.onProgress(counts));
    this.#target = new Target(parts.drive, parts.profile.target, parts.signal);
  }

  /** @throws what makes all of it impossible: the source is not there, the drive is full, access was revoked */
  async run(): Promise<RunOutcome> {
    try {
      return await this.#run();
    } finally {
      for (const table of this.#tables) table.release();
    }
  }

  async #run(): Promise<RunOutcome> {
    const { profile, dryRun } = this.#parts;
    const listing = new SourceListing();
    const plan = await this.#plan(listing);
    const noisy = await this.#countNoisy(plan);
    const gone = profile.onDelete === 'keep' ? 0 : filesIn(plan.gone) + filesIn(plan.replaced);
    const braked = this.#brake(plan, gone, noisy);
    if (dryRun) this.#foresee(plan, gone);
    if (dryRun || braked !== undefined) return this.#outcome(null, braked, 0);
    await this.#apply(plan);
    const snapshot = await this.#snapshot(listing);
    return this.#outcome(snapshot, undefined, gone + noisy);
  }

  async #plan(listing: SourceListing): Promise<Plan> {
    const { profile, known, never, watcher, signal } = this.#parts;
    const notes = newNotes();
    const rows = await knownRows(known, this.#target, this.#parts.checkTarget);
    this.#tables.push(rows);
    const planner = new Planner(rows, (path) => known.keyOf(path));
    const rules = leavesOut(profile.presets, profile.exclude);
    const options = { leavesOut: rules, never, watcher, signal };
    for await (const folder of scanFolders(profile.folder, notes, options)) {
      planner.add(folder);
      listing.add(folder);
    }
    for (const { path, error } of notes.failed) this.#tally.fail(path, error);
    this.#tally.links = notes.links;
    const plan = planner.finish(notes.unread.length === 0);
    await followEdited(plan, profile.folder);
    return plan;
  }

  async #readRows(): Promise<RowTable> {
    const rows = await RowTable.from(this.#parts.known.rows());
    this.#tables.push(rows);
    return rows;
  }

  #brake(plan: Plan, gone: number, noisy: number): string | undefined {
    const { consent, losses: before, clock } = this.#parts;
    if (consent) return undefined;
    return brakeReason({ before, gone, noisy, known: plan.known, nowMs: clock.wallMs() });
  }

  async #countNoisy({ changed, moved }: Plan): Promise<number> {
    const { profile, signal } = this.#parts;
    let noisy = 0;
    const tasks = new BoundedTasks(samplesAtOnce, () => undefined);
    const rewritten = [...changed, ...moved.filter(({ from, facts }) => !sameContentFacts(from.file, facts))];
    for (const { path } of rewritten) {
      signal.throwIfAborted();
      await tasks.room();
      void tasks.start(async () => {
        const sample = await readSample(join(profile.folder, path), sampleBytes).catch(() => undefined);
        if (sample && looksEncrypted(sample)) noisy += 1;
      });
    }
    await tasks.settled();
    return noisy;
  }

  #foresee({ added, changed, moved, unchanged }: Plan, gone: number): void {
    const counts = {
      added: added.length,
      changed: changed.length,
      moved: moved.length,
      deleted: gone,
      unchanged,
    };
    Object.assign(this.#tally.counts, counts);
  }

  async #apply(plan: Plan): Promise<void> {
    const { known } = this.#parts;
    this.#tally.counts.unchanged = plan.unchanged;
    for (const { path, entry } of plan.kept) this.#target.remember(path, entry);
    for (const { key, file } of plan.replaced) await this.#remove(key, file);
    for (const { path, key } of plan.folders) {
      await this.#try(path, async () => {
        const entry = await this.#target.folder(path);
        await known.set(key, {
          kind: 'folder',
          size: 0,
          mtimeMs: 0,
          ctimeMs: 0,
          ino: 0n,
          entry,
          version: undefined,
        });
      });
    }
    const unmoved: PlannedFile[] = [];
    for (const { path, key, facts, from } of plan.moved) {
      await this.#try(path, async () => {
        const view = await this.#target.move(from.file.entry, path).catch((error: unknown) => {
          // Somebody moved or deleted it in the drive: it is saved like the others.
          if (!isPeerstorError(error) || isFatal(error)) throw error;
        });
        if (view && sameContentFacts(from.file, facts)) {
          await known.set(key, { ...from.file, ...facts, version: versionId(view.version) });
          this.#tally.count('moved');
        } else if (view) {
          // Edited besides: noted as it was, it is sent below, or by the next run.
          const before = { ...from.file, version: versionId(view.version) };
          await known.set(key, before);
          unmoved.push({ path, key, facts, before });
        } else unmoved.push({ path, key, facts, before: undefined });
        await known.set(from.key, undefined);
      });
    }
    await this.#uploadAll([...plan.changed, ...plan.added, ...unmoved]);
    for (const { key, file } of plan.gone) await this.#remove(key, file);
    if (this.#parts.profile.onDelete === 'mirror') await this.#mirror();
  }

  /** Files that were written a moment ago come last, when they have been left alone. */
  async #uploadAll(files: readonly PlannedFile[]): Promise<void> {
    const { settleMs, clock, signal, profile } = this.#parts;
    let waiting = await this.#uploadSettled(files);
    for (let round = 0; waiting.length > 0 && round < settleRounds; round += 1) {
      await sleep(clock, settleMs, signal);
      const looked = await Promise.all(
        waiting.map(async (file): Promise<PlannedFile | undefined> => {
          const stats = await lstat(join(profile.folder, file.path), { bigint: true }).catch(() => undefined);
          return stats?.isFile() ? { ...file, facts: factsOf(stats) } : undefined;
        }),
      );
      waiting = await this.#uploadSettled(looked.filter((file) => file !== undefined));
    }
    this.#tally.counts.waiting = waiting.length;
  }

  /** @returns files that are still being written */
  async #uploadSettled(files: readonly PlannedFile[]): Promise<PlannedFile[]> {
    const waiting: PlannedFile[] = [];
    const fatal: unknown[] = [];
    const tasks = new BoundedTasks(uploadsAtOnce, (error) => fatal.push(error));
    for (const file of files) {
      if (fatal.length > 0 || this.#parts.signal.aborted) break;
      if (this.#isYoung(file.facts)) {
        waiting.push(file);
        continue;
      }
      await tasks.room();
      const work = async () => {
        if (!(await this.#upload(file))) waiting.push(file);
      };
      void tasks.start(() => this.#try(file.path, work)).catch(() => undefined);
    }
    await tasks.settled();
    this.#parts.signal.throwIfAborted();
    if (fatal.length > 0) throw fatal[0];
    return waiting;
  }

  #isYoung({ mtimeMs, ctimeMs }: FileFacts): boolean {
    const { clock, settleMs } = this.#parts;
    const ages = [mtimeMs, ctimeMs].map((atMs) => clock.wallMs() - atMs);
    // A time to come says nothing.
    return ages.some((age) => age >= 0 && age < settleMs);
  }

  /** @returns false when the file changed while it was read */
  async #upload({ path, key, facts, before }: PlannedFile): Promise<boolean> {
    const { profile, known } = this.#parts;
    let changed = false;
    const onBytes = (count: number) => {
      this.#tally.counts.bytes += count;
    };
    async function* content(): AsyncGenerator<Uint8Array> {
      try {
        yield* readSteady(join(profile.folder, path), facts, onBytes);
      } catch (error) {
        changed = error instanceof FileChanged;
        throw error;
      }
    }
    try {
      const { entry } = await this.#target.upload({
        path,
        size: facts.size,
        mtimeMs: facts.mtimeMs,
        executable: facts.executable,
        content,
      });
      const version = versionId(entry.version);
      await known.set(key, { kind: 'file', ...facts, entry: entryId(entry.id), version });
      this.#tally.count(before ? 'changed' : 'added');
      return true;
    } catch (error) {
      if (changed) return false;
      throw error;
    }
  }

  async #remove(key: string, { kind, entry }: KnownFile): Promise<void> {
    const { profile, known } = this.#parts;
    await this.#try('', async () => {
      if (profile.onDelete !== 'keep') await this.#target.trash(entry);
      await known.set(key, undefined);
      if (kind === 'file' && profile.onDelete !== 'keep') this.#tally.count('deleted');
    });
  }

  /** What only the drive has goes to the trash. */
  async #mirror(): Promise<void> {
    const kept = new Set<EntryId>();
    for await (const { file } of this.#parts.known.all()) kept.add(file.entry);
    const extra: EntryId[] = [];
    for await (const { id } of this.#target.below()) if (!kept.has(entryId(id))) extra.push(entryId(id));
    for (const id of extra) await this.#try('', () => this.#target.trash(id));
  }

  async #snapshot(listing: SourceListing): Promise<string | null> {
    const { drive, profile, clock, signal } = this.#parts;
    const { added, changed, moved, deleted } = this.#tally.counts;
    const snapshots = new Snapshots(drive, profile.target, signal);
    const isNews = added + changed + moved + deleted > 0;
    if (!isNews && (await snapshots.ids()).length > 0) return null;
    const rows = await this.#readRows();
    // Nothing of the source could be saved.
    if (rows.length === 0 && !listing.isEmpty) return null;
    const id = await snapshots.write(clock.wallMs(), () => this.#lines(listing, rows));
    await snapshots.thin(profile.keep, clock.wallMs());
    return id;
  }

  /** As the drive has it: a file that could not be read is there as it was before, or not at all. */
  *#lines(listing: SourceListing, rows: RowTable): Generator<SnapshotLine> {
    for (const { kind, path, executable } of listing.inOrder()) {
      if (kind === 'folder') {
        yield folderLine(path);
        continue;
      }
      const row = rows.find(this.#parts.known.keyOf(path));
      if (row === undefined) continue;
      const { kind: known, size, mtimeMs, entry, version } = rows.at(row);
      if (known !== 'file' || !version) continue;
      yield { path, kind, size, modifiedAtMs: Math.floor(mtimeMs), executable, entry, version };
    }
  }

  async #try(path: string, work: () => Promise<void>): Promise<void> {
    this.#parts.signal.throwIfAborted();
    try {
      await work();
    } catch (error) {
      this.#parts.signal.throwIfAborted();
      if (isFatal(error)) throw error;
      this.#tally.fail(path, error);
    }
  }

  #outcome(snapshot: string | null, braked: string | undefined, loss: number): RunOutcome {
    return {
      counts: this.#tally.counts,
      failed: this.#tally.failed,
      failures: this.#tally.failures,
      links: this.#tally.links,
      snapshot,
      braked,
      loss,
    };
  }
}

function filesIn(gone: Plan['gone']): number {
  return gone.filter(({ file }) => file.kind === 'file').length;
}
