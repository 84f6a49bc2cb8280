/**
 * May somebody other than the owner write this record (I5)? Pure. The record must prove two things as of the time
 * when it was written: a grant of the owner was in force for the signer, and the written entry lies under the
 * granted one (`Via.steps`).
 *
 * Everything that this asks for has a lower clock than the record itself. So a set of records has exactly one
 * answer. When a record arrives or no longer counts, its dependents are examined again in clock order, which
 * finds that answer: see `dependents.ts`.
 */
import { type EntryId, entryId, grantId, type PrincipalId } from '../../model/ids.ts';
import type { CatalogRecord, EntryBody, GrantBody, Hlc, Via } from '../../model/records.ts';
import { msOf } from '../records/clock.ts';
import { headsOf } from '../records/merge.ts';
import {
  type EntryRecord,
  type GrantedRecord,
  isEntryRecord,
  type UseRecord,
} from '../records/owned-records.ts';
import { isBody } from '../records/record-bodies.ts';
import { dotOfHeld, type Held, type Register, strictestFirst } from '../records/register-row.ts';
import type { Dot } from '../records/store-layout.ts';
import type { Authority } from './authority.ts';

/** What is known besides the record itself. */
export interface Known {
  readonly authority: Authority;
  /** Summaries of all records of a register that are here. */
  register(table: string, id: string): Register;
  find(dot: Dot): CatalogRecord | undefined;
}

export type GrantReason =
  /** A grant, or a step of the way to it, is missing or does not count. */
  | 'unshown'
  /** The grant had ended, or is for somebody else. */
  | 'no-grant'
  /** The entry is not under the granted one, or the grant gives a lesser right. */
  | 'beyond-grant';

/** The grant at the time `hlc`, or why it gave no right then. */
export function grantAt(
  known: Known,
  grant: string,
  owner: PrincipalId,
  hlc: Hlc,
): GrantBody | 'unshown' | 'no-grant' {
  const earlier = known
    .register('grant', grant)
    .filter((held) => held.applied && held.owner === owner && held.hlc < hlc);
  const [winner] = strictestFirst(headsOf(earlier));
  if (!winner) return 'unshown';
  const body = winner.revokes ? undefined : known.find(dotOfHeld(winner))?.body;
  if (!isBody('grant', grant, body)) return 'no-grant';
  return body.expiresAt === null || body.expiresAt >= msOf(hlc) ? body : 'no-grant';
}

/** Why a grant does not let its holder write this, or undefined. */
export function reasonOfGranted(record: GrantedRecord, known: Known): GrantReason | undefined {
  const { hlc, principal, body } = record;
  const grant = grantAt(known, body.via.grant, body.owner, hlc);
  if (typeof grant === 'string') return grant;
  const { authority } = known;
  const isUsers = grant.kind === 'user';
  if (grant.grantee !== principal || (isUsers && !authority.isUser(principal))) return 'no-grant';
  if (isUsers && authority.isDisabledAt(principal, hlc)) return 'no-grant';
  return new GrantedWrite(record, grant, known).reason();
}

/** The key of a link counts how often a device served the link: up, never down. */
export function reasonOfUse(record: UseRecord, known: Known): GrantReason | undefined {
  const { id, revision, principal, hlc, base, body } = record;
  const grant = grantIdOfUse(id);
  const owners = new Set(known.register('grant', grant).map(({ owner }) => owner));
  const found = [...owners].map((owner) => grantAt(known, grant, owner, hlc));
  const allows = found.some(
    (one) => typeof one !== 'string' && one.kind === 'link' && one.grantee === principal,
  );
  if (!allows) return found.every((one) => one === 'unshown') ? 'unshown' : 'no-grant';
  const others = known.register('use', id).filter((held) => held.revision !== revision);
  if (others.some((held) => base.includes(held.revision) && held.hlc >= hlc)) return 'beyond-grant';
  const earlier = others.filter((held) => held.applied && held.hlc < hlc);
  return earlier.some((held) => countOf(held, known) > body.count) ? 'beyond-grant' : undefined;
}

