/** put: local files, folders and streams into the drive. */
import { stat } from 'node:fs/promises';
import { basename, posix, resolve } from 'node:path';
import type { EntryView } from '../../../model/api.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { foldName } from '../../../model/fold-name.ts';
import { Client, type GlobalOptions } from '../../client/client.ts';
import { splitDrivePath } from '../../client/drive-path.ts';
import { createFolder, entryAt, findEntry } from '../../client/entries.ts';
import { CommandFailure } from '../../failure.ts';
import { printJson, safetyWords } from '../../terminal/output.ts';
import { terminal } from '../../terminal/terminal.ts';
import { excludeBy } from '../../transfer/exclude.ts';
import { localEntry, type TreeOptions } from '../../transfer/local-tree.ts';
import { type PutPlan, putAll, putSource, type RemoteFolder, type Upload } from '../../transfer/put.ts';
import { TransferReport } from '../../transfer/report.ts';
import { openStream, type Source, streamed } from '../../transfer/source-bytes.ts';

interface PutOptions extends GlobalOptions {
  copies?: string;
  wait?: string;
  name?: string;
  follow?: boolean;
  exclude?: string[];
  dryRun?: boolean;
}

const standardInput = '-';

export async function put(words: string[], options: PutOptions): Promise<void> {
  const [sources, to] = [words.slice(0, -1), words.at(-1)];
  if (to === undefined || sources.length === 0) {
    throw new CommandFailure('wrong-usage', 'Usage: peerstor put FILE… /FOLDER');
  }
  if (options.name !== undefined && sources.length > 1) {
    throw new CommandFailure('wrong-usage', '--name names one file: put them one by one.');
  }
  const client = await Client.connect(options);
  const report = new TransferReport('uploaded', options);
  const signal = terminal().interrupted();
  const plan: PutPlan = {
    client,
    report,
    signal,
    dryRun: options.dryRun === true,
    query: queryOf(options),
    entries: [],
  };
  const single = await putSources(plan, sources, to, options);
  const { entries } = plan;
  if (options.json) {
    const { failed, unchanged, passedOver } = report;
    const [entry] = entries;
    printJson(single && entry !== undefined ? entry : { items: entries, unchanged, passedOver, failed });
  }
  report.end(signal.aborted);
}

/** @returns true when one file was named, and no folder */
async function putSources(
  plan: PutPlan,
  sources: readonly string[],
  to: string,
  options: PutOptions,
): Promise<boolean> {
  const { client, report } = plan;
  const target = await findEntry(client, to);
  const several = sources.length > 1 || options.name !== undefined;
  const inside = target?.kind === 'folder' || to.endsWith('/') || several;
  if (inside && target?.kind === 'file') throw new PeerstorError('name-taken', `${to} is a file.`);
  const path = inside ? to : posix.dirname(to);
  const folder = inside && target !== undefined ? target : await folderFor(plan, path);
  const nameOf = (source: string) =>
    options.name ?? (inside ? nameOfSource(source) : (splitDrivePath(to).at(-1) ?? ''));
  const tree: TreeOptions = {
    follow: options.follow === true,
    exclude: excludeBy(options.exclude),
    leftOut: (at, reason) => report.fail(at, reason),
    notFollowed: (at) => report.passOver(at, 'this is a symbolic link; --follow uploads what it points to'),
  };
  const into = await remoteFolder(client, folder, path, sources, nameOf);
  const uploads: Upload[] = [];
  const streams: Stream[] = [];
  const names = new Set<string>();
  for (const source of sources) {
    try {
      const name = nameOf(source);
      if (names.has(foldName(name))) {
        throw new PeerstorError('name-taken', 'another source has the same name; put it into another folder');
      }
      names.add(foldName(name));
      if (await isStream(source)) streams.push({ source, name });
      else uploads.push({ from: await localEntry(source, tree), into, name });
    } catch (error) {
      report.fail(source, error);
    }
  }
  await putAll(plan, uploads);
  for (const stream of streams) await putStream(plan, stream, into);
  return sources.length === 1 && uploads.every(({ from }) => from.kind === 'file');
}

function queryOf({ copies, wait }: PutOptions): string {
  const query = new URLSearchParams({ ...(copies && { copies }), ...(wait && { wait }) });
  return query.size > 0 ? `?${query}` : '';
}

/** The folder at a path; it is made, with the folders above it. Undefined in a dry run where it is missing. */
async function folderFor(plan: PutPlan, path: string): Promise<EntryView | undefined> {
  const names = splitDrivePath(path);
  let folder = await entryAt(plan.client, '/');
  for (const depth of names.keys()) {
    const at = `/${names.slice(0, depth + 1).join('/')}`;
    const found = await findEntry(plan.client, at);
    if (found === undefined && plan.dryRun) return undefined;
    folder = found ?? (await createFolder(plan.client, folder.id, names[depth] ?? ''));
    if (folder.kind === 'file') throw new PeerstorError('name-taken', `${at} is a file.`);
  }
  return folder;
}

/** Knows only what the sources may meet there: the folder may have more entries than anybody wants to list. */
async function remoteFolder(
  client: Client,
  folder: EntryView | undefined,
  path: string,
  sources: readonly string[],
  nameOf: (source: string) => string,
): Promise<RemoteFolder> {
  const children = new Map<string, EntryView>();
  if (folder === undefined) return { id: undefined, path, children };
  for (const source of sources) {
    const name = nameOf(source);
    const there = name === '' ? undefined : await findEntry(client, posix.join(path, name));
    if (there !== undefined) children.set(foldName(name), there);
  }
  return { id: folder.id, path: posix.join(path, '.').replace(/(.)\/$/, '$1'), children };
}

function nameOfSource(source: string): string {
  if (source !== standardInput) return basename(resolve(source));
  throw new CommandFailure('wrong-usage', 'Standard input has no name: add --name NAME.');
}

interface Stream {
  source: string;
  name: string;
}

/** A pipe or a device that was named by itself, or standard input. */
async function isStream(source: string): Promise<boolean> {
  if (isStandardInput(source)) return true;
  const facts = await stat(source);
  return facts.isFIFO() || facts.isCharacterDevice() || facts.isBlockDevice();
}

async function putStream(plan: PutPlan, { source, name }: Stream, into: RemoteFolder): Promise<void> {
  const { report, signal } = plan;
  const to = posix.join(into.path, name);
  try {
    if (signal.aborted) return;
    if (into.children.get(foldName(name))?.kind === 'folder') {
      throw new PeerstorError('name-taken', `${to} is a folder in the drive`);
    }
    if (plan.dryRun) return report.done(`${to}  would be uploaded`);
    const bytes = isStandardInput(source) ? standardInputBytes() : await openStream(source, signal);
    try {
      report.done(`${to}  ${safetyWords((await putSource(plan, bytes, into, name)).safety)}`);
    } finally {
      await bytes.close();
    }
  } catch (error) {
    if (signal.aborted) report.cutOff += 1;
    else report.fail(source, error);
  }
}

function isStandardInput(source: string): boolean {
  return source === standardInput || /^\/dev\/(stdin|fd\/0)$|^\/proc\/self\/fd\/0$/.test(source);
}

/** A program that still writes must not keep a command that has failed. */
function standardInputBytes(): Source {
  const { stdin } = terminal();
  return streamed(stdin, () => stdin.destroy());
}
