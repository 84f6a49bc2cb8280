/** tree, du: what lies below a folder, and how much it is. */
import type { EntryView } from '../../../model/api.ts';
import { Client, type GlobalOptions } from '../../client/client.ts';
import { childrenOf, entryAt } from '../../client/entries.ts';
import { countOf, formatSize, printJson, printLine, printTable } from '../../terminal/output.ts';

interface TreeOptions extends GlobalOptions {
  depth?: number;
}

/** One line of a tree. */
interface Row {
  entry: EntryView;
  path: string;
  /** 1 for what lies in the folder that was asked for. */
  depth: number;
}

export async function tree(path: string, options: TreeOptions): Promise<void> {
  const client = await Client.connect(options);
  const top = await entryAt(client, path);
  const depth = options.depth ?? Number.POSITIVE_INFINITY;
  if (options.json) {
    const rows = await Array.fromAsync(rowsBelow(client, top, path, depth));
    return printJson({ items: rows.map(({ entry, path }) => ({ ...entry, path })), nextCursor: null });
  }
  printLine(path);
  let [folders, files] = [0, 0];
  for await (const { entry, depth: at } of rowsBelow(client, top, path, depth)) {
    const isFolder = entry.kind === 'folder';
    if (isFolder) folders += 1;
    else files += 1;
    printLine(
      `${'  '.repeat(at)}${isFolder ? `${entry.name}/` : `${entry.name}  ${formatSize(entry.size)}`}`,
    );
  }
  printLine();
  printLine(`${folders} ${folders === 1 ? 'folder' : 'folders'}, ${countOf(files)}`);
}

async function* rowsBelow(
  client: Client,
  folder: EntryView,
  path: string,
  depthMax: number,
  depth = 1,
): AsyncGenerator<Row> {
  if (folder.kind === 'file' || depth > depthMax) return;
  for await (const entry of childrenOf(client, folder.id)) {
    const at = `${path === '/' ? '' : path.replace(/\/+$/, '')}/${entry.name}`;
    yield { entry, path: at, depth };
    yield* rowsBelow(client, entry, at, depthMax, depth + 1);
  }
}

interface Usage {
  path: string;
  bytes: number;
  files: number;
}

/** The size of each entry of a folder with all that is in it, largest first, and of the folder itself. */
export async function du(path: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const top = await entryAt(client, path);
  const total: Usage = { path, bytes: top.size, files: top.kind === 'file' ? 1 : 0 };
  const items: Usage[] = [];
  let item: Usage | undefined;
  for await (const { entry, path: at, depth } of rowsBelow(client, top, path, Number.POSITIVE_INFINITY)) {
    if (depth === 1) {
      item = { path: at, bytes: 0, files: 0 };
      items.push(item);
    }
    if (entry.kind === 'folder') continue;
    for (const sum of [total, item]) {
      if (sum === undefined) continue;
      sum.bytes += entry.size;
      sum.files += 1;
    }
  }
  items.sort((a, b) => b.bytes - a.bytes);
  if (options.json) return printJson({ ...total, items });
  printTable(
    ['SIZE', 'FILES', 'PATH'],
    [...items, total].map((usage) => [formatSize(usage.bytes), String(usage.files), usage.path]),
  );
}
