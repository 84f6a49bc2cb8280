/** search: files and folders by words of their names and by what they are. */
import type { EntryView, Page } from '../../../model/api.ts';
import { parseSize } from '../../../node/index.ts';
import { Client, type GlobalOptions } from '../../client/client.ts';
import { entryAt } from '../../client/entries.ts';
import { asTyped, CommandFailure } from '../../failure.ts';
import {
  formatSize,
  formatTime,
  printJson,
  printNotice,
  printTable,
  safetyWords,
} from '../../terminal/output.ts';

interface SearchOptions extends GlobalOptions {
  type?: string;
  from?: string;
  to?: string;
  minSize?: string;
  maxSize?: string;
  tag?: string;
  under?: string;
  starred?: boolean;
  owner?: string;
  limit: number;
}

/** An entry with where it lies; null for one that others shared. */
type Found = EntryView & { path: string | null };

export async function search(words: string[], options: SearchOptions): Promise<void> {
  const { type, from, to, minSize, maxSize, tag, under, starred, owner, limit } = options;
  if (limit < 1) throw new CommandFailure('wrong-usage', '--limit is a number from 1 on.');
  const client = await Client.connect(options);
  const query = new URLSearchParams({
    q: words.join(' '),
    ...(type && { type }),
    ...(from && { from }),
    ...(to && { to }),
    ...(minSize && { minSize: String(asTyped(() => parseSize(minSize))) }),
    ...(maxSize && { maxSize: String(asTyped(() => parseSize(maxSize))) }),
    ...(tag && { tag }),
    ...(under && { under: (await entryAt(client, under)).id }),
    ...(starred && { starred: 'true' }),
    ...(owner && { owner }),
  });
  const { items, hasMore } = await firstOf(client, query, limit);
  if (options.json) return printJson({ items, nextCursor: null });
  printTable(
    ['SAFETY', 'SIZE', 'MODIFIED', 'PATH'],
    items.map((item) => [
      safetyWords(item.safety),
      item.kind === 'folder' ? '' : formatSize(item.size),
      formatTime(item.modifiedAt),
      `${item.path ?? item.name}${item.kind === 'folder' ? '/' : ''}`,
    ]),
  );
  if (hasMore) printNotice(`These are the first ${items.length}; --limit shows more.`);
}

/** The first results, page by page. */
async function firstOf(
  client: Client,
  query: URLSearchParams,
  limit: number,
): Promise<{ items: Found[]; hasMore: boolean }> {
  const items: Found[] = [];
  let cursor: string | null = null;
  do {
    query.set('limit', String(Math.min(limit - items.length, 1000)));
    if (cursor !== null) query.set('cursor', cursor);
    const page: Page<Found> = await client.json(`/api/v1/search?${query}`);
    for (const item of page.items) items.push(item);
    cursor = page.nextCursor;
  } while (cursor !== null && items.length < limit);
  return { items, hasMore: cursor !== null };
}