export function grantIdOfUse(id: string) {
  return grantId(id.slice(0, id.indexOf('.')));
}

function countOf(held: Held, known: Known): number {
  const record = known.find(dotOfHeld(held));
  return record && isBody('use', record.id, record.body) ? record.body.count : 0;
}

class GrantedWrite {
  readonly #record: GrantedRecord;
  readonly #via: Via;
  readonly #grant: GrantBody;
  readonly #known: Known;
  #isShort = false;

  constructor(record: GrantedRecord, grant: GrantBody, known: Known) {
    this.#record = record;
    this.#via = record.body.via;
    this.#grant = grant;
    this.#known = known;
  }

  reason(): GrantReason | undefined {
    if (this.#isAllowed()) return undefined;
    return this.#isShort ? 'unshown' : 'beyond-grant';
  }

  #isAllowed(): boolean {
    const { rights } = this.#grant;
    const { table, id, base, body } = this.#record;
    if (rights === 'view') return false;
    if (isBody('entry', id, body) && table === 'entry') {
      if (base.length === 0) return this.#isInScope(body.parent) && this.#mayFallBack(body, undefined);
      return rights === 'edit' && this.#mayReplace(body);
    }
    if (isBody('version', id, body) && table === 'version') {
      const { entry } = body;
      return this.#isInScope(entry) && (rights === 'edit' || this.#isOwnCreation(entry));
    }
    return rights === 'edit' && this.#isInScope(entryId(id));
  }

  /** Allows changes of an existing entry that is in scope before and after; kind and owner stay the same. */
  #mayReplace(body: EntryBody): boolean {
    const id = entryId(this.#record.id);
    const before = this.#step(id);
    if (!before || !this.#record.base.includes(before.revision)) return false;
    const { kind, createdAt, parent, trashedAt } = before.body;
    if (body.kind !== kind || body.createdAt !== createdAt) return false;
    if (!this.#mayFallBack(body, before.body)) return false;
    // Only the owner may move the granted entry itself.
    if (id === this.#grant.entry) return body.parent === parent && body.trashedAt === trashedAt;
    return this.#isInScope(id) && this.#isInScope(body.parent);
  }

  #mayFallBack({ fallback }: EntryBody, before: EntryBody | undefined): boolean {
    if (fallback === null || fallback.parent === before?.fallback?.parent) return true;
    return this.#isInScope(fallback.parent);
  }

  /** Did the same signer create the entry by this same grant? */
  #isOwnCreation(entry: EntryId): boolean {
    const created = this.#step(entry);
    const { principal } = this.#record;
    if (!created || created.principal !== principal || created.base.length > 0) return false;
    return created.body.via?.grant === this.#via.grant;
  }

  /** Do the steps that the record names lead from here up to the granted entry? */
  #isInScope(start: EntryId | null): boolean {
    const passed = new Set<EntryId>();
    for (let at = start; at !== null && !passed.has(at); ) {
      if (at === this.#grant.entry) return true;
      passed.add(at);
      const step = this.#step(at);
      if (!step) return false;
      at = step.body.parent;
    }
    return false;
  }

  /** The record that the steps name for an entry, if it counted before this one was written. */
  #step(id: EntryId): EntryRecord | undefined {
    const { steps } = this.#via;
    const named = Object.hasOwn(steps, id) ? steps[id] : undefined;
    if (named === undefined) return undefined;
    const { owner } = this.#record.body;
    const held = this.#known.register('entry', id).find(({ revision }) => revision === named);
    if (!held?.applied) this.#isShort = true;
    if (!held?.applied || held.tombstone || held.owner !== owner || held.hlc >= this.#record.hlc)
      return undefined;
    const record = this.#known.find(dotOfHeld(held));
    return record && isEntryRecord(record) ? record : undefined;
  }
}
