/**
 * The grants of a network: each opens an entry to another user, a link or a token. There are few, so the
 * index keeps the ids of all in memory and reads the grant itself from the catalog each time.
 */
import type { CatalogReader } from '../../../model/contracts/catalog.ts';
import { type EntryId, type GrantId, grantId, type PrincipalId, type UserId } from '../../../model/ids.ts';
import type { GrantBody } from '../../../model/records.ts';
import { isLive } from '../../keys/live.ts';

export interface Grant {
  readonly id: GrantId;
  readonly body: GrantBody;
  /** One per head: two devices may have renewed the grant at once, each with a key that the other lacks. */
  readonly sealedKeys: readonly Uint8Array[];
}

export interface GrantIndex {
  /** Includes revoked grants. */
  get(id: GrantId): Grant | undefined;
  /** Grants that are not revoked, on this very entry. */
  on(entry: EntryId): Grant[];
  /** Grants that are not revoked, to this user or key. */
  to(grantee: PrincipalId): Grant[];
  /** Grants by this user, revoked ones included. */
  by(owner: UserId): Grant[];
  stop(): void;
}

/** Opens the index with every grant that the catalog has by then; it follows the catalog until `stop`. */
export async function openGrantIndex(catalog: CatalogReader): Promise<GrantIndex> {
  const byEntry = new Map<EntryId, Set<GrantId>>();
  const byGrantee = new Map<PrincipalId, Set<GrantId>>();
  const byOwner = new Map<UserId, Set<GrantId>>();

  /** The entry, the grantee and the owner of a grant never change. */
  function note(id: GrantId): void {
    const body = catalog.get('grant', id)?.body;
    if (!body) return;
    add(byEntry, body.entry, id);
    add(byGrantee, body.grantee, id);
    add(byOwner, body.owner, id);
  }

  function get(id: GrantId): Grant | undefined {
    const heads = catalog.heads('grant', id).filter(isLive);
    const body = catalog.get('grant', id)?.body;
    if (!body) return undefined;
    const revoked = heads.some((head) => head.body.revoked);
    return { id, body: { ...body, revoked }, sealedKeys: heads.map((head) => head.body.sealedKey) };
  }

  const all = (ids: ReadonlySet<GrantId> | undefined): Grant[] =>
    [...(ids ?? [])].map(get).filter((grant) => grant !== undefined);
  const standing = (ids: ReadonlySet<GrantId> | undefined): Grant[] =>
    all(ids).filter(({ body }) => !body.revoked);

  // Before the scan: a grant that comes while it runs may not be in it.
  const stop = catalog.onChange((changes) => {
    for (const { record } of changes) if (record.table === 'grant') note(grantId(record.id));
  });
  try {
    for await (const { id } of catalog.list('grant')) note(grantId(id));
  } catch (error) {
    stop();
    throw error;
  }

  return {
    get,
    on: (entry) => standing(byEntry.get(entry)),
    to: (grantee) => standing(byGrantee.get(grantee)),
    by: (owner) => all(byOwner.get(owner)),
    stop,
  };
}

export type GrantState = 'live' | 'expired' | 'revoked' | 'used-up';

/** @param uses how often a link served, over all devices */
export function stateOfGrant({ body }: Pick<Grant, 'body'>, nowMs: number, uses = 0): GrantState {
  if (body.revoked) return 'revoked';
  if (body.expiresAt !== null && body.expiresAt <= nowMs) return 'expired';
  return body.maxUses !== null && uses >= body.maxUses ? 'used-up' : 'live';
}

function add<Key>(index: Map<Key, Set<GrantId>>, key: Key, id: GrantId): void {
  const ids = index.get(key);
  if (ids) ids.add(id);
  else index.set(key, new Set([id]));
}
