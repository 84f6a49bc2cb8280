/** The versions of a file, numbered from the oldest that is kept. */
import type { EntryView, Page } from '../../model/api.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { Client } from './client.ts';

export interface VersionView {
  id: string;
  size: number;
  modifiedAt: string;
  current: boolean;
  executable: boolean;
}

/** A version with its number: 1 for the oldest that is kept. */
export type NumberedVersion = VersionView & { number: number };

/** Newest first. */
export async function versionsOf(client: Client, entry: EntryView): Promise<NumberedVersion[]> {
  const { items } = await client.json<Page<VersionView>>(`/api/v1/entries/${entry.id}/versions`);
  return items.map((item, index) => ({ ...item, number: items.length - index }));
}

/**
 * @param which a number as `peerstor versions` shows it, or an id or the beginning of one
 * @throws `not-found`, `conflict` for the beginning of several ids
 */
export async function findVersion(client: Client, entry: EntryView, which: string): Promise<NumberedVersion> {
  const all = await versionsOf(client, entry);
  const exact = all.filter(({ id, number }) => id === which || String(number) === which);
  const found = exact.length > 0 || which.length < 4 ? exact : all.filter(({ id }) => id.startsWith(which));
  const [only, ...more] = found;
  if (only !== undefined && more.length === 0) return only;
  const sentence =
    only === undefined
      ? `"${entry.name}" has no version "${which}"; "peerstor versions" lists those that are kept.`
      : `"${which}" is the beginning of ${found.length} versions: write more of it.`;
  throw new PeerstorError(only === undefined ? 'not-found' : 'conflict', sentence);
}
