/**
 * The grantees of a shared folder: a user, a link and a token. They write on any device, while the
 * owner widens, narrows, ends and revokes their rights. At the end this computes independently which of their records
 * count, from everything that was ever written.
 */
import { grantedId, type SigningKey } from '../../src/crypto/index.ts';
import type { Random } from '../../src/model/clock.ts';
import type { Catalog, Draft } from '../../src/model/contracts/catalog.ts';
import {
  type ChunkId,
  type EntryId,
  entryId,
  type GrantId,
  type Revision,
  type VersionId,
  versionId,
} from '../../src/model/ids.ts';
import type { CatalogRecord, EntryBody, GrantBody, Via } from '../../src/model/records.ts';
import { entryOf, grantOf, keyOf, type World } from '../catalog/world.ts';
import { GrantTruth } from './grant-truth.ts';

/** The first of the numbers that no other entry of a simulation uses. */
const shared = entryOf(1_000_000);
const inside = entryOf(1_000_001);
const rights = ['view', 'upload', 'edit', 'edit', 'edit'] as const;
const endsAfterMsMax = 40_000;

interface Grantee {
  kind: GrantBody['kind'];
  key: SigningKey;
  grant: GrantId;
  number: number;
  top: EntryId;
}

const grantees: readonly Grantee[] = [
  { kind: 'user', key: keyOf('bob'), grant: grantOf(1), number: 1, top: shared },
  { kind: 'link', key: keyOf('link'), grant: grantOf(2), number: 2, top: inside },
  { kind: 'token', key: keyOf('token'), grant: grantOf(3), number: 3, top: shared },
];

/** A record to write, and its signer. */
export interface Deed {
  what: string;
  drafts: Draft[];
  signer: SigningKey;
  /** True when the device has everything that allows the write, so a refusal would be wrong. */
  mustBeTaken(catalog: Catalog): boolean;
  done(records: readonly CatalogRecord[]): void;
}

