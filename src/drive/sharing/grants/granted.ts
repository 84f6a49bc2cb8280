/**
 * The proof that a grantee adds to every record: the grant, the path from the entry up to the granted one,
 * and a nonce that makes the id of a new entry their own. Every device checks it.
 */
import { LRUCache } from 'lru-cache';
import { grantedId } from '../../../crypto/index.ts';
import type { Draft } from '../../../model/contracts/catalog.ts';
import type { GrantId, PrincipalId } from '../../../model/ids.ts';
import type { GrantBody, GrantRights, Via } from '../../../model/records.ts';

/** The grant that opened a tree. */
export interface Granted {
  readonly grant: GrantId;
  readonly rights: GrantRights;
  /** A user or a link; a token stands for the owner. */
  readonly kind: GrantBody['kind'];
  /** An id for something new. Nobody else can be the first to write under it. */
  newId(principal: PrincipalId, chance: Uint8Array): string;
  /** The nonce from which such an id is derived, until the entry is written. */
  nonceOf(id: string): Uint8Array | undefined;
}

/** Ids that were made and are not written yet; copying a large folder makes the most. */
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
 * Adds the proof to each draft; the catalog fills in the path up to the granted entry. Entries come first,
 * because the right to write a version follows from its entry.
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
