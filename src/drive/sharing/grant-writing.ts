/** Writes the records that make, change and end grants. */
import { PeerstorError } from '../../model/errors.ts';
import type { EntryId, GrantId } from '../../model/ids.ts';
import type { GrantBody, GrantNotes } from '../../model/records.ts';
import { isLive } from '../keys/live.ts';
import {
  author,
  type Entry,
  grantedName,
  requireEntry,
  requireOutsideTrash,
  type Tree,
} from '../tree/tree.ts';
import { sealGiven, sealNotes } from './access/grant-drafts.ts';
import { rekeyed, rotate, runRotating } from './access/key-rotation.ts';
import type { Grant } from './grants/grants.ts';

/** What makes a grant, beside the entry's key. */
export interface GrantTerms
  extends Pick<GrantBody, 'kind' | 'rights' | 'grantee' | 'kdf' | 'expiresAt' | 'maxUses'> {
  id: GrantId;
  notes: GrantNotes;
}

/** Runs `work` under the entry's lock, after the entry has a current key. */
export async function onEntry<Result>(
  tree: Tree,
  id: EntryId,
  work: (entry: Entry) => Promise<Result>,
): Promise<Result> {
  const { parent } = requireEntry(tree, id);
  return runRotating(tree, [parent ?? id], [id], async () => {
    const entry = requireEntry(tree, id);
    requireOutsideTrash(tree, entry);
    return work(entry);
  });
}

export async function writeGrant(
  tree: Tree,
  entry: Entry,
  terms: GrantTerms,
  before?: GrantBody,
): Promise<Grant> {
  const { id, notes, ...said } = terms;
  if (terms.rights === 'upload' && entry.body.kind === 'file') {
    throw new PeerstorError('bad-input', 'Only a folder can be a drop box.');
  }
  const given = { key: entry.key, name: grantedName(tree, entry) };
  const body: GrantBody = {
    ...before,
    ...said,
    owner: tree.user,
    entry: entry.id,
    sealedKey: await sealGiven(tree.catalog, said, given, notes.key),
    keyVersion: tree.cache.keys.keysOf(entry.id).keyVersion,
    createdAt: before?.createdAt ?? tree.clock.wallMs(),
    revoked: false,
    notes: tree.own ? sealNotes(tree.own.notesKey, notes) : new Uint8Array(0),
  };
  // A grantee who could read before and may only upload now still knows the key.
  const narrowed = before && before.rights !== 'upload' && terms.rights === 'upload';
  const renewed = narrowed ? await rekeyed(tree, entry, { without: id }) : [];
  await author(tree, [{ table: 'grant', id, body }, ...renewed]);
  const grant = tree.grants.get(id);
  if (grant) return grant;
  throw new PeerstorError('internal', 'A grant that was just written is not there.');
}

/** Ends a grant and gives the entry a new key in one batch, so that its holder cannot read later content. */
export async function revokeGrant(tree: Tree, id: GrantId, kind: GrantBody['kind']): Promise<void> {
  const { body } = requireGrant(tree, id, kind);
  if (body.revoked) return;
  const isThere = isLive(tree.catalog.get('entry', body.entry));
  const parent = tree.catalog.placeOf(body.entry)?.parent;
  if (parent) await rotate(tree, parent);
  await tree.locks.run([parent ?? body.entry], async () => {
    const now = requireGrant(tree, id, kind);
    const knowsKey = isThere && now.body.rights !== 'upload';
    const renewed = knowsKey ? await rekeyed(tree, requireEntry(tree, body.entry), { without: id }) : [];
    await author(tree, [{ table: 'grant', id, body: { ...now.body, revoked: true } }, ...renewed]);
  });
}

export function requireGrant(tree: Tree, id: GrantId, kind: GrantBody['kind']): Grant {
  const grant = tree.grants.get(id);
  if (grant && grant.body.owner === tree.user && grant.body.kind === kind) return grant;
  throw new PeerstorError('not-found', 'There is no such share.');
}
