/**
 * One user's unlocked tree. Functions here find entries, look up names, walk paths and write records; the
 * sub-rooms above use them to implement the methods of the drive.
 */
import type { KeyedLock } from '../../concurrency/index.ts';
import type { SigningKey } from '../../crypto/index.ts';
import type { Clock, Random } from '../../model/clock.ts';
import type { CatalogAuthor, Draft } from '../../model/contracts/catalog.ts';
import type { SealedFiles } from '../../model/contracts/files/sealed-files.ts';
import type { MediaMaker } from '../../model/contracts/media/media-maker.ts';
import type { ChunkNetwork } from '../../model/contracts/replication.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId, toHex, type UserId, type VersionId, versionId } from '../../model/ids.ts';
import { folderDepthMax, type Tunables } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import type { CatalogRecord, EntryBody, Sealed } from '../../model/records.ts';
import type { ContentKeys } from '../content/index.ts';
import { isLive, type Live } from '../keys/live.ts';
import { openName, openWithAny } from '../keys/sealed-parts.ts';
import { type Granted, withVia } from '../sharing/grants/granted.ts';
import type { GrantIndex } from '../sharing/grants/grants.ts';
import type { Quotas } from '../users/quota/quotas.ts';
import type { OpenVersion } from './listing/heads.ts';
import { mayBeConflictName, repairName } from './listing/names.ts';
import type { RecordAges } from './record-ages.ts';
import type { TrashAges } from './trash-ages.ts';
import type { TreeCache } from './tree-cache.ts';

export interface Tree {
  /** Whose drive it is. */
  readonly user: UserId;
  /** Where it begins: the root of the drive, or the entry that was granted. */
  readonly root: EntryId;
  /** Signs records: the owner or a grantee. */
  readonly signer: SigningKey;
  /** The grant that opened it; undefined for the owner. */
  readonly granted: Granted | undefined;
  /** Keys that only the owner has; undefined for a grantee. */
  readonly own: OwnSeals | undefined;
  /** Cut and seal the content that the holder of this tree uploads. */
  readonly contentKeys: ContentKeys;
  readonly catalog: CatalogAuthor;
  readonly network: ChunkNetwork;
  readonly cache: TreeCache;
  /** Shared by everybody who has this drive open on this device. */
  readonly locks: KeyedLock;
  readonly grants: GrantIndex;
  readonly quotas: Quotas;
  readonly trashAges: TrashAges;
  readonly recordAges: RecordAges;
  /** Reads pictures and films; undefined where nobody does. */
  readonly media: MediaMaker | undefined;
  /** What this device keeps for a user, sealed. */
  readonly files: SealedFiles;
  readonly clock: Clock;
  readonly random: Random;
  readonly tunables: Tunables;
  readonly log: Log;
}

export interface OwnSeals {
  /** Wraps the key of the drive's root. */
  wrapTop(key: Uint8Array): Sealed;
  /** Seals the notes of grants. */
  readonly notesKey: Uint8Array;
  /** Seals albums. */
  readonly albumsKey: Uint8Array;
  /** Name and key of the file that keeps the index for search. */
  readonly index: { readonly name: string; readonly key: Uint8Array };
}

