/** A network with a shared folder, and drafts of those that it is shared with. */
import type { LocalCatalog } from '../../src/catalog/index.ts';
import { grantedId, type SigningKey } from '../../src/crypto/index.ts';
import type { Draft } from '../../src/model/contracts/catalog.ts';
import { type EntryId, entryId, userId, type VersionId, versionId } from '../../src/model/ids.ts';
import type { CatalogRecord, EntryBody, GrantBody, Via } from '../../src/model/records.ts';
import { carry, entryOf, grantOf, keyOf, World } from './world.ts';

export const bob = keyOf('bob');
export const bobId = userId(bob.principal);
/** The folder that is shared, in it a folder, and one beside it that is nobody's business. */
export const shared = 1;
export const inside = 2;
export const outside = 3;

export interface Sharing {
  world: World;
  /** The owner's device. */
  a: LocalCatalog;
  /** Another device, which has everything. */
  b: LocalCatalog;
  grant(change?: Partial<GrantBody>): Promise<void>;
}

/** Two devices, the owner's three folders, and grant 1 to bob. */
export async function sharing(change: Partial<GrantBody> = {}): Promise<Sharing> {
  const world = new World();
  const a = await world.founded();
  await world.admit(a, 1);
  await a.author([world.userDraft(bob)], world.admin);
  await a.author(
    [
      world.entryDraft(shared),
      world.entryDraft(inside, { parent: entryOf(shared), fallback: null }),
      world.entryDraft(outside),
    ],
    world.admin,
  );
  const b = await world.catalog(1);
  const grant = async (body: Partial<GrantBody> = {}) => {
    await a.author([world.grantDraft(1, shared, { ...change, ...body })], world.admin);
    await carry(a, b);
  };
  await grant();
  return { world, a, b, grant };
}

export const nonceOf = (number: number): Uint8Array => Buffer.alloc(16, number);
export const newEntryOf = (number: number, by: SigningKey = bob): EntryId =>
  entryId(grantedId(by.principal, nonceOf(number)));
export const newVersionOf = (number: number, by: SigningKey = bob): VersionId =>
  versionId(grantedId(by.principal, nonceOf(number)));

export function viaOf(via: Partial<Via> = {}): Via {
  return { grant: grantOf(1), steps: {}, ...via };
}

/** Something new by a grantee; the catalog fills in the way. */
export function newEntry(
  world: World,
  number: number,
  parent: EntryId,
  change: Partial<EntryBody> = {},
  by: SigningKey = bob,
): Draft<'entry'> {
  const via = viaOf({ nonce: nonceOf(number) });
  const draft = world.entryDraft(number, { parent, fallback: null, kind: 'file', via, ...change });
  return { ...draft, id: newEntryOf(number, by) };
}

export function newVersion(
  world: World,
  number: number,
  entry: EntryId,
  by: SigningKey = bob,
): Draft<'version'> {
  const draft = world.versionDraft(number, 0);
  const { body } = draft;
  if (body === null) return draft;
  const via = viaOf({ nonce: nonceOf(number) });
  return { ...draft, id: newVersionOf(number, by), body: { ...body, entry, via } };
}

/** The entry that there is, changed. */
export function changed(
  record: Pick<CatalogRecord<EntryBody>, 'id' | 'body'> | undefined,
  change: Partial<EntryBody>,
): Draft<'entry'> {
  if (!record?.body) throw new Error('there is no such entry');
  const { via: _, ...body } = record.body;
  return { table: 'entry', id: record.id, body: { ...body, via: viaOf(), ...change } };
}
