/**
 * The rows of a profile in memory for one run, packed: some 80 bytes for each, since there may be a million. What a
 * run finds is looked up here and marked; what is left is gone from the source.
 */
import { fromHex } from '../../model/ids.ts';
import { releaseMemory } from '../../model/memory.ts';
import { type FileFacts, sameFacts } from '../source/scanner.ts';
import { type KnownFile, keyBytes, readFacts, readRow, rowBytes } from './known-files.ts';

const slotBytes = keyBytes + rowBytes;
const pageSlots = 4096;
/** Of a row: what it is, and where its entry begins. */
const kindAt = keyBytes;
const entryAt = keyBytes + 33;
const entryBytes = 16;

export class RowTable {
  /** Sorted by key. */
  readonly #pages: Buffer[] = [];
  /** The first four bytes of each key: most of a search looks only at these. */
  #heads = new Uint32Array(pageSlots);
  #flags = new Uint8Array(pageSlots);
  #length = 0;
  /** Rows of files, those that were dropped not included. */
  files = 0;

  /** @param rows in the order of their keys, each with the bytes that `KnownFiles` wrote */
  static async from(rows: AsyncIterable<readonly [key: string, row: Uint8Array]>): Promise<RowTable> {
    const table = new RowTable();
    for await (const [key, row] of rows) if (row.length === rowBytes) table.#add(key, row);
    return table;
  }

  /** Gives the memory back at once, where a collection may be minutes away. The table is empty then. */
  release(): void {
    for (const page of this.#pages.splice(0)) releaseMemory(page);
    this.#length = 0;
    this.files = 0;
  }

  get length(): number {
    return this.#length;
  }

  /** @returns the number of the row, or undefined where there is none */
  find(key: string): number | undefined {
    const head = headOf(key);
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#heads[middle] ?? 0) < head) low = middle + 1;
      else high = middle;
    }
    for (let row = low; row < this.#length && this.#heads[row] === head; row += 1)
      if (this.#flags[row] !== dropped && this.keyAt(row) === key) return row;
    return undefined;
  }

  keyAt(row: number): string {
    const start = startOf(row);
    return this.#pageOf(row).toString('latin1', start, start + keyBytes);
  }

  kindAt(row: number): 'file' | 'folder' {
    return this.#pageOf(row)[startOf(row) + kindAt] === 1 ? 'folder' : 'file';
  }

  at(row: number): KnownFile {
    const start = startOf(row);
    const file = readRow(this.#pageOf(row).subarray(start + keyBytes, start + slotBytes));
    if (!file) throw new RangeError('a row of the table has the wrong length');
    return file;
  }

  /** Without making an object of the whole row: asked for every file of a source. */
  isSame(row: number, facts: FileFacts): boolean {
    return sameFacts(readFacts(this.#pageOf(row), startOf(row) + keyBytes), facts);
  }

  mark(row: number): void {
    if (this.#flags[row] === untouched) this.#flags[row] = marked;
  }

  *unmarked(): Generator<{ key: string; file: KnownFile }> {
    for (let row = 0; row < this.#length; row += 1)
      if (this.#flags[row] === untouched) yield { key: this.keyAt(row), file: this.at(row) };
  }

  /** Forgets, for this run, what the drive does not have any more. */
  dropOthers(entries: ReadonlySet<string>): void {
    for (let row = 0; row < this.#length; row += 1) {
      const start = startOf(row) + entryAt;
      if (entries.has(this.#pageOf(row).toString('latin1', start, start + entryBytes))) continue;
      if (this.#flags[row] !== dropped && this.kindAt(row) === 'file') this.files -= 1;
      this.#flags[row] = dropped;
    }
  }

  #pageOf(row: number): Buffer {
    const page = this.#pages[Math.floor(row / pageSlots)];
    if (!page) throw new RangeError(`the table has no row ${row}`);
    return page;
  }

  #add(key: string, row: Uint8Array): void {
    const number = this.#length;
    if (number % pageSlots === 0) this.#pages.push(Buffer.alloc(pageSlots * slotBytes));
    if (number === this.#heads.length) this.#grow();
    const page = this.#pageOf(number);
    page.write(key, startOf(number), 'latin1');
    page.set(row, startOf(number) + keyBytes);
    this.#heads[number] = headOf(key);
    this.#length += 1;
    if (this.kindAt(number) === 'file') this.files += 1;
  }

  #grow(): void {
    const count = this.#heads.length * 2;
    const heads = new Uint32Array(count);
    heads.set(this.#heads);
    this.#heads = heads;
    const flags = new Uint8Array(count);
    flags.set(this.#flags);
    this.#flags = flags;
  }
}

const untouched = 0;
const marked = 1;
const dropped = 2;

/** The form in which `dropOthers` takes an entry's id. */
export function packedEntry(id: string): string {
  return Buffer.from(fromHex(id)).toString('latin1');
}

/** Within its page. */
function startOf(row: number): number {
  return (row % pageSlots) * slotBytes;
}

function headOf(key: string): number {
  const high = (key.charCodeAt(0) << 24) | (key.charCodeAt(1) << 16);
  return (high | (key.charCodeAt(2) << 8) | key.charCodeAt(3)) >>> 0;
}