/** An entry of this user, opened. */
export interface Entry {
  readonly id: EntryId;
  readonly record: Live<EntryBody>;
  readonly body: EntryBody;
  /** The present key: seals whatever is new. */
  readonly key: Uint8Array;
  /** All keys that may open what is there, the present one first. */
  readonly keys: readonly Uint8Array[];
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
 * Finds an entry that the holder of this tree may see. The owner may look into the trash. For a grantee, an
 * entry in the trash, or in a folder that is, does not exist.
 * @throws `not-found` when there is none, or it is another user's; `not-ready` for the root of a
 * drive whose records are still on the way to this device
 */
export function requireEntry(tree: Tree, id: EntryId): Entry {
  const entry = openEntry(tree, id);
  if (tree.granted && trashedAt(tree, entry) !== null) throw notFound();
  return entry;
}

/**
 * Finds an entry in the trash too: for key rotation and for the trash itself. A caller must show nothing of it
 * to a grantee without the right to edit.
 * @throws as `requireEntry`
 */
export function openEntry(tree: Tree, id: EntryId): Entry {
  const record = tree.catalog.get('entry', id);
  if (!isLive(record) || record.body.owner !== tree.user) {
    if (id !== tree.root || tree.granted) throw notFound();
    throw new PeerstorError('not-ready', 'Your drive is still on its way to this device; try again soon.', {
      details: { retryAfterS: 5 },
    });
  }
  if (tree.granted && !isWithin(tree, id, tree.root)) throw notFound();
  const { present: key, all: keys } = tree.cache.keys.keysOf(id);
  const parent = id === tree.root ? null : (tree.catalog.placeOf(id)?.parent ?? null);
  return { id, record, body: record.body, key, keys, parent };
}

/** The conflict view under an id, or undefined when the id is none (or is settled by now). */
export async function findConflict(tree: Tree, id: EntryId): Promise<Conflict | undefined> {
  const record = tree.catalog.get('version', id);
  if (!isLive(record) || record.body.owner !== tree.user) return undefined;
  const file = requireEntry(tree, record.body.entry);
  const { conflicts } = await tree.cache.heads.of(file.id, file.keys);
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
  const what = tree.granted
    ? 'What was shared with you can be changed inside, not moved, renamed or'
    : 'The top folder of a drive cannot be';
  throw new PeerstorError('forbidden', tree.granted ? `${what} deleted.` : `${what} changed.`);
}

/** When it (or the nearest folder around it that was) went to the trash; null outside the trash. */
export function trashedAt(tree: Tree, entry: Entry): number | null {
  return trashedAtOf(tree, entry.id, entry.body);
}

/** The same, for a caller who cannot open the entry. */
export function trashedAtOf(tree: Tree, id: EntryId, body: EntryBody): number | null {
  if (body.trashedAt !== null) return body.trashedAt;
  for (const around of ancestors(tree, id)) if (around.trashedAt !== null) return around.trashedAt;
  return null;
}

/** Bodies of the folders around an entry, from its parent to the root. */
export function* ancestors(tree: Pick<Tree, 'catalog'>, id: EntryId): Iterable<EntryBody & { id: EntryId }> {
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

/** Levels of folders in a branch, its top one included; what is more than a path can say is not counted. */
export async function heightOf(tree: Tree, top: EntryId): Promise<number> {
  let level: EntryId[] = [top];
  let height = 0;
  for (; level.length > 0 && height <= folderDepthMax; height += 1) {
    const next: EntryId[] = [];
    for (const folder of level) {
      for await (const { id, body } of tree.catalog.children(folder)) {
        if (body?.kind === 'folder') next.push(entryId(id));
      }
    }
    level = next;
  }
  return height;
}

/** The name that an entry shows in its folder; in the trash the one that it was given. */
export async function nameOf(tree: Tree, entry: Entry): Promise<string> {
  if (entry.id === tree.root) return tree.granted ? grantedName(tree, entry) : '';
  if (entry.body.trashedAt === null && entry.parent !== null) {
    const { names } = await tree.cache.listings.of(entry.parent);
    const shown = names.nameOf(entry.id);
    if (shown !== undefined) return shown;
  }
  return givenName(entry);
}

/** The name of a granted entry as grantees see it; a whole drive is named after its owner. */
export function grantedName(tree: Tree, entry: Entry): string {
  if (entry.body.parent !== null) return givenName(entry);
  return tree.catalog.get('user', tree.user)?.body?.username ?? '';
}

/** The name as its owner gave it, made fit to show. */
export function givenName(entry: Entry): string {
  return repairName(openWithAny(entry.keys, (key) => openName(key, entry.body.name)));
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

/**
 * @param from folder in which the path begins; the root by default
 * @returns the id at a path of names
 * @throws `not-found`; `gone` when `from` is in the trash
 */
export async function resolvePath(
  tree: Tree,
  names: readonly string[],
  from: EntryId = tree.root,
): Promise<EntryId> {
  const top = requireEntry(tree, from);
  requireOutsideTrash(tree, top);
  let at = top.id;
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

/**
 * Writes records in one durable batch, signed by the holder of this tree, with the proof of the grant where
 * there is one. The caches are current when it resolves.
 */
export async function author(tree: Tree, drafts: readonly Draft[]): Promise<CatalogRecord[]> {
  const shown = tree.granted ? withVia(tree.granted, drafts) : drafts;
  tree.quotas.records.requireRoom(tree.user, shown);
  const records = await tree.catalog.author(shown, tree.signer);
  tree.quotas.records.written(tree.user, records);
  tree.cache.catchUp(records);
  return records;
}

export function newEntryId(tree: Tree): EntryId {
  return entryId(newId(tree));
}

export function newVersionId(tree: Tree): VersionId {
  return versionId(newId(tree));
}

/** 16 random bytes; of a grantee an id that follows from them and their key. */
function newId({ random, granted, signer }: Tree): string {
  const chance = random.bytes(16);
  return granted ? granted.newId(signer.principal, chance) : toHex(chance);
}

export function newEntryKey(tree: Tree): Uint8Array {
  return tree.random.bytes(32);
}

export function notFound(): PeerstorError {
  return new PeerstorError('not-found', 'There is no such file or folder.');
}
