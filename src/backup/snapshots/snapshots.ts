/** The snapshots of a profile: files in a folder of its target. */
import type { SnapshotView } from '../../model/backups/backup-views.ts';
import type { BackupKeep } from '../../model/backups/backups.ts';
import type { Drive } from '../../model/contracts/drive.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId } from '../../model/ids.ts';
import { snapshotsFolderName } from '../source/patterns.ts';
import {
  idOfFile,
  readSnapshotHead,
  readSnapshotLine,
  type SnapshotLine,
  snapshotFileName,
  snapshotId,
  snapshotMs,
  totalsOf,
  writeSnapshot,
} from './snapshot-format.ts';
import { Target } from './target.ts';
import { superfluousSnapshots } from './thinning.ts';

/** @param target the folder that the profile saves to, as whoever asks sees it */
export class Snapshots {
  readonly #target: Target;

  constructor(drive: Drive, target: EntryId, signal: AbortSignal = new AbortController().signal) {
    this.#target = new Target(drive, target, signal);
  }

  /** @param lines gives the lines in the order of the paths, each time anew: they are counted before they are written */
  async write(atMs: number, lines: () => Iterable<SnapshotLine>): Promise<string> {
    const id = snapshotId(atMs);
    const folder = await this.#target.folder(snapshotsFolderName);
    async function* content() {
      yield* writeSnapshot(atMs, totalsOf(lines()), lines());
    }
    await this.#target.drive.upload(folder, snapshotFileName(id), content(), { modifiedAtMs: atMs });
    return id;
  }

  /** Ids, newest first. */
  async ids(): Promise<{ id: string; entry: EntryId }[]> {
    const folder = await this.#folder();
    if (folder === undefined) return [];
    const found: { id: string; entry: EntryId }[] = [];
    for await (const { name, kind, id: file } of this.#target.children(folder)) {
      const id = kind === 'file' ? idOfFile(name) : undefined;
      if (id !== undefined) found.push({ id, entry: entryId(file) });
    }
    return found.sort((left, right) => (left.id < right.id ? 1 : -1));
  }

  async list(): Promise<SnapshotView[]> {
    const views: SnapshotView[] = [];
    for (const { id, entry } of await this.ids()) {
      for await (const line of this.#lines(entry)) {
        views.push(readSnapshotHead(id, line));
        break;
      }
    }
    return views;
  }

  /**
   * @param at the id of a snapshot, or a time: the newest one that is not later
   * @throws `not-found`; `bad-input` for what is neither
   */
  async open(at: string): Promise<{ snapshot: SnapshotView; lines: AsyncGenerator<SnapshotLine> }> {
    const atMs = snapshotMs(at) ?? Date.parse(at);
    if (Number.isNaN(atMs)) throw new PeerstorError('bad-input', `"${at.slice(0, 60)}" is no time.`);
    const found = (await this.ids()).find(({ id }) => (snapshotMs(id) ?? Number.POSITIVE_INFINITY) <= atMs);
    if (!found) throw new PeerstorError('not-found', 'There is no snapshot of that time or before it.');
    const text = this.#lines(found.entry);
    const first = await text.next();
    const snapshot = readSnapshotHead(found.id, first.done ? '' : first.value);
    async function* lines() {
      for await (const line of text) yield readSnapshotLine(line);
    }
    return { snapshot, lines: lines() };
  }

  /** @returns how many went */
  async thin(keep: BackupKeep, nowMs: number): Promise<number> {
    const known = await this.ids();
    const times = known.map(({ id }) => snapshotMs(id) ?? 0);
    const gone = new Set(superfluousSnapshots(times, keep, nowMs));
    for (const { id, entry } of known) if (gone.has(snapshotMs(id) ?? 0)) await this.#target.trash(entry);
    return gone.size;
  }

  async #folder(): Promise<EntryId | undefined> {
    try {
      return entryId((await this.#target.drive.resolve([snapshotsFolderName], this.#target.root)).id);
    } catch (error) {
      if (isPeerstorError(error, 'not-found')) return undefined;
      throw error;
    }
  }

  async *#lines(entry: EntryId): AsyncGenerator<string, void, void> {
    const content = await this.#target.drive.open(entry);
    const decoder = new TextDecoder();
    let rest = '';
    for await (const piece of content.read({ start: 0, end: content.size }, new AbortController().signal)) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    if (rest !== '') yield rest;
  }
}
