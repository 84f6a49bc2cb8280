/**
 * What is searched, in columns: about 120 bytes an entry, names included. A row has a number that stays
 * as long as the entry is there; the parent of an entry is such a number too.
 */
import { type EntryId, entryId } from '../../model/ids.ts';
import { SignatureColumns } from './signatures.ts';

/** What is known of an entry, folded. */
export interface SearchedEntry {
  parent: EntryId | null;
  kind: 'file' | 'folder';
  /** From `foldText`. */
  name: string;
  size: number;
  /** When the content was last changed, as its uploader says. */
  modifiedAtMs: number;
  /** When the drive was changed, by the device that did it. */
  changedAtMs: number;
  mime: string;
  starred: boolean;
  trashed: boolean;
  /** Folded. */
  tags: readonly string[];
}

/** The columns of a table, to be kept and put back: `table-pieces.ts`. */
export interface Columns {
  flags: Uint8Array;
  parents: Int32Array;
  sizes: Float64Array;
  modified: Float64Array;
  changed: Float64Array;
  mimes: Uint16Array;
  /** Four words of each row. */
  ids: Uint32Array;
  names: readonly string[];
  mimeNames: readonly string[];
  /** By row, in any order. */
  tags: readonly (readonly [row: number, tags: readonly string[]])[];
}

const flag = { used: 1, folder: 2, starred: 4, trashed: 8 } as const;
const nowhere = -1;
const firstRows = 1024;

