/** What a run has to do: the scan of the source, folder by folder, against what was saved before. */

import { below, type FileFacts, type ScannedFolder, sameContentFacts } from '../source/scanner.ts';
import type { KnownFile } from './known-files.ts';
import type { RowTable } from './row-table.ts';

export interface PlannedFile {
  path: string;
  key: string;
  facts: FileFacts;
  before: KnownFile | undefined;
}

export interface PlannedMove {
  path: string;
  key: string;
  facts: FileFacts;
  from: { key: string; file: KnownFile };
}

export interface Plan {
  /** Folders that are not known, parents first. */
  folders: { path: string; key: string }[];
  /** Folders that are known, with their entries. */
  kept: { path: string; entry: KnownFile['entry'] }[];
  added: PlannedFile[];
  changed: PlannedFile[];
  /** Files with another path and the same inode, size and time: nothing is read. */
  moved: PlannedMove[];
  /** Known under a path that is now of another kind: they go first, because they have the name. */
  replaced: { key: string; file: KnownFile }[];
  /** Known and not in the source any more; files before folders. */
  gone: { key: string; file: KnownFile }[];
  unchanged: number;
  /** Files that were known before. */
  known: number;
}

/** Holds of a source only what has to be done: files that have not changed are counted. */
export class Planner {
  readonly #rows: RowTable;
  readonly #keyOf: (path: string) => string;
  readonly #isWhole: (key: string) => boolean;
  readonly #plan: Plan;

  /** @param isWhole false of a file that has to be read again although it is as it was */
  constructor(rows: RowTable, keyOf: (path: string) => string, isWhole = (_key: string) => true) {
    this.#rows = rows;
    this.#keyOf = keyOf;
    this.#isWhole = isWhole;
    const nothing = { folders: [], kept: [], added: [], changed: [], moved: [], replaced: [], gone: [] };
    this.#plan = { ...nothing, unchanged: 0, known: rows.files };
  }

  add({ path: parent, folders, files }: ScannedFolder): void {
    for (const { name, facts } of files) this.#addFile(below(parent, name), facts);
    for (const name of folders) this.#addFolder(below(parent, name));
  }

  /** @param isComplete false while a part of the source could not be read: what is missing may be there */
  finish(isComplete: boolean): Plan {
    const plan = this.#plan;
    const gone = isComplete ? [...this.#rows.unmarked()] : [];
    const lost = new Map<string, { key: string; file: KnownFile }>();
    for (const one of gone)
      if (one.file.kind === 'file' && one.file.ino !== 0n) lost.set(identityOf(one.file), one);
    const moved = new Set<string>();
    plan.added = plan.added.filter(({ path, key, facts }) => {
      const from = lost.get(identityOf(facts));
      if (!from || moved.has(from.key) || !sameContentFacts(from.file, facts)) return true;
      moved.add(from.key);
      plan.moved.push({ path, key, facts, from });
      return false;
    });
    plan.gone = gone.filter(({ key }) => !moved.has(key));
    plan.gone.sort(
      (left, right) => Number(left.file.kind === 'folder') - Number(right.file.kind === 'folder'),
    );
    return plan;
  }

  #addFile(path: string, facts: FileFacts): void {
    const key = this.#keyOf(path);
    const row = this.#seen(key, 'file');
    if (row === undefined) this.#plan.added.push({ path, key, facts, before: undefined });
    else if (this.#rows.isSame(row, facts) && this.#isWhole(key)) this.#plan.unchanged += 1;
    else this.#plan.changed.push({ path, key, facts, before: this.#rows.at(row) });
  }

  #addFolder(path: string): void {
    const key = this.#keyOf(path);
    const row = this.#seen(key, 'folder');
    if (row === undefined) this.#plan.folders.push({ path, key });
    else this.#plan.kept.push({ path, entry: this.#rows.at(row).entry });
  }

  /** @returns the row of what was known under a path as the same kind */
  #seen(key: string, kind: 'file' | 'folder'): number | undefined {
    const row = this.#rows.find(key);
    if (row === undefined) return undefined;
    this.#rows.mark(row);
    if (this.#rows.kindAt(row) === kind) return row;
    this.#plan.replaced.push({ key, file: this.#rows.at(row) });
    return undefined;
  }
}

function identityOf({ ino, size, mtimeMs }: FileFacts): string {
  return `${ino} ${size} ${mtimeMs}`;
}
