/** Brings local files and folders into the drive. */
import { setMaxListeners } from 'node:events';
import type { Stats } from 'node:fs';
import type { EntryView } from '../../model/api.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { fileTimeHeader } from '../../model/file-time.ts';
import { foldName } from '../../model/fold-name.ts';
import type { Client } from '../client/client.ts';
import { childrenOf, createFolder } from '../client/entries.ts';
import { formatSize, safetyWords } from '../terminal/output.ts';
import { executableMark, factsAt } from './disk-facts.ts';
import type { LocalFile, LocalFolder } from './local-tree.ts';
import { largeBytesMin, putLarge } from './put-large.ts';
import type { TransferReport } from './report.ts';
import { FileChanged, openFile, type Source } from './source-bytes.ts';

/** Small files are waits, not bytes: so many go at once. */
const uploadsAtOnce = 8;
/** A file that changes while it is read is read again so often. */
const readsMax = 3;

export interface PutPlan {
  client: Client;
  report: TransferReport;
  signal: AbortSignal;
  dryRun: boolean;
  /** Query of each upload, such as `?copies=safe`. */
  query: string;
  /** What was stored, in the order in which it was. */
  entries: EntryView[];
}

/** A folder of the drive, and what is known to be in it. */
export interface RemoteFolder {
  /** Undefined in a dry run for a folder that would be made. */
  id: string | undefined;
  path: string;
  /** Folded name → entry. */
  children: ReadonlyMap<string, EntryView>;
}

interface Job {
  file: LocalFile;
  into: RemoteFolder;
  name: string;
}

/** A local file or folder, and where it goes. */
export interface Upload {
  from: LocalFile | LocalFolder;
  into: RemoteFolder;
  name: string;
}

/** Uploads files and folders. Every file is tried; `report` has what failed. */
export async function putAll(plan: PutPlan, uploads: readonly Upload[]): Promise<void> {
  setMaxListeners(0, plan.signal);
  const jobs = walkAll(plan, uploads);
  const work = async () => {
    for await (const job of jobs) {
      if (plan.signal.aborted || plan.report.gaveUp) return;
      await putFile(plan, job);
    }
  };
  await Promise.all(Array.from({ length: uploadsAtOnce }, work));
}

async function* walkAll(plan: PutPlan, uploads: readonly Upload[]): AsyncGenerator<Job> {
  for (const upload of uploads) yield* walk(plan, upload);
}

async function* walk(plan: PutPlan, { from, into, name }: Upload): AsyncGenerator<Job> {
  const { report, signal } = plan;
  if (signal.aborted || report.gaveUp) return;
  if (from.kind === 'file') {
    yield { file: from, into, name };
    return;
  }
  let folder: RemoteFolder;
  try {
    folder = await haveFolder(plan, into, name);
  } catch (error) {
    report.fail(from.path, error);
    return;
  }
  for await (const child of from.children()) {
    yield* walk(plan, { from: child, into: folder, name: child.names.at(-1) ?? '' });
  }
}

/** The folder of that name, made where it is missing. @throws `name-taken` where a file has the name */
export async function haveFolder(plan: PutPlan, into: RemoteFolder, name: string): Promise<RemoteFolder> {
  const path = `${into.path === '/' ? '' : into.path}/${name}`;
  const there = into.children.get(foldName(name));
  if (there !== undefined) return folderOf(plan.client, there, path);
  if (into.id === undefined || plan.dryRun) return { id: undefined, path, children: new Map() };
  try {
    const { id } = await createFolder(plan.client, into.id, name);
    return { id, path, children: new Map() };
  } catch (error) {
    if (!isPeerstorError(error, 'name-taken')) throw error;
    // Somebody else made it since the folder was listed.
    for await (const child of childrenOf(plan.client, into.id)) {
      if (foldName(child.name) === foldName(name)) return folderOf(plan.client, child, path);
    }
    throw error;
  }
}

/** @throws `name-taken` for a file */
export async function folderOf(client: Client, entry: EntryView, path: string): Promise<RemoteFolder> {
  if (entry.kind === 'file') throw new PeerstorError('name-taken', `${path} is a file in the drive`);
  const children = new Map<string, EntryView>();
  for await (const child of childrenOf(client, entry.id)) children.set(foldName(child.name), child);
  return { id: entry.id, path, children };
}

