/** ls, mkdir, mv, cp, rm: commands on entries of the drive. */
import { posix } from 'node:path';
import type { EntryView } from '../../../model/api.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { Client, type GlobalOptions } from '../../client/client.ts';
import { splitDrivePath } from '../../client/drive-path.ts';
import { childrenOf, createFolder, entryAt, findEntry } from '../../client/entries.ts';
import {
  formatSize,
  formatTime,
  printJson,
  printLine,
  printTable,
  safetyWords,
} from '../../terminal/output.ts';
import { TransferReport } from '../../transfer/report.ts';

export async function ls(path: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const entry = await entryAt(client, path);
  const items = entry.kind === 'file' ? [entry] : await Array.fromAsync(childrenOf(client, entry.id));
  if (options.json) return printJson({ items, nextCursor: null });
  printTable(
    ['SAFETY', 'SIZE', 'MODIFIED', 'NAME'],
    items.map((item) => [
      safetyWords(item.safety),
      item.kind === 'folder' ? '' : formatSize(item.size),
      formatTime(item.modifiedAt),
      item.kind === 'folder' ? `${item.name}/` : item.name,
    ]),
  );
}

export async function mkdir(path: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const names = splitDrivePath(path);
  let folder = await entryAt(client, '/');
  let made = false;
  for (const [depth, name] of names.entries()) {
    const at = `/${names.slice(0, depth + 1).join('/')}`;
    const found = await findEntry(client, at);
    made = !found;
    folder = found ?? (await createFolder(client, folder.id, name));
    if (folder.kind === 'file') throw new PeerstorError('name-taken', `${at} is a file.`);
  }
  if (options.json) return printJson(folder);
  printLine(made ? `Made ${path}` : `${path} was there already`);
}

/** Where a source goes: into the destination if that is a folder, else under the destination's name. */
async function destination(
  client: Client,
  source: EntryView,
  path: string,
): Promise<{ parentId: string; name: string }> {
  const there = await findEntry(client, path);
  // `mv /photos /Photos` finds the folder itself: the drive takes both names for one. It gets the new name.
  const itself = there?.id === source.id && !path.endsWith('/');
  if (there?.kind === 'folder' && !itself) return { parentId: there.id, name: source.name };
  if (path.endsWith('/')) throw new PeerstorError('not-found', `There is no folder ${path}.`);
  const parent = await entryAt(client, posix.dirname(path));
  return { parentId: parent.id, name: posix.basename(path) };
}

export async function mv(from: string, to: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const source = await entryAt(client, from);
  const target = await destination(client, source, to);
  const entry = await client.json<EntryView>(`/api/v1/entries/${source.id}`, {
    method: 'PATCH',
    json: target,
  });
  if (options.json) return printJson(entry);
  printLine(`Moved ${from} to ${to}`);
}

export async function cp(from: string, to: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const source = await entryAt(client, from);
  const target = await destination(client, source, to);
  const entry = await client.json<EntryView>(`/api/v1/entries/${source.id}/copy`, {
    method: 'POST',
    json: target,
  });
  if (options.json) return printJson(entry);
  printLine(`Copied ${from} to ${to}`);
}

/** Every path is tried: one that is not there keeps none of the others. */
export async function rm(paths: string[], options: GlobalOptions & { permanent?: boolean }): Promise<void> {
  const client = await Client.connect(options);
  const removed: string[] = [];
  const report = new TransferReport('removed', options);
  for (const path of paths) {
    if (report.gaveUp) break;
    try {
      const { id } = await entryAt(client, path);
      const query = options.permanent ? '?permanent=true' : '';
      await client.done(`/api/v1/entries/${id}${query}`, { method: 'DELETE' });
      removed.push(id);
      report.done(options.permanent ? `Deleted ${path} permanently` : `Moved ${path} to the trash`);
    } catch (error) {
      if (paths.length === 1) throw error;
      report.fail(path, error);
    }
  }
  if (options.json) printJson({ removed, failed: report.failed });
  report.end(false);
}
