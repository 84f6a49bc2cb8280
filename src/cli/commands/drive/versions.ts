/** versions, versions PATH restore V: the history of a file. */
import type { EntryView } from '../../../model/api.ts';
import { Client, type GlobalOptions } from '../../client/client.ts';
import { entryAt } from '../../client/entries.ts';
import { findVersion, versionsOf } from '../../client/versions.ts';
import { CommandFailure } from '../../failure.ts';
import { formatSize, formatTime, printJson, printLine, printTable } from '../../terminal/output.ts';

const idShown = 12;

/** @param verb `restore`, with the version that it is about */
export async function versions(
  path: string,
  verb: string | undefined,
  which: string | undefined,
  options: GlobalOptions,
): Promise<void> {
  if (verb !== undefined && (verb !== 'restore' || which === undefined)) {
    throw new CommandFailure('wrong-usage', 'Usage: peerstor versions PATH [restore VERSION]');
  }
  const client = await Client.connect(options);
  const entry = await entryAt(client, path);
  if (which !== undefined) return restoreVersion(client, entry, path, which, options);
  const items = await versionsOf(client, entry);
  if (options.json) return printJson({ items, nextCursor: null });
  printTable(
    ['NO', 'SIZE', 'MODIFIED', 'ID', ''],
    items.map((item) => [
      String(item.number),
      formatSize(item.size),
      formatTime(item.modifiedAt),
      item.id.slice(0, idShown),
      item.current ? 'current' : '',
    ]),
  );
}

async function restoreVersion(
  client: Client,
  entry: EntryView,
  path: string,
  which: string,
  options: GlobalOptions,
): Promise<void> {
  const { id, number, modifiedAt } = await findVersion(client, entry, which);
  const route = `/api/v1/entries/${entry.id}/versions/${id}/restore`;
  const restored = await client.json<EntryView>(route, { method: 'POST' });
  if (options.json) return printJson(restored);
  printLine(`${path} is version ${number} of ${formatTime(modifiedAt)} again. The version before is kept.`);
}
