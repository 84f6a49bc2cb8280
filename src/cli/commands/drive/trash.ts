/** trash, trash empty, restore: what was removed and can still come back. */
import { posix } from 'node:path';
import type { EntryView } from '../../../model/api.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { foldName } from '../../../model/fold-name.ts';
import { Client, type GlobalOptions } from '../../client/client.ts';
import { allOf } from '../../client/entries.ts';
import { formatSize, formatTime, printJson, printLine, printTable } from '../../terminal/output.ts';
import { askChoice } from '../../terminal/prompt.ts';
import { terminal } from '../../terminal/terminal.ts';

const route = '/api/v1/trash';

export async function trash(options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const items = await Array.fromAsync(allOf<EntryView>(client, route));
  if (options.json) return printJson({ items, nextCursor: null });
  printTable(
    ['REMOVED', 'SIZE', 'NAME', 'ID'],
    items.map((item) => [
      formatTime(item.trashedAt),
      item.kind === 'folder' ? '' : formatSize(item.size),
      item.kind === 'folder' ? `${item.name}/` : item.name,
      item.id,
    ]),
  );
}

export async function emptyTrash(options: GlobalOptions & { yes?: boolean }): Promise<void> {
  const client = await Client.connect(options);
  if (!options.yes && terminal().stdin.isTTY) {
    const answer = await askChoice('Delete everything in the trash for ever? [y]es, [n]o: ', 'yn');
    if (answer !== 'y') throw new PeerstorError('aborted', 'Nothing was deleted.');
  }
  const { purged } = await client.json<{ purged: number }>(route, { method: 'DELETE' });
  if (options.json) return printJson({ purged });
  printLine(purged === 0 ? 'The trash was empty.' : `${purged} entries of the trash were deleted for ever.`);
}

/** @param which a name or an id; names are equal as the drive takes them for equal */
export async function restore(which: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const name = posix.basename(which);
  const found: EntryView[] = [];
  for await (const item of allOf<EntryView>(client, route)) {
    if (item.id === which || foldName(item.name) === foldName(name)) found.push(item);
  }
  const [only, ...more] = found;
  if (only === undefined) throw new PeerstorError('not-found', `The trash has no "${name}".`);
  if (more.length > 0) {
    const ids = found.map(({ id }) => id).join(', ');
    throw new PeerstorError(
      'conflict',
      `The trash has ${found.length} entries "${name}": restore one by its id, one of ${ids}.`,
    );
  }
  const entry = await client.json<EntryView>(`/api/v1/entries/${only.id}/restore`, { method: 'POST' });
  if (options.json) return printJson(entry);
  printLine(`Restored ${entry.name}`);
}