export class Grantees {
  readonly #world: World;
  readonly #random: Random;
  readonly #truth: GrantTruth;
  readonly #folders: EntryId[] = [shared, inside];
  readonly #files: EntryId[] = [];

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#truth = new GrantTruth(world.adminId);
  }

  /** The shared folders, one inside the other, and a grant for each. */
  founding(): Draft[] {
    const drafts = [this.#world.userDraft(keyOf('bob')), this.#folderDraft(shared, entryOf(0))];
    return [
      ...drafts,
      this.#folderDraft(inside, shared),
      ...grantees.map((grantee) => this.#grantDraft(grantee, { rights: 'edit' })),
    ];
  }

  /** Remembers a written record for the check at the end. */
  written(records: readonly CatalogRecord[]): void {
    this.#truth.written(records);
    for (const { table, id, body } of records) {
      if (table !== 'entry' || !isNew({ body: body as EntryBody })) continue;
      const [known, entry] = [(body as EntryBody).kind === 'file' ? this.#files : this.#folders, entryId(id)];
      if (!known.includes(entry)) known.push(entry);
    }
  }

  /** A file with this content: a new one, or a further version. */
  saving(number: number, manifest: ChunkId): Deed & { version: VersionId } {
    const by = this.#anyone();
    const isNew = this.#files.length === 0 || this.#random.next() < 0.6;
    const entry = isNew ? this.#newId(by, number) : this.#one(this.#files);
    const version = versionId(grantedId(by.key.principal, nonceOf(number)));
    const draft = this.#world.versionDraft(number, 0);
    const via = viaOf(by, nonceOf(number));
    const body = draft.body && { ...draft.body, entry, manifest, via };
    const drafts: Draft[] = [{ table: 'version', id: version, body }];
    if (isNew) drafts.unshift(this.#newDraft(by, number, 'file'));
    return { version, ...this.#deed(`saves ${number}`, by, drafts) };
  }

  /** Any other change of shared entries. */
  next(catalog: Catalog, number: number): Deed {
    const roll = this.#random.next();
    const by = this.#anyone();
    if (roll < 0.35) return this.#grants(catalog);
    if (roll < 0.5) return this.#deed(`makes folder ${number}`, by, [this.#newDraft(by, number, 'folder')]);
    if (roll < 0.55) return this.#uses(catalog, number);
    const entry = this.#one([...this.#files, ...this.#folders.slice(2)]);
    const body = entry && catalog.get('entry', entry)?.body;
    if (!body) return this.#deed('finds nothing', by, []);
    const { via: _, ...plain } = body;
    const moved = { ...plain, parent: this.#one(this.#folders), name: Uint8Array.of(number % 256) };
    if (roll < 0.65) {
      const away = this.#random.next() < 0.4 ? { parent: entryOf(0) } : {};
      return this.#owners('moves what is shared', [
        { table: 'entry', id: entry, body: { ...moved, ...away } },
      ]);
    }
    const via = viaOf(by);
    if (roll < 0.75) {
      const facts = this.#world.factsDraft(0, number % 256, { via });
      return this.#deed('writes facts', by, [{ ...facts, id: entry }]);
    }
    return this.#deed('moves', by, [{ table: 'entry', id: entry, body: { ...moved, via } }]);
  }

  /** At the end: what a device shows wrongly. */
  faults(catalog: Catalog): string[] {
    return this.#truth.faults(catalog);
  }

  /** Versions that must not be visible: no grant was in force when they were written. */
  get heldVersions(): VersionId[] {
    return this.#truth.held().flatMap(({ table, id }) => (table === 'version' ? versionId(id) : []));
  }

  /** The numbers of grantees' records that count and that do not count. */
  get counts(): { kept: number; held: number } {
    return { kept: this.#truth.kept().length, held: this.#truth.held().length };
  }

  #grants(catalog: Catalog): Deed {
    const grantee = this.#anyone();
    const roll = this.#random.next();
    const right = rights[Math.floor(this.#random.next() * rights.length)] ?? 'edit';
    const expiresAt = roll > 0.85 ? this.#world.clock.wallMs() + this.#random.next() * endsAfterMsMax : null;
    const change = {
      rights: right,
      revoked: roll < 0.3,
      expiresAt: expiresAt && Math.round(expiresAt),
    };
    const before = catalog.get('grant', grantee.grant)?.body;
    const what = `${change.revoked ? 'revokes' : 'grants'} ${before?.rights ?? 'nothing'} → ${right}`;
    return this.#owners(`${what} to ${grantee.kind}`, [this.#grantDraft(grantee, change)]);
  }

  #uses(catalog: Catalog, number: number): Deed {
    const [, link] = grantees;
    const by = link ?? this.#anyone();
    const id = `${by.grant}.${catalog.self}`;
    const count = (catalog.get('use', id)?.body?.count ?? 0) + 1;
    return this.#deed('is used', by, [{ table: 'use', id, body: { count, lastAt: number } }]);
  }

  #owners(what: string, drafts: Draft[]): Deed {
    const done = (records: readonly CatalogRecord[]) => this.written(records);
    return { what: `owner ${what}`, drafts, signer: this.#world.admin, mustBeTaken: () => true, done };
  }

  #deed(what: string, by: Grantee, drafts: Draft[]): Deed {
    const mustBeTaken = (catalog: Catalog) => {
      const grant = catalog.get('grant', by.grant)?.body;
      if (!grant || grant.revoked || grant.expiresAt !== null || grant.rights !== 'edit') return false;
      if (by.kind === 'user' && !catalog.get('user', by.key.principal)) return false;
      const made = new Set(drafts.filter(isNew).map(({ id }) => id));
      return drafts.every((draft) => {
        return startsOf(draft).every((start) => made.has(start) || isUnder(catalog, start, by.top));
      });
    };
    const done = (records: readonly CatalogRecord[]) => this.written(records);
    return { what: `${by.kind} ${what}`, drafts, signer: by.key, mustBeTaken, done };
  }

  #newDraft(by: Grantee, number: number, kind: EntryBody['kind']): Draft<'entry'> {
    const change = { kind, parent: this.#one(this.#folders), fallback: null };
    const via = viaOf(by, nonceOf(number));
    return { ...this.#world.entryDraft(number, { ...change, via }), id: this.#newId(by, number) };
  }

  #newId({ key }: Grantee, number: number): EntryId {
    return entryId(grantedId(key.principal, nonceOf(number)));
  }

  #folderDraft(id: EntryId, parent: EntryId): Draft<'entry'> {
    return { ...this.#world.entryDraft(0, { parent, fallback: null }), id };
  }

  #grantDraft({ kind, key, number, top: entry }: Grantee, change: Partial<GrantBody>): Draft<'grant'> {
    return this.#world.grantDraft(number, 0, { kind, grantee: key.principal, entry, ...change });
  }

  #anyone(): Grantee {
    return this.#one(grantees);
  }

  #one<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random.next() * items.length)] as Item;
  }
}

function viaOf({ grant }: Grantee, nonce?: Uint8Array): Via {
  const steps: Record<EntryId, Revision> = {};
  return nonce ? { grant, steps, nonce } : { grant, steps };
}

/** Different for each number. */
function nonceOf(number: number): Uint8Array {
  const nonce = Buffer.alloc(16);
  nonce.writeUInt32BE(number);
  return new Uint8Array(nonce);
}

/** The entry from which the steps of a proof start. */
function startsOf({ table, id, body }: Draft): EntryId[] {
  if (table === 'version' && body) return [body.entry];
  if (table !== 'entry' || !body) return table === 'facts' ? [entryId(id)] : [];
  const parents = body.parent ? [body.parent] : [];
  return isNew({ body }) ? parents : [entryId(id), ...parents];
}

/** True for an entry that a grantee created, not changed. */
function isNew({ body }: { body: object | null }): boolean {
  const { via } = (body ?? {}) as { via?: Via };
  return via?.nonce !== undefined;
}

function isUnder(catalog: Catalog, start: EntryId, top: EntryId): boolean {
  const passed = new Set<EntryId>();
  for (let at: EntryId | null | undefined = start; at && !passed.has(at); ) {
    if (at === top) return true;
    passed.add(at);
    at = catalog.get('entry', at)?.body?.parent;
  }
  return false;
}
