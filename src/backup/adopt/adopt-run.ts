/**
 * One look at an adopted folder: what is new gets an entry in the drive, and its chunks are noted as what this
 * device has in a plain file. Nothing is written in the folder, and nothing is deleted in the drive.
 */
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { BoundedTasks } from '../../concurrency/index.ts';
import { sleep } from '../../model/clock.ts';
import type { SealedPart } from '../../model/contracts/uploads.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type ChunkId, entryId, versionId } from '../../model/ids.ts';
import { type JobParts, knownRows } from '../profiles/job-parts.ts';
import { type Plan, type PlannedFile, Planner } from '../profiles/plan.ts';
import { isFatal, type RunOutcome } from '../profiles/run-outcome.ts';
import { Tally } from '../profiles/tally.ts';
import { Target } from '../snapshots/target.ts';
import { leavesOut } from '../source/patterns.ts';
import { factsOf, newNotes, scanFolders } from '../source/scanner.ts';
import { FileChanged, readSteady } from '../source/steady-file.ts';
import type { AdoptedChunks } from './adopted-chunks.ts';

export interface AdoptParts extends JobParts {
  adopted: AdoptedChunks;
  /** Look whether the drive still has what was adopted. */
  checkTarget: boolean;
}

const filesAtOnce = 4;
const settleRounds = 5;

export class AdoptRun {
  readonly #parts: AdoptParts;
  readonly #target: Target;
  readonly #tally: Tally;

  constructor(parts: AdoptParts) {
    this.#parts = parts;
    this.#tally = new Tally((counts) => parts.onProgress(counts));
    this.#target = new Target(parts.drive, parts.profile.target, parts.signal);
  }

  /** @throws `not-found` where the folder is not there, or empty as a drive that was pulled leaves it */
  async run(): Promise<RunOutcome> {
    const plan = await this.#plan();
    const { counts, failed } = this.#tally;
    counts.unchanged = plan.unchanged;
    if (this.#parts.dryRun) {
      counts.added = plan.added.length;
      counts.changed = plan.changed.length;
      counts.moved = plan.moved.length;
      counts.deleted = plan.gone.filter(({ file }) => file.kind === 'file').length;
    } else await this.#apply(plan);
    const { failures, links } = this.#tally;
    return { counts, failed, failures, links, snapshot: null, braked: undefined, loss: 0 };
  }

  async #plan(): Promise<Plan> {
    const { profile, known, never, watcher, signal, adopted } = this.#parts;
    const rows = await knownRows(known, this.#target, this.#parts.checkTarget);
    const isSource = (key: string) => adopted.hasFile(profile.id, key);
    const planner = new Planner(rows, (path) => known.keyOf(path), isSource);
    const notes = newNotes();
    const options = { leavesOut: leavesOut(profile.presets, profile.exclude), never, watcher, signal };
    let entries = 0;
    for await (const folder of scanFolders(profile.folder, notes, options)) {
      entries += folder.files.length + folder.folders.length;
      planner.add(folder);
    }
    await adopted.checkAll();
    if (entries === 0 && rows.files > 0) {
      throw new PeerstorError(
        'not-found',
        `The adopted folder ${profile.folder} is empty: is its drive plugged in? Its files come from other devices meanwhile.`,
      );
    }
    for (const { path, error } of notes.failed) this.#tally.fail(path, error);
    this.#tally.links = notes.links;
    return planner.finish(notes.unread.length === 0);
  }

