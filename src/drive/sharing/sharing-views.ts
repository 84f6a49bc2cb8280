/** Grants as their owner sees them. */
import type { AccessView, GivenAccessView, ShareView, TokenView } from '../../model/api.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { EntryId } from '../../model/ids.ts';
import type { GrantBody, GrantNotes } from '../../model/records.ts';
import { ancestors, type Entry, givenName, grantedName, requireEntry, type Tree } from '../tree/tree.ts';
import { openNotes } from './access/grant-drafts.ts';
import { type Grant, stateOfGrant } from './grants/grants.ts';
import { usesOf } from './grants/link-uses.ts';

export function notesOf(tree: Tree, body: GrantBody): GrantNotes {
  return tree.own ? openNotes(tree.own.notesKey, body) : {};
}

export async function shareView(tree: Tree, { id, body }: Grant): Promise<ShareView> {
  const { secret = '', note: text = '' } = notesOf(tree, body);
  const downloads = await usesOf(tree.catalog, id);
  return {
    id,
    entryId: body.entry,
    entryName: nameOrNull(tree, body.entry),
    url: `/s/${secret}`,
    rights: body.rights,
    ...timesOf(body),
    hasPassword: body.kdf !== null,
    maxDownloads: body.maxUses,
    downloads,
    note: text,
    state: stateOfGrant({ body }, tree.clock.wallMs(), downloads),
  };
}

export function tokenView(tree: Tree, { id, body }: Grant): TokenView {
  const { name = '' } = notesOf(tree, body);
  return {
    id,
    name,
    rights: body.rights,
    entryId: body.entry,
    path: pathOrNull(tree, body.entry),
    ...timesOf(body),
  };
}

export function accessView(tree: Tree, { body }: Grant): AccessView {
  const username = tree.catalog.get('user', body.grantee)?.body?.username ?? '';
  return { username, rights: body.rights, grantedAt: new Date(body.createdAt).toISOString() };
}

export function givenAccessView(tree: Tree, grant: Grant): GivenAccessView {
  const { entry } = grant.body;
  return { entryId: entry, entryName: nameOrNull(tree, entry), ...accessView(tree, grant) };
}

function timesOf({ createdAt, expiresAt }: GrantBody): { createdAt: string; expiresAt: string | null } {
  const at = (ms: number) => new Date(ms).toISOString();
  return { createdAt: at(createdAt), expiresAt: expiresAt === null ? null : at(expiresAt) };
}

export function newestFirst(left: Grant, right: Grant): number {
  return right.body.createdAt - left.body.createdAt;
}

function nameOrNull(tree: Tree, id: EntryId): string | null {
  const entry = entryOrNull(tree, id);
  return entry && grantedName(tree, entry);
}

function pathOrNull(tree: Tree, id: EntryId): string | null {
  const names: string[] = [];
  for (const at of [id, ...[...ancestors(tree, id)].map((folder) => folder.id)]) {
    const entry = entryOrNull(tree, at);
    if (!entry) return null;
    if (at !== tree.root) names.unshift(givenName(entry));
  }
  return `/${names.join('/')}`;
}

function entryOrNull(tree: Tree, id: EntryId): Entry | null {
  try {
    return requireEntry(tree, id);
  } catch (error) {
    if (isPeerstorError(error)) return null;
    throw error;
  }
}
