/** Entries of the drive, as the commands ask for them. */
import type { EntryView, Page } from '../../model/api.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { Client } from './client.ts';
import { drivePathRoute } from './drive-path.ts';

/** @throws `not-found` when nothing is at the path */
export function entryAt(client: Client, path: string): Promise<EntryView> {
  return client.json<EntryView>(drivePathRoute(path));
}

/** The entry at a path, or undefined when there is none. */
export async function findEntry(client: Client, path: string): Promise<EntryView | undefined> {
  try {
    return await entryAt(client, path);
  } catch (error) {
    if (isPeerstorError(error, 'not-found')) return undefined;
    throw error;
  }
}

/** All children of a folder, page by page. */
export function childrenOf(client: Client, folderId: string): AsyncGenerator<EntryView> {
  return allOf<EntryView>(client, `/api/v1/entries/${folderId}/children`);
}

/** All items of a list, page by page. @param route of the list; it may have a query */
export async function* allOf<Item>(client: Client, route: string): AsyncGenerator<Item> {
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const join = route.includes('?') ? '&' : '?';
    const page: Page<Item> = await client.json(`${route}${join}limit=1000${query}`);
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

/** @throws `name-taken` when the folder has an entry of this name */
export function createFolder(client: Client, parentId: string, name: string): Promise<EntryView> {
  return client.json('/api/v1/entries', { method: 'POST', json: { parentId, name, kind: 'folder' } });
}