  async #apply(plan: Plan): Promise<void> {
    const { known, adopted, profile } = this.#parts;
    for (const { path, entry } of plan.kept) this.#target.remember(path, entry);
    const none = { size: 0, mtimeMs: 0, ctimeMs: 0, ino: 0n, version: undefined };
    for (const { key, file } of plan.replaced) if (file.kind === 'file') await this.#forget(key);
    for (const { path, key } of plan.folders)
      await this.#try(path, async () =>
        known.set(key, { kind: 'folder', ...none, entry: await this.#target.folder(path) }),
      );
    const moved: PlannedFile[] = [];
    for (const { path, key, facts, from } of plan.moved) {
      await this.#try(path, async () => {
        // Somebody may have moved or deleted it in the drive: then it is there anew.
        await this.#target.move(from.file.entry, path).catch((error: unknown) => {
          if (!isPeerstorError(error) || isFatal(error)) throw error;
        });
        await this.#forget(from.key);
        // Read again: its chunks lie in a file of another name now.
        moved.push({ path, key, facts, before: from.file });
      });
    }
    const isMoved = new Set(moved);
    await this.#takeAll([...plan.added, ...plan.changed, ...moved], isMoved);
    for (const { key, file } of plan.gone) {
      await this.#forget(key);
      if (file.kind === 'file') this.#tally.count('deleted');
    }
    await adopted.checkAll();
    if (!adopted.isPresent(profile.id))
      throw new PeerstorError('not-found', `The adopted folder ${profile.folder} went while it was read.`);
  }

  async #forget(key: string): Promise<void> {
    const { known, adopted, profile } = this.#parts;
    await adopted.dropFile(profile.id, key);
    await known.set(key, undefined);
  }

  /** Files that were written a moment ago come last, when they have been left alone. */
  async #takeAll(files: readonly PlannedFile[], moved: ReadonlySet<PlannedFile>): Promise<void> {
    const { settleMs, clock, signal, profile } = this.#parts;
    let waiting = await this.#takeSettled(files, moved);
    for (let round = 0; waiting.length > 0 && round < settleRounds; round += 1) {
      await sleep(clock, settleMs, signal);
      const looked: PlannedFile[] = [];
      for (const file of waiting) {
        const stats = await lstat(join(profile.folder, file.path), { bigint: true }).catch(() => undefined);
        if (stats?.isFile()) looked.push({ ...file, facts: factsOf(stats) });
      }
      waiting = await this.#takeSettled(looked, moved);
    }
    this.#tally.counts.waiting = waiting.length;
  }

  /** @returns files that are still being written */
  async #takeSettled(files: readonly PlannedFile[], moved: ReadonlySet<PlannedFile>): Promise<PlannedFile[]> {
    const { signal, clock, settleMs } = this.#parts;
    const waiting: PlannedFile[] = [];
    const fatal: unknown[] = [];
    const tasks = new BoundedTasks(filesAtOnce, (error) => fatal.push(error));
    for (const file of files) {
      if (fatal.length > 0 || signal.aborted) break;
      const ages = [file.facts.mtimeMs, file.facts.ctimeMs].map((atMs) => clock.wallMs() - atMs);
      if (ages.some((age) => age >= 0 && age < settleMs)) {
        waiting.push(file);
        continue;
      }
      await tasks.room();
      const take = async () => {
        if (!(await this.#take(file))) waiting.push(file);
        else this.#tally.count(moved.has(file) ? 'moved' : file.before ? 'changed' : 'added');
      };
      void tasks.start(() => this.#try(file.path, take)).catch(() => undefined);
    }
    await tasks.settled();
    signal.throwIfAborted();
    if (fatal.length > 0) throw fatal[0];
    return waiting;
  }

  /** @returns false when the file changed while it was read */
  async #take({ path, key, facts }: PlannedFile): Promise<boolean> {
    const { profile, known, adopted } = this.#parts;
    const local = join(profile.folder, path);
    const { size, mtimeMs } = facts;
    const before = adopted.fileOf(profile.id, key)?.chunks ?? [];
    const noted = new Set<ChunkId>();
    await syncFile(local);
    await adopted.beginFile(profile.id, key, { path, size, mtimeMs });
    let changed = false;
    const onBytes = (count: number) => {
      this.#tally.counts.bytes += count;
    };
    async function* content(): AsyncGenerator<Uint8Array> {
      try {
        yield* readSteady(local, facts, onBytes);
      } catch (error) {
        changed = error instanceof FileChanged;
        throw error;
      }
    }
    const onChunk = async ({ id, ...part }: SealedPart) => {
      noted.add(id);
      await adopted.note(id, { profile: profile.id, file: key, ...part });
    };
    try {
      const file = { path, size, mtimeMs, executable: facts.executable, content, onChunk };
      // Its first copy is the plain file; the others are made in the background.
      const { entry } = await this.#target.upload({ ...file, copies: 'accepted' });
      await adopted.endFile(profile.id, key, { path, size, mtimeMs, chunks: [...noted] }, before);
      await known.set(key, {
        kind: 'file',
        ...facts,
        entry: entryId(entry.id),
        version: versionId(entry.version),
      });
      return true;
    } catch (error) {
      const chunks = [...new Set([...before, ...noted])];
      await adopted.endFile(profile.id, key, { path, size, mtimeMs, chunks }, []);
      if (changed) await adopted.dropFile(profile.id, key);
      if (changed) return false;
      throw error;
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
}

/** What was written to the file survives a power cut (I2). Disks that are only read have nothing to write. */
async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r').catch(() => undefined);
  try {
    await file?.sync().catch(() => undefined);
  } finally {
    await file?.close();
  }
}
