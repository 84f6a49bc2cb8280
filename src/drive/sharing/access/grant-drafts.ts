/**
 * Drafts of grants and their sealed parts. A grant to view or edit seals the entry's key. A grant to upload
 * (a drop box) seals only the entry's name at that time, so it opens nothing.
 */
import { decode, encode, isFields, open, openFromNow, seal, sealTo } from '../../../crypto/index.ts';
import type { CatalogReader, Draft } from '../../../model/contracts/catalog.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { type EntryId, type GrantId, userId } from '../../../model/ids.ts';
import type { GrantBody, GrantNotes, Sealed } from '../../../model/records.ts';
import { openWithAny } from '../../keys/sealed-parts.ts';
import { sealingKeyOf } from '../../keys/user-keys.ts';
import type { Tree } from '../../tree/tree.ts';
import type { Grant } from '../grants/grants.ts';

const labels = {
  user: { key: 'grant-user/1', name: 'grant-user-name/1' },
  secret: { key: 'grant-secret/1', name: 'grant-secret-name/1' },
} as const;
const notesLabel = 'grant-notes/1';

/** What a grant seals. */
export interface Given {
  key: Uint8Array;
  name: string;
}

/** How a grantee opens what is sealed in a grant. */
export type Opener = { sealingSecret: Uint8Array } | { secretKey: Uint8Array };

type Terms = Pick<GrantBody, 'kind' | 'rights' | 'grantee'>;

/**
 * @param secretKey of a link or token: see `GrantSecret.key`
 * @throws `not-found` for a user who is not (yet) known here
 */
export async function sealGiven(
  catalog: CatalogReader,
  { kind, rights, grantee }: Terms,
  { key, name }: Given,
  secretKey: Uint8Array | undefined,
): Promise<Sealed> {
  const what = rights === 'upload' ? 'name' : 'key';
  const plain = what === 'name' ? new TextEncoder().encode(name) : key;
  if (kind !== 'user') {
    if (secretKey) return seal(secretKey, labels.secret[what], plain);
    throw new PeerstorError('conflict', 'The key of this grant is lost: make a new grant.');
  }
  const sealingKey = sealingKeyOf(catalog, userId(grantee));
  if (!sealingKey) throw new PeerstorError('not-found', 'There is no such user.');
  return sealTo(sealingKey, labels.user[what], plain);
}

/** The entry's keys that a grant gives: more than one where devices renewed it at once. */
export function keysGiven({ body, sealedKeys }: Grant, opener: Opener): Uint8Array[] {
  if (body.rights === 'upload') return [];
  return sealedKeys.flatMap((sealed) => openGiven(sealed, opener, 'key'));
}

/** The name that a drop box shows. */
export function nameGiven({ sealedKeys }: Grant, opener: Opener): string {
  const [name] = sealedKeys.flatMap((sealed) => openGiven(sealed, opener, 'name'));
  return name ? new TextDecoder().decode(name) : '';
}

/** Does this key open the grant? For a password: see `GrantSecret.key`. */
export function opens({ sealedKeys }: Grant, opener: Opener): boolean {
  return sealedKeys.some(
    (sealed) =>
      [sealed].flatMap((one) => [...openGiven(one, opener, 'key'), ...openGiven(one, opener, 'name')])
        .length > 0,
  );
}

function openGiven(sealed: Sealed, opener: Opener, what: 'key' | 'name'): Uint8Array[] {
  try {
    if ('sealingSecret' in opener) return [openFromNow(opener.sealingSecret, labels.user[what], sealed)];
    return [open(opener.secretKey, labels.secret[what], sealed)];
  } catch {
    // Sealed for the other use, under another password, or damaged: it gives nothing.
    return [];
  }
}

export function sealNotes(notesKey: Uint8Array, notes: GrantNotes): Sealed {
  return seal(notesKey, notesLabel, encode({ ...notes }));
}

/** Returns empty notes when they cannot be opened. */
export function openNotes(notesKey: Uint8Array, { notes }: GrantBody): GrantNotes {
  try {
    const fields = decode(openWithAny([notesKey], (key) => open(key, notesLabel, notes)));
    return isFields(fields) ? fields : {};
  } catch {
    return {};
  }
}

/** Grants on an entry, with its new key. Only its owner can renew them; who uploads needs no key. */
export async function renewedGrants(
  tree: Tree,
  entry: EntryId,
  to: { key: Uint8Array; keyVersion: number },
  without?: GrantId,
): Promise<Draft[]> {
  const drafts: Draft[] = [];
  for (const grant of tree.own ? tree.grants.on(entry) : []) {
    const { body, id } = grant;
    const isOver = body.expiresAt !== null && body.expiresAt <= tree.clock.wallMs();
    if (id === without || body.owner !== tree.user || body.rights === 'upload' || isOver) continue;
    const renewed = await renewedGrant(tree, grant, to);
    if (renewed) drafts.push(renewed);
  }
  return drafts;
}

/** undefined for a grant that nobody can renew: its user is gone, or its notes are damaged. */
export async function renewedGrant(
  tree: Tree,
  { id, body }: Grant,
  { key, keyVersion }: { key: Uint8Array; keyVersion: number },
): Promise<Draft | undefined> {
  const secretKey = tree.own && openNotes(tree.own.notesKey, body).key;
  try {
    const sealedKey = await sealGiven(tree.catalog, body, { key, name: '' }, secretKey);
    return { table: 'grant', id, body: { ...body, sealedKey, keyVersion } };
  } catch (error) {
    if (error instanceof PeerstorError) return undefined;
    throw error;
  }
}
