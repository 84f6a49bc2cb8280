/** put, get, cat: bytes between this machine and the drive. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join, posix, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { EntryView } from '../../model/api.ts';
import { PeerstorError } from '../../model/errors.ts';
import { Client, type GlobalOptions } from '../client/client.ts';
import { drivePathRoute } from '../client/drive-path.ts';
import { childrenOf, entryAt, findEntry } from '../client/entries.ts';
import { printJson, printLine } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import { terminal } from '../terminal/terminal.ts';
import { safetyWords } from './files.ts';

/** Small files are waits, not bytes: so many go at once. */
const uploadsAtOnce = 8;

interface LocalFile {
  local: string;
  remote: string;
  size: number;
  modifiedMs: number;
}

interface PutOptions extends GlobalOptions {
  copies?: string;
  wait?: string;
}

export async function put(paths: string[], options: PutOptions): Promise<void> {
  const to = paths.pop();
  if (to === undefined || paths.length === 0)
    throw new PeerstorError('bad-input', 'Name what to put and where.');
  const client = await Client.connect(options);
  const target = await findEntry(client, to);
  const intoFolder = target?.kind === 'folder' || to.endsWith('/') || paths.length > 1;
  const files: LocalFile[] = [];
  const folders: string[] = [];
  for (const local of paths) {
    const remote = intoFolder ? posix.join(to, basename(resolve(local))) : to;
    await collect(local, remote, files, folders);
  }
  for (const folder of folders) await makeFolder(client, folder);

  const progress = new Progress(
    `${files.length} files`,
    files.reduce((sum, file) => sum + file.size, 0),
  );
  const entries: EntryView[] = [];
  const queue = files.values();
  const worker = async () => {
    for (const file of queue) {
      const entry = await putFile(client, file, options, progress);
      entries.push(entry);
      if (!options.json) printLine(`${file.remote}  ${safetyWords(entry.safety)}`);
    }
  };
  await Promise.all(Array.from({ length: uploadsAtOnce }, worker)).finally(() => progress.clear());
  if (options.json) printJson(entries.length === 1 && folders.length === 0 ? entries[0] : { items: entries });
}

async function collect(local: string, remote: string, files: LocalFile[], folders: string[]): Promise<void> {
  const facts = await stat(local).catch((cause: Error) => {
    throw new PeerstorError('not-found', `${local} cannot be read: ${cause.message}`, { cause });
  });
  if (facts.isDirectory()) {
    folders.push(remote);
    for (const name of (await readdir(local)).sort()) {
      await collect(join(local, name), posix.join(remote, name), files, folders);
    }
  } else if (facts.isFile()) {
    files.push({ local, remote, size: facts.size, modifiedMs: facts.mtimeMs });
  }
}

async function makeFolder(client: Client, path: string): Promise<EntryView> {
  const found = await findEntry(client, path);
  if (found?.kind === 'folder') return found;
  if (found) throw new PeerstorError('name-taken', `${path} is a file.`);
  const parent = await makeFolder(client, posix.dirname(path));
  return client.json('/api/v1/entries', {
    method: 'POST',
    json: { parentId: parent.id, name: posix.basename(path), kind: 'folder' },
  });
}

async function putFile(
  client: Client,
  file: LocalFile,
  options: PutOptions,
  progress: Progress,
): Promise<EntryView> {
  const query = new URLSearchParams();
  if (options.copies) query.set('copies', options.copies);
  if (options.wait) query.set('wait', options.wait);
  const asked = query.size > 0 ? `?${query}` : '';
  return client.json<EntryView>(`${drivePathRoute(file.remote)}${asked}`, {
    method: 'PUT',
    headers: { 'x-modified-at': new Date(file.modifiedMs).toISOString() },
    body: readFileCounted(file, progress),
    bodyBytes: file.size,
  });
}

async function* readFileCounted(file: LocalFile, progress: Progress): AsyncGenerator<Uint8Array> {
  for await (const piece of createReadStream(file.local, { highWaterMark: 256 * 1024 })) {
    progress.add(piece.length);
    yield piece;
  }
}

export async function get(path: string, to: string | undefined, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const entry = await entryAt(client, path);
  const name = entry.name === '' ? 'drive' : entry.name;
  const there = to === undefined ? undefined : await stat(to).catch(() => undefined);
  const local = to === undefined ? name : there?.isDirectory() ? join(to, name) : to;
  const count = await getEntry(client, entry, local);
  if (options.json) return printJson({ id: entry.id, path: local, files: count });
  printLine(count === 1 && entry.kind === 'file' ? `Got ${local}` : `Got ${count} files into ${local}`);
}

async function getEntry(client: Client, entry: EntryView, local: string): Promise<number> {
  if (entry.kind === 'file') {
    await getFile(client, entry, local);
    return 1;
  }
  await mkdir(local, { recursive: true });
  let count = 0;
  for await (const child of childrenOf(client, entry.id)) {
    count += await getEntry(client, child, join(local, child.name));
  }
  return count;
}

/** Written beside and renamed, so that a broken download never looks like the file. */
async function getFile(client: Client, entry: EntryView, local: string): Promise<void> {
  const answer = await client.send(`/api/v1/entries/${entry.id}/content`);
  const beside = `${local}.${process.pid}.part`;
  const progress = new Progress(entry.name, entry.size);
  let received = 0;
  try {
    await pipeline(
      answer.body,
      async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          received += piece.length;
          progress.add(piece.length);
          yield piece;
        }
      },
      createWriteStream(beside),
    );
    if (received !== entry.size) {
      throw new PeerstorError(
        'peer-failed',
        `${entry.name} broke off after ${received} of ${entry.size} bytes; try again.`,
      );
    }
    await rename(beside, local);
  } finally {
    progress.clear();
    await rm(beside, { force: true });
  }
}

export async function cat(path: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const entry = await entryAt(client, path);
  if (entry.kind === 'folder') throw new PeerstorError('bad-input', `${path} is a folder.`);
  const answer = await client.send(`/api/v1/entries/${entry.id}/content`);
  await pipeline(answer.body, terminal().stdout, { end: false });
}
