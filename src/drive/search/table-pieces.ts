/**
 * A table of entries as a stream of bytes and back: a line of JSON with how long everything is, then the columns, the
 * lengths of the names, and the names. What comes back from a disk was sealed, so it is what this program wrote, or
 * what another version did: a shape that is not expected gives no table.
 */
import { endianness } from 'node:os';
import { setImmediate as breathe } from 'node:timers/promises';
import type { CatalogMark } from '../../model/contracts/catalog.ts';
import { type Columns, EntryTable } from './entry-table.ts';
import { PieceReader } from './piece-reader.ts';

/** Rises when the meaning of a column changes. */
const format = 1;
const rowsAtOnce = 8192;
const headBytesMax = 16 * 1024 * 1024;

/** What a table stands for. */
export interface TableState {
  mark: CatalogMark;
  /** Entries that did not open, by id. */
  unopened: readonly string[];
}

interface Head extends TableState {
  format: number;
  order: string;
  rows: number;
  nameBytes: number;
  mimeNames: readonly string[];
  tags: Columns['tags'];
}

const columnNames = ['flags', 'parents', 'sizes', 'modified', 'changed', 'mimes', 'ids'] as const;

/** @param columns a copy that nobody changes */
export async function* piecesOf(columns: Columns, { mark, unopened }: TableState): AsyncIterable<Uint8Array> {
  const { names, mimeNames, tags } = columns;
  const lengths = new Uint32Array(names.length);
  let nameBytes = 0;
  for (const [row, name] of names.entries()) {
    lengths[row] = Buffer.byteLength(name);
    nameBytes += lengths[row] ?? 0;
    if (row % rowsAtOnce === 0) await breathe();
  }
  const head: Head = {
    ...{ format, order: endianness(), rows: names.length, nameBytes },
    ...{ mark, unopened, mimeNames, tags },
  };
  yield Buffer.from(`${JSON.stringify(head)}\n`);
  for (const name of columnNames) yield bytesOf(columns[name]);
  yield bytesOf(lengths);
  for (let row = 0; row < names.length; row += rowsAtOnce) {
    yield Buffer.from(names.slice(row, row + rowsAtOnce).join(''));
    await breathe();
  }
}

/** @returns undefined where the bytes are not those of a table of this version and machine */
export async function tableFrom(
  pieces: AsyncIterable<Uint8Array>,
): Promise<{ table: EntryTable; state: TableState } | undefined> {
  const reader = new PieceReader(pieces);
  const head = headIn(await reader.line(headBytesMax));
  if (!head) return undefined;
  const { rows, mark, unopened, mimeNames, tags } = head;
  const columns = {
    flags: new Uint8Array(rows),
    parents: new Int32Array(rows),
    sizes: new Float64Array(rows),
    modified: new Float64Array(rows),
    changed: new Float64Array(rows),
    mimes: new Uint16Array(rows),
    ids: new Uint32Array(rows * 4),
  };
  for (const name of columnNames) if (!(await reader.fill(bytesOf(columns[name])))) return undefined;
  const lengths = new Uint32Array(rows);
  if (!(await reader.fill(bytesOf(lengths)))) return undefined;
  const table = new EntryTable();
  table.restore({ ...columns, names: [], mimeNames, tags });
  if (!(await nameRows(table, lengths, reader))) return undefined;
  return { table, state: { mark, unopened } };
}

async function nameRows(table: EntryTable, lengths: Uint32Array, reader: PieceReader): Promise<boolean> {
  for (let first = 0; first < lengths.length; first += rowsAtOnce) {
    const some = lengths.subarray(first, first + rowsAtOnce);
    let length = 0;
    for (const one of some) length += one;
    const bytes = Buffer.alloc(length);
    if (!(await reader.fill(bytes))) return false;
    let at = 0;
    for (const [index, one] of some.entries()) {
      table.index(first + index, bytes.toString('utf8', at, at + one));
      at += one;
    }
    await breathe();
  }
  return true;
}

function headIn(line: string | undefined): Head | undefined {
  if (line === undefined) return undefined;
  const head: Partial<Head> = JSON.parse(line);
  if (head.format !== format || head.order !== endianness()) return undefined;
  const { rows, nameBytes, mark, unopened, mimeNames, tags } = head;
  if (rows === undefined || nameBytes === undefined || !mark || !unopened || !mimeNames || !tags)
    return undefined;
  return { format, order: head.order, rows, nameBytes, mark, unopened, mimeNames, tags };
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