async function putFile(plan: PutPlan, { file, into, name }: Job): Promise<void> {
  const { report, signal } = plan;
  const to = `${into.path === '/' ? '' : into.path}/${name}`;
  let isLarge = false;
  try {
    const facts = await factsAt(file.path);
    isLarge = (facts?.size ?? 0) >= largeBytesMin;
    const there = into.children.get(foldName(name));
    if (there?.kind === 'folder') throw new PeerstorError('name-taken', `${to} is a folder in the drive`);
    if (there !== undefined && facts?.isFile() && isSame(facts, there)) {
      report.unchanged += 1;
      plan.entries.push(there);
      return report.say(`${to}  is there already`);
    }
    if (plan.dryRun) {
      report.saved += 1;
      return report.say(`${to}  would be uploaded  ${formatSize(facts?.size ?? 0)}`);
    }
    if (there !== undefined && there.name.normalize('NFC') !== name.normalize('NFC')) {
      report.note(
        `${file.path} becomes a new version of "${there.name}": the drive takes both names for one`,
      );
    }
    await send(plan, file.path, into, name, to);
  } catch (error) {
    if (!signal.aborted) report.fail(file.path, error);
    else if (isLarge) report.waiting += 1;
    else report.cutOff += 1;
  }
}

/** Sends a file; one that changes while it is read is read again, and told when it never holds still. */
async function send(
  plan: PutPlan,
  path: string,
  into: RemoteFolder,
  name: string,
  to: string,
): Promise<void> {
  for (let reads = 1; ; reads += 1) {
    const source = await openFile(path, reads === readsMax);
    try {
      const entry = await putSource(plan, source, into, name);
      plan.report.done(`${to}  ${safetyWords(entry.safety)}`);
      if (reads === readsMax && (await factsAt(path))?.size !== source.bytes) {
        const sentence = `it grew while it was read; its first ${source.bytes} bytes are stored`;
        plan.report.partly(path, 'conflict', sentence);
      }
      return;
    } catch (error) {
      if (!(error instanceof FileChanged) || reads === readsMax) throw error;
    } finally {
      await source.close();
    }
  }
}

/** Stores a stream under a name in a folder that is named by its id: it may have been renamed meanwhile. */
export async function putSource(
  plan: PutPlan,
  source: Source,
  into: RemoteFolder,
  name: string,
): Promise<EntryView> {
  const { client, report, query, signal } = plan;
  const { bytes, modifiedMs, executable, content, from } = source;
  report.progress.expect(bytes ?? 0);
  if (bytes !== undefined && bytes >= largeBytesMin && from && into.id !== undefined) {
    const entry = await putLarge(plan, { source: { ...source, bytes, from }, parentId: into.id, name });
    plan.entries.push(entry);
    return entry;
  }
  const entry = await client.json<EntryView>(
    `/api/v1/entries/${into.id}/path/${encodeURIComponent(name)}${query}`,
    {
      method: 'PUT',
      headers: {
        ...fileTimeHeader(modifiedMs),
        ...(executable === undefined ? {} : { 'x-executable': String(executable) }),
      },
      body: counted(content, report),
      ...(bytes === undefined ? {} : { bodyBytes: bytes }),
      signal,
    },
  );
  report.progress.waitFor('');
  plan.entries.push(entry);
  return entry;
}

async function* counted(
  content: AsyncIterable<Uint8Array>,
  report: TransferReport,
): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    report.progress.waitFor('');
    report.progress.add(piece.length);
    yield piece;
  }
  report.progress.waitFor('waiting until other devices have it');
}

/** By size, time and the mark of programs, as copying programs do. */
function isSame(facts: Pick<Stats, 'size' | 'mtimeMs' | 'mode'>, there: EntryView): boolean {
  const { executable = there.executable } = executableMark(facts.mode);
  if (facts.size !== there.size || executable !== there.executable) return false;
  return Math.floor(facts.mtimeMs) === Date.parse(there.modifiedAt);
}
