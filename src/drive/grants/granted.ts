/**
 * What a grantee shows with every record: the grant, the way from the entry up to the granted one, and
 * that what they create has an id of their own. Every device checks it.
 */
import { LRUCache } from 'lru-cache';
import { grantedId } from '../../crypto/index.ts';
import type { Draft } from '../../model/contracts/catalog.ts';
import type { GrantId, PrincipalId } from '../../model/ids.ts';
import type { GrantBody, GrantRights, Via } from '../../model/records.ts';

/** Of an opened tree: the grant that opened it. */
export interface Granted {
  readonly grant: GrantId;
  readonly rights: GrantRights;
  /** A user or a link; a token stands for the owner. */
  readonly kind: GrantBody['kind'];
  /** An id for something new. Nobody else can be the first to write under it. */
  newId(principal: PrincipalId, chance: Uint8Array): string;
  /** What such an id follows from, until it is written. */
  nonceOf(id: string): Uint8Array | undefined;
}

/** Ids that were made and are not written yet: a whole branch that is copied has most. */
const noncesKept = 100_000;

export function grantedBy(grant: GrantId, { rights, kind }: Pick<GrantBody, 'rights' | 'kind'>): Granted {
  const nonces = new LRUCache<string, Uint8Array>({ max: noncesKept });
  return {
    grant,
    rights,
    kind,
    newId(principal, chance) {
      const id = grantedId(principal, chance);
      nonces.set(id, chance);
      return id;
    },
    nonceOf: (id) => nonces.get(id),
  };
}

/**
 * The same drafts, each with its proof; the catalog fills in the way up to the granted entry. Entries
 * first, because a version shows its right by the entry that it belongs to.
 */
export function withVia(granted: Granted, drafts: readonly Draft[]): Draft[] {
  const proved = (draft: Draft): Draft => {
    const nonce = granted.nonceOf(draft.id);
    const via: Via = { grant: granted.grant, steps: {}, ...(nonce && { nonce }) };
    switch (draft.table) {
      case 'entry':
        return draft.body ? { ...draft, body: { ...draft.body, via } } : draft;
      case 'version':
        return draft.body ? { ...draft, body: { ...draft.body, via } } : draft;
      case 'facts':
        return draft.body ? { ...draft, body: { ...draft.body, via } } : draft;
      default:
        return draft;
    }
  };
  const isEntry = ({ table }: Draft) => table === 'entry';
  return [...drafts.filter(isEntry), ...drafts.filter((draft) => !isEntry(draft))].map(proved);
}
