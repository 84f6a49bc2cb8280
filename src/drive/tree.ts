/**
 * One user's unlocked tree: what the drive's methods stand on. Functions here find entries, look up
 * names, walk paths and write records; what each method of the contract means is in the files beside.
 */
import type { SigningKey } from '../crypto/index.ts';
import type { Clock, Random } from '../model/clock.ts';
import type { Catalog, Draft } from '../model/contracts/catalog.ts';
import type { ChunkNetwork } from '../model/contracts/replication.ts';
import { PeerstorError } from '../model/errors.ts';
import { type EntryId, entryId, toHex, type UserId, type VersionId, versionId } from '../model/ids.ts';
import { folderDepthMax, type Tunables } from '../model/limits.ts';
import type { Log } from '../model/log.ts';
import type { CatalogRecord, EntryBody } from '../model/records.ts';
import type { ContentKeys } from './content/index.ts';
import type { OpenVersion } from './heads.ts';
import type { KeyedLock } from './keyed-lock.ts';
import { isLive, type Live } from './live.ts';
import { mayBeConflictName, repairName } from './names.ts';
import { openName } from './sealed-parts.ts';
import type { TreeCache } from './tree-cache.ts';

export interface Tree {
  readonly user: UserId;
  readonly root: EntryId;
  readonly signer: SigningKey;
  /** What cuts and seals this user's content. */
  readonly contentKeys: ContentKeys;
  readonly catalog: Catalog;
  readonly network: ChunkNetwork;
  readonly cache: TreeCache;
  readonly locks: KeyedLock;
  readonly clock: Clock;
  readonly random: Random;
  readonly tunables: Tunables;
  readonly log: Log;
}

/** An entry of this user, opened. */
export interface Entry {
  readonly id: EntryId;
  readonly record: Live<EntryBody>;
  readonly body: EntryBody;
  readonly key: Uint8Array;
  /** Where it effectively is; null for the root. */
  readonly parent: EntryId | null;
}

/** A version of a concurrent edit, shown beside the file that it lost to. Its id is the version's. */
export interface Conflict {
  readonly id: EntryId;
  readonly version: OpenVersion;
  readonly file: Entry;
}

/** Ancestors that are climbed before the answer is "too deep": see `key-tree.ts`. */
const climbMax = 4 * folderDepthMax;

/**
 * @throws `not-found` when there is none, or it is another user's; `not-ready` for the root of a
 * drive whose records are still on the way to this device
 */
export function requireEntry(tree: Tree, id: EntryId): Entry {
  const record = tree.catalog.get('entry', id);
  if (!isLive(record) || record.body.owner !== tree.user) {
    if (id !== tree.root) throw notFound();
    throw new PeerstorError('not-ready', 'Your drive is still on its way to this device; try again soon.', {
      details: { retryAfterS: 5 },
    });
  }
  const key = tree.cache.keys.keyOf(id);
  return { id, record, body: record.body, key, parent: tree.catalog.placeOf(id)?.parent ?? null };
}

/** The conflict view under an id, or undefined when the id is none (or is settled by now). */
export async function findConflict(tree: Tree, id: EntryId): Promise<Conflict | undefined> {
  const record = tree.catalog.get('version', id);
  if (!isLive(record) || record.body.owner !== tree.user) return undefined;
  const file = requireEntry(tree, record.body.entry);
  const { conflicts } = await tree.cache.heads.of(file.id, file.key);
  const version = conflicts.find((other) => other.id === versionId(id));
  return version && { id, version, file };
}

/** @throws `not-found` */
export async function requireEntryOrConflict(tree: Tree, id: EntryId): Promise<Entry | Conflict> {
  const conflict = tree.catalog.get('entry', id) ? undefined : await findConflict(tree, id);
  return conflict ?? requireEntry(tree, id);
}

export function isConflict(found: Entry | Conflict): found is Conflict {
  return 'version' in found;
}

/** @throws `not-found` when it is none, `gone` when it is in the trash */
export function requireFolder(tree: Tree, id: EntryId): Entry {
  const entry = requireEntry(tree, id);
  if (entry.body.kind !== 'folder') throw new PeerstorError('not-found', 'This is a file, not a folder.');
  requireOutsideTrash(tree, entry);
  return entry;
}

/** @throws `gone` for an entry that is in the trash, or in a folder that is */
export function requireOutsideTrash(tree: Tree, entry: Entry): void {
  if (trashedAt(tree, entry) === null) return;
  throw new PeerstorError('gone', 'This is in the trash. Restore it first.');
}

