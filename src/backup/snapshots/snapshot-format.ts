/**
 * A snapshot is a file in the drive, sealed like any other: a line of JSON that says what it is, and one for each
 * folder and file, in the order of the paths. It is written once. The content of a file is its version, which the
 * drive keeps for as long as snapshots of the folder stay (`drive/versions/kept-histories.ts`).
 */
import type { SnapshotView } from '../../model/backups/backup-views.ts';
import { PeerstorError } from '../../model/errors.ts';
import { entryId, versionId } from '../../model/ids.ts';

const ending = '.jsonl';
const format = 1;
const pieceLength = 512 * 1024;

export interface SnapshotLine {
  path: string;
  kind: 'file' | 'folder';
  size: number;
  modifiedAtMs: number;
  executable: boolean;
  entry: string | null;
  version: string | null;
}

export function folderLine(path: string): SnapshotLine {
  return { path, kind: 'folder', size: 0, modifiedAtMs: 0, executable: false, entry: null, version: null };
}

/** A time as a name that every disk holds: `2026-11-30T10-00-00-000Z`. */
export function snapshotId(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[:.]/g, '-');
}

/** @returns undefined for a text that is no such name */
export function snapshotMs(id: string): number | undefined {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z$/.exec(id);
  if (!parts) return undefined;
  const [, day, hour, minute, second, ms] = parts;
  const atMs = Date.parse(`${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(atMs) ? undefined : atMs;
}

export const snapshotFileName = (id: string): string => id + ending;

/** The snapshot that a file name of the folder names. */
export function idOfFile(name: string): string | undefined {
  const id = name.endsWith(ending) ? name.slice(0, -ending.length) : '';
  return snapshotMs(id) === undefined ? undefined : id;
}

/** What a snapshot says first. */
export interface SnapshotTotals {
  files: number;
  bytes: number;
}

export function totalsOf(lines: Iterable<SnapshotLine>): SnapshotTotals & { lines: number } {
  const totals = { files: 0, bytes: 0, lines: 0 };
  for (const { kind, size } of lines) {
    totals.lines += 1;
    if (kind === 'folder') continue;
    totals.files += 1;
    totals.bytes += size;
  }
  return totals;
}

/** @param lines in the order of the paths. @returns pieces of some 512 KiB */
export function* writeSnapshot(
  atMs: number,
  { files, bytes }: SnapshotTotals,
  lines: Iterable<SnapshotLine>,
): Generator<Uint8Array> {
  const head = { peerstorSnapshot: format, at: new Date(atMs).toISOString(), files, bytes };
  let text = `${JSON.stringify(head)}\n`;
  for (const { path, kind, size, modifiedAtMs, executable, entry, version } of lines) {
    const line =
      kind === 'folder'
        ? { p: path }
        : { p: path, s: size, m: modifiedAtMs, e: entry, v: version, ...(executable && { x: true }) };
    text += `${JSON.stringify(line)}\n`;
    if (text.length < pieceLength) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

/** @throws `unsupported-format`; `bad-record` for what is no snapshot */
export function readSnapshotHead(id: string, line: string): SnapshotView {
  const head = parsed(line);
  const { peerstorSnapshot, at, files, bytes } = head;
  if (typeof peerstorSnapshot === 'number' && peerstorSnapshot > format) {
    throw new PeerstorError('unsupported-format', 'A newer peerstor wrote this snapshot: update this one.');
  }
  if (peerstorSnapshot !== format || typeof at !== 'string') throw notASnapshot();
  if (typeof files !== 'number' || typeof bytes !== 'number') throw notASnapshot();
  return { id, at, files, bytes };
}

/** @throws `bad-record` */
export function readSnapshotLine(line: string): SnapshotLine {
  const { p, s, m, e, v, x } = parsed(line);
  if (typeof p !== 'string') throw notASnapshot();
  if (e === undefined) return folderLine(p);
  if (typeof s !== 'number' || typeof m !== 'number' || typeof e !== 'string' || typeof v !== 'string')
    throw notASnapshot();
  const executable = x === true;
  return {
    path: p,
    kind: 'file',
    size: s,
    modifiedAtMs: m,
    executable,
    entry: entryId(e),
    version: versionId(v),
  };
}

function parsed(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // said below
  }
  throw notASnapshot();
}

function notASnapshot(): PeerstorError {
  return new PeerstorError('bad-record', 'This file is no snapshot, or was changed by somebody.');
}