export class EntryTable {
  /** Rows in use lie below this; some of them may be free. */
  rows = 0;
  /** Grows with every change. */
  revision = 0;
  names: string[] = [];
  #flags = new Uint8Array(firstRows);
  #parents = new Int32Array(firstRows);
  #sizes = new Float64Array(firstRows);
  #modified = new Float64Array(firstRows);
  #changed = new Float64Array(firstRows);
  #mimes = new Uint16Array(firstRows);
  readonly signatures = new SignatureColumns();
  #ids = new Uint32Array(firstRows * 4);
  /** Row + 1 by the first word of the id, open addressing; 0 is free. Rows that were deleted stay in it. */
  #places = new Int32Array(firstRows * 4);
  #placed = 0;
  /** Rows of files that were deleted. A folder's row is not used again: others may still name it. */
  readonly #free: number[] = [];
  readonly #tags = new Map<number, readonly string[]>();
  readonly #mimeNumbers = new Map<string, number>();
  readonly #mimeNames: string[] = [];
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /** A copy of everything, so that the table may change while it is written. */
  columns(): Columns {
    const { rows } = this;
    return {
      flags: this.#flags.slice(0, rows),
      parents: this.#parents.slice(0, rows),
      sizes: this.#sizes.slice(0, rows),
      modified: this.#modified.slice(0, rows),
      changed: this.#changed.slice(0, rows),
      mimes: this.#mimes.slice(0, rows),
      ids: this.#ids.slice(0, rows * 4),
      names: this.names.slice(0, rows),
      mimeNames: [...this.#mimeNames],
      tags: [...this.#tags],
    };
  }

  /** Fills a table that is empty with what `columns` gave; `index` then has to be called for each row. */
  restore(columns: Columns): void {
    const rows = columns.flags.length;
    while (this.#flags.length < rows) this.#grow();
    this.rows = rows;
    this.revision += 1;
    this.#flags.set(columns.flags);
    this.#parents.set(columns.parents);
    this.#sizes.set(columns.sizes);
    this.#modified.set(columns.modified);
    this.#changed.set(columns.changed);
    this.#mimes.set(columns.mimes);
    this.#ids.set(columns.ids);
    for (const mime of columns.mimeNames) this.#mimeNumber(mime);
    for (const [row, tags] of columns.tags) this.#tags.set(row, tags);
    const named = new Uint8Array(rows);
    for (const parent of columns.parents) if (parent >= 0) named[parent] = 1;
    for (let row = 0; row < rows; row += 1) {
      if (this.isUsed(row)) this.#count += 1;
      else if (!named[row]) this.#free.push(row);
    }
    this.#rebuildPlaces();
  }

  /** Gives a restored row its name. */
  index(row: number, name: string): void {
    this.#setName(row, name);
  }

  /** The row of an entry, or -1. */
  rowOf(id: EntryId): number {
    const words = wordsOfId(id);
    const mask = this.#places.length - 1;
    for (let at = words[0] & mask; ; at = (at + 1) & mask) {
      const row = (this.#places[at] ?? 0) - 1;
      if (row < 0) return nowhere;
      if (this.#hasId(row, words) && this.isUsed(row)) return row;
    }
  }

  idOf(row: number): EntryId {
    const words = this.#ids.subarray(row * 4, row * 4 + 4);
    return entryId(Array.from(words, (word) => word.toString(16).padStart(8, '0')).join(''));
  }

  isUsed(row: number): boolean {
    return ((this.#flags[row] ?? 0) & flag.used) !== 0;
  }

  isFolder(row: number): boolean {
    return ((this.#flags[row] ?? 0) & flag.folder) !== 0;
  }

  isStarred(row: number): boolean {
    return ((this.#flags[row] ?? 0) & flag.starred) !== 0;
  }

  /** True for what was put into the trash by itself, not with its folder. */
  isTrashedItself(row: number): boolean {
    return ((this.#flags[row] ?? 0) & flag.trashed) !== 0;
  }

  /** -1 for the topmost entry, and for one whose folder is not in the table. */
  parentOf(row: number): number {
    return this.#parents[row] ?? nowhere;
  }

  sizeOf(row: number): number {
    return this.#sizes[row] ?? 0;
  }

  modifiedAtOf(row: number): number {
    return this.#modified[row] ?? 0;
  }

  changedAtOf(row: number): number {
    return this.#changed[row] ?? 0;
  }

  mimeOf(row: number): string {
    return this.#mimeNames[this.#mimes[row] ?? 0] ?? '';
  }

  tagsOf(row: number): readonly string[] {
    return this.#tags.get(row) ?? [];
  }

  /** Adds an entry, or says anew what is known of it. */
  set(id: EntryId, entry: SearchedEntry): number {
    this.revision += 1;
    const known = this.rowOf(id);
    const row = known < 0 ? this.#add(id) : known;
    const { kind, starred, trashed, tags } = entry;
    this.#flags[row] =
      flag.used |
      (kind === 'folder' ? flag.folder : 0) |
      (starred ? flag.starred : 0) |
      (trashed ? flag.trashed : 0);
    this.setParent(row, entry.parent);
    this.#sizes[row] = entry.size;
    this.#modified[row] = entry.modifiedAtMs;
    this.#changed[row] = entry.changedAtMs;
    this.#mimes[row] = this.#mimeNumber(entry.mime);
    this.#setName(row, entry.name);
    if (tags.length > 0) this.#tags.set(row, tags);
    else this.#tags.delete(row);
    return row;
  }

  setParent(row: number, parent: EntryId | null): void {
    this.revision += 1;
    this.#parents[row] = parent === null ? nowhere : this.rowOf(parent);
  }

  delete(id: EntryId): void {
    const row = this.rowOf(id);
    if (row < 0) return;
    this.revision += 1;
    if (!this.isFolder(row)) this.#free.push(row);
    this.#flags[row] = 0;
    this.#parents[row] = nowhere;
    this.#setName(row, '');
    this.#tags.delete(row);
    this.#count -= 1;
  }

  #setName(row: number, name: string): void {
    const before = this.names[row] ?? '';
    if (before !== name) {
      this.signatures.clear(row, before);
      this.signatures.set(row, name);
    }
    this.names[row] = name;
  }

  #add(id: EntryId): number {
    const row = this.#free.pop() ?? this.rows;
    if (row === this.rows) {
      if (row === this.#flags.length) this.#grow();
      this.rows += 1;
    }
    this.#count += 1;
    this.#ids.set(wordsOfId(id), row * 4);
    if (this.#placed * 2 > this.#places.length) this.#rebuildPlaces();
    this.#place(row);
    return row;
  }

  #place(row: number): void {
    const mask = this.#places.length - 1;
    let at = (this.#ids[row * 4] ?? 0) & mask;
    while (this.#places[at] !== 0) at = (at + 1) & mask;
    this.#places[at] = row + 1;
    this.#placed += 1;
  }

  #rebuildPlaces(): void {
    this.#places.fill(0);
    this.#placed = 0;
    for (let row = 0; row < this.rows; row += 1) if (this.isUsed(row)) this.#place(row);
  }

  #hasId(row: number, words: readonly number[]): boolean {
    const at = row * 4;
    return (
      this.#ids[at] === words[0] &&
      this.#ids[at + 1] === words[1] &&
      this.#ids[at + 2] === words[2] &&
      this.#ids[at + 3] === words[3]
    );
  }

  #mimeNumber(mime: string): number {
    let number = this.#mimeNumbers.get(mime);
    if (number === undefined) {
      // Beyond, types are told apart no more; people have a few hundred.
      number = Math.min(this.#mimeNames.length, 0xffff);
      this.#mimeNumbers.set(mime, number);
      this.#mimeNames[number] = mime;
    }
    return number;
  }

  #grow(): void {
    const rows = this.#flags.length * 2;
    const grown = <Column extends Uint8Array | Int32Array | Float64Array | Uint16Array | Uint32Array>(
      column: Column,
      into: Column,
    ): Column => {
      into.set(column);
      return into;
    };
    this.#flags = grown(this.#flags, new Uint8Array(rows));
    this.#parents = grown(this.#parents, new Int32Array(rows));
    this.#sizes = grown(this.#sizes, new Float64Array(rows));
    this.#modified = grown(this.#modified, new Float64Array(rows));
    this.#changed = grown(this.#changed, new Float64Array(rows));
    this.#mimes = grown(this.#mimes, new Uint16Array(rows));
    this.signatures.grow(rows);
    this.#ids = grown(this.#ids, new Uint32Array(rows * 4));
    this.#places = new Int32Array(rows * 4);
    this.#rebuildPlaces();
  }
}

function wordsOfId(id: EntryId): [number, number, number, number] {
  const word = (at: number) => Number.parseInt(id.slice(at, at + 8), 16);
  return [word(0), word(8), word(16), word(24)];
}