/** @throws `forbidden`: the root has no name, no place and no way out */
export function requireNotRoot(tree: Tree, entry: Entry): void {
  if (entry.id !== tree.root) return;
  throw new PeerstorError('forbidden', 'The top folder of a drive cannot be changed.');
}

/** When it (or the nearest folder around it that was) went to the trash; null outside the trash. */
export function trashedAt(tree: Tree, entry: Entry): number | null {
  if (entry.body.trashedAt !== null) return entry.body.trashedAt;
  for (const body of ancestors(tree, entry.id)) if (body.trashedAt !== null) return body.trashedAt;
  return null;
}

/** Bodies of the folders around an entry, from its parent to the root. */
function* ancestors(tree: Tree, id: EntryId): Iterable<EntryBody & { id: EntryId }> {
  let at = id;
  for (let climbed = 0; climbed < climbMax; climbed += 1) {
    const parent = tree.catalog.placeOf(at)?.parent;
    if (parent === undefined) return;
    const body = tree.catalog.get('entry', parent)?.body;
    if (!body) return;
    yield { ...body, id: parent };
    at = parent;
  }
}

/** Is `inner` the folder `outer`, or somewhere under it? */
export function isWithin(tree: Tree, inner: EntryId, outer: EntryId): boolean {
  if (inner === outer) return true;
  for (const { id } of ancestors(tree, inner)) if (id === outer) return true;
  return false;
}

/** @throws `bad-input` when a folder in `parent` would lie deeper than a path can say */
export function checkDepth(tree: Tree, parent: EntryId, levels = 1): void {
  const depth = [...ancestors(tree, parent)].length + levels;
  if (depth <= folderDepthMax) return;
  throw new PeerstorError('bad-input', `Folders can lie at most ${folderDepthMax} deep in each other.`);
}

/** The name that an entry shows in its folder; in the trash the one that it was given. */
export async function nameOf(tree: Tree, entry: Entry): Promise<string> {
  if (entry.id === tree.root) return '';
  if (entry.body.trashedAt === null && entry.parent !== null) {
    const { names } = await tree.cache.listings.of(entry.parent);
    const shown = names.nameOf(entry.id);
    if (shown !== undefined) return shown;
  }
  return givenName(entry);
}

/** The name as its owner gave it, made fit to show. */
export function givenName(entry: Entry): string {
  return repairName(openName(entry.key, entry.body.name));
}

/** The real entry with this name (or one equal to it) in a folder. */
export async function lookUp(tree: Tree, folder: EntryId, name: string): Promise<Entry | undefined> {
  const { names, rows } = await tree.cache.listings.of(folder);
  const id = names.find(name);
  return id !== undefined && rows.has(id) ? requireEntry(tree, id) : undefined;
}

/** @throws `name-taken` when a real entry other than `except` has this name */
export async function requireFreeName(
  tree: Tree,
  folder: EntryId,
  name: string,
  except?: EntryId,
): Promise<void> {
  const there = await lookUp(tree, folder, name);
  if (!there || there.id === except) return;
  const what = there.body.kind === 'folder' ? 'folder' : 'file';
  throw new PeerstorError('name-taken', `There is a ${what} with this name already: "${name}".`);
}

/** @returns the id at a path of names from the root; @throws `not-found` */
export async function resolvePath(tree: Tree, names: readonly string[]): Promise<EntryId> {
  let at = requireEntry(tree, tree.root).id;
  for (const [index, name] of names.entries()) {
    const listing = await tree.cache.listings.of(at);
    let id = listing.names.find(name);
    if (id === undefined && index === names.length - 1 && mayBeConflictName(name)) {
      id = (await tree.cache.listings.withConflicts(at)).names.find(name);
    }
    if (id === undefined) throw notFound();
    at = id;
  }
  return at;
}

/** Writes records in one durable batch, signed by the user; the next look sees them. */
export async function author(tree: Tree, drafts: readonly Draft[]): Promise<CatalogRecord[]> {
  const records = await tree.catalog.author(drafts, tree.signer);
  tree.cache.apply(records.map((record) => ({ record, local: true })));
  return records;
}

export function newEntryId(tree: Tree): EntryId {
  return entryId(toHex(tree.random.bytes(16)));
}

export function newVersionId(tree: Tree): VersionId {
  return versionId(toHex(tree.random.bytes(16)));
}

export function newEntryKey(tree: Tree): Uint8Array {
  return tree.random.bytes(32);
}

export function notFound(): PeerstorError {
  return new PeerstorError('not-found', 'There is no such file or folder.');
}
