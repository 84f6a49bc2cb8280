/**
 * Uploads. The order keeps I1: chunks and manifest are durable here, other devices have copies, then the
 * records are written, then the answer is sent. An upload that fails before its records lists nothing; garbage
 * collection deletes its unreferenced chunks.
 */
import { isDeepStrictEqual } from 'node:util';
import type { LockKey } from '../../concurrency/index.ts';
import { equalBytes } from '../../crypto/index.ts';
import type { SafetyView } from '../../model/api.ts';
import type { UploadOptions, UploadOutcome, UploadSource } from '../../model/contracts/drive.ts';
import type { ChunkUpload } from '../../model/contracts/replication.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { EntryId, UserId } from '../../model/ids.ts';
import { writeContent } from '../content/index.ts';
import { resealManifest } from '../content/reseal.ts';
import { isLive } from '../keys/live.ts';
import { isDate } from '../keys/sealed-parts.ts';
import { rotate, runRotating } from '../sharing/access/key-rotation.ts';
import { type Content, newEntry, versionDraft } from '../tree/entry-drafts.ts';
import { conflictNameOf, viewOf } from '../tree/entry-view.ts';
import { headsLike, type OpenVersion } from '../tree/listing/heads.ts';
import { checkName, foldName, freeName, mayBeConflictName } from '../tree/listing/names.ts';
import { noteContent } from '../tree/media-candidates.ts';
import { currentVersion, requireMatch } from '../tree/preconditions.ts';
import {
  author,
  type Conflict,
  type Entry,
  findConflict,
  isConflict,
  lookUp,
  newEntryKey,
  notFound,
  requireEntry,
  requireEntryOrConflict,
  requireFolder,
  requireOutsideTrash,
  type Tree,
} from '../tree/tree.ts';
import { type Reservation, within } from '../users/quota/quotas.ts';
import { adoptionDrafts, underKey } from '../versions/conflicts.ts';
import { versionNamesOf } from '../versions/naming.ts';
import { tombstoneOf } from '../versions/removing.ts';
import { listedSafety } from './listed-safety.ts';

export const defaultMime = 'application/octet-stream';
const mimeLengthMax = 255;
/** type/subtype and parameters of RFC 9110 section 8.3.1, loosely: it is kept, never interpreted here. */
const mimeShape = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?$/;

/** What an upload was asked to become: whatever has a name in a folder, or one file wherever it is. */
type Target =
  | { parent: EntryId; name: string; options: UploadOptions }
  | { file: EntryId; options: UploadOptions };

/** Content that is stored, not listed yet. */
interface Stored {
  /** What its manifest is sealed under: the key of `madeFor`, or a fresh one for a new file. */
  key: Uint8Array;
  madeFor: EntryId | undefined;
  content: Content;
  safety: SafetyView;
}

/** Stored content whose records are about to be written. */
interface Ready extends Stored {
  /** It is not what the file has already. @throws `quota-exceeded` */
  requireNew(): void;
}

interface Written {
  id: EntryId;
  created: boolean;
  /** Another upload took the name meanwhile, and the caller asked to skip. */
  skipped?: boolean;
}

/**
 * @param content is read to its end; not at all where `onConflict: 'skip'` found the name taken
 * @throws `bad-name`, `name-taken` (a folder has the name), `precondition-failed`, `not-found` or
 * `gone` for the parent, `aborted`, and what storing throws: `disk-full`, `quota-exceeded`, …
 */
export async function upload(
  tree: Tree,
  parent: EntryId,
  name: string,
  content: UploadSource,
  options: UploadOptions,
): Promise<UploadOutcome> {
  checkName(name);
  checkOptions(options);
  return run(tree, { parent, name, options }, content);
}

/** The same for one file, which keeps its place and its name. @throws also `not-found` for a folder */
export async function uploadTo(
  tree: Tree,
  id: EntryId,
  content: UploadSource,
  options: Omit<UploadOptions, 'onConflict'>,
): Promise<UploadOutcome> {
  const found = await requireEntryOrConflict(tree, id);
  // A version that lost a concurrent edit becomes a file of its own, beside the winner.
  if (isConflict(found) && found.file.parent !== null) {
    return upload(tree, found.file.parent, await conflictNameOf(tree, found), content, options);
  }
  checkOptions(options);
  return run(tree, { file: isConflict(found) ? found.file.id : id, options }, content);
}

/** Whose room it takes to upload into a folder, or a new version of a file. @throws as `upload` and `uploadTo` */
export async function ownerForUploads(tree: Tree, place: EntryId): Promise<UserId> {
  const found = await requireEntryOrConflict(tree, place);
  if (isConflict(found)) return tree.user;
  if (found.body.kind === 'folder') requireFolder(tree, place);
  else requireOutsideTrash(tree, found);
  return tree.user;
}

async function run(tree: Tree, target: Target, content: UploadSource): Promise<UploadOutcome> {
  const { options } = target;
  const { signal } = options;
  const session = tree.network.beginUpload();
  let reservation: Reservation | undefined;
  try {
    // Everybody who has this drive open takes the same lock, even a grantee who cannot see the folder.
    const place = placeOf(tree, target);
    const there = await findTarget(tree, target);
    if (there && options.onConflict === 'skip') return { entry: await viewOf(tree, there), created: false };
    const file = there && fileOf(there);
    const sameBytes = file ? await sizeOf(tree, file) : 0;
    reservation = await tree.quotas.reserve(tree.user, options.sizeHint ?? 0, sameBytes);
    const watched = reservation.watch(session);
    const sealedIn = [...('file' in target ? [] : [target.parent]), ...(file ? [file.id] : [])];
    // Before the bytes come, so that they are rarely sealed again under a newer key.
    for (const id of sealedIn) await rotate(tree, id);
    const stored = await store(tree, watched, within(reservation, content), there, target);
    const work = (requireFresh: (id: EntryId) => void) =>
      commit(tree, watched, target, { ...stored, requireNew: () => reservation?.requireNew() }, requireFresh);
    const { id, created, skipped } = await runRotating(tree, locksOf(target, place), sealedIn, work, signal);
    if (!skipped) reservation.listed();
    const known = skipped ? {} : { safety: await listedSafety(tree, stored.safety, options) };
    return { entry: await viewOf(tree, await requireEntryOrConflict(tree, id), known), created };
  } catch (cause) {
    if (!signal?.aborted) throw cause;
    throw new PeerstorError('aborted', 'The upload was cancelled; nothing of it is listed.', { cause });
  } finally {
    reservation?.release();
    session.close();
  }
}

/** The folder whose names and files an upload may change. @throws as `requireFolder` */
function placeOf(tree: Tree, target: Target): EntryId {
  if ('file' in target) return tree.catalog.placeOf(target.file)?.parent ?? target.file;
  return requireFolder(tree, target.parent).id;
}

/**
 * Uploads of different names into one folder hold its lock together, so that their records share one sync of
 * the disk; what changes the folder otherwise waits for them. A name that may become another one, or belong to a
 * conflicting version, needs the folder alone.
 */
function locksOf(target: Target, place: EntryId): LockKey[] {
  if ('file' in target || target.options.onConflict === 'rename' || mayBeConflictName(target.name)) {
    return [place];
  }
  return [{ shared: place }, `${place} ${foldName(target.name)}`];
}

async function store(
  tree: Tree,
  session: ChunkUpload,
  source: ReturnType<typeof within>,
  there: Entry | Conflict | undefined,
  target: Target,
): Promise<Stored> {
  const { options } = target;
  const { signal, copies = 'safe', waitMs = tree.tunables.safeWaitMs } = options;
  // Read again: rotation may have given the file a new key, or somebody may have deleted it.
  const stays = there && !isConflict(there) && isLive(tree.catalog.get('entry', there.id));
  const file = stays ? requireEntry(tree, there.id) : undefined;
  const key = file?.key ?? newEntryKey(tree);
  const { manifest, size, contentDigest, sealedBytes, head } = await writeContent({
    ...source,
    keys: tree.contentKeys,
    entryKey: key,
    upload: session,
    ...(signal && { signal }),
    ...(options.onChunk && { onChunk: options.onChunk }),
  });
  const safety = await session.settle(copies, waitMs, signal);
  const mime = options.mime ?? defaultMime;
  if ('name' in target) noteContent(manifest, target.name, mime, head);
  const modifiedAt = options.modifiedAtMs ?? tree.clock.wallMs();
  const mark = options.executable === undefined ? {} : { executable: options.executable };
  const attributes = options.attributes?.() ?? {};
  const facts = { mime, modifiedAt, attributes, ...mark };
  const content: Content = { manifest, size, contentDigest, sealedBytes, ...facts };
  return { key, madeFor: file?.id, content, safety };
}

/** Writes the records, under the lock of the folder: what is there may have changed while bytes came. */
async function commit(
  tree: Tree,
  session: ChunkUpload,
  target: Target,
  stored: Ready,
  requireFresh: (id: EntryId) => void,
): Promise<Written> {
  const { signal, onConflict } = target.options;
  const place = placeOf(tree, target);
  const there = await findTarget(tree, target);
  if (there) requireFresh(fileOf(there).id);
  if (there && onConflict === 'skip') return { id: there.id, created: false, skipped: true };
  if (there && !isConflict(there)) return newVersion(tree, session, there, stored, target.options);
  if ('file' in target) throw notFound();
  const folder = requireFolder(tree, place);
  return newFile(tree, session, { folder, view: there, name: target.name }, stored, signal);
}

/** The file itself, as it is now. @throws `not-found`, `gone`, `precondition-failed` */
async function findFile(tree: Tree, id: EntryId, { ifMatch }: UploadOptions): Promise<Entry> {
  const file = requireEntry(tree, id);
  if (file.body.kind !== 'file') throw new PeerstorError('not-found', 'This is a folder, not a file.');
  requireOutsideTrash(tree, file);
  if (ifMatch !== undefined) requireMatch(ifMatch, await currentVersion(tree, file));
  return file;
}

/** The file that this becomes a version of, or undefined when it becomes a new one. */
async function findTarget(tree: Tree, target: Target): Promise<Entry | Conflict | undefined> {
  if ('file' in target) return findFile(tree, target.file, target.options);
  const { parent, name, options } = target;
  const there = (await lookUp(tree, parent, name)) ?? (await conflictNamed(tree, parent, name));
  if (there && options.onConflict === 'rename') return undefined;
  if (there && !isConflict(there) && there.body.kind === 'folder') {
    throw new PeerstorError('name-taken', `There is a folder with this name already: "${name}".`);
  }
  if (options.ifMatch !== undefined) {
    requireMatch(options.ifMatch, there && (await currentVersion(tree, there)));
  }
  return there;
}

/** The file itself, or the one that a conflicting version belongs to. */
function fileOf(there: Entry | Conflict): Entry {
  return isConflict(there) ? there.file : there;
}

/** The view of a conflicting version with this name. */
async function conflictNamed(tree: Tree, folder: EntryId, name: string): Promise<Conflict | undefined> {
  if (!mayBeConflictName(name)) return undefined;
  const { names, conflicts } = await tree.cache.listings.withConflicts(folder);
  const id = names.find(name);
  return id !== undefined && conflicts.has(id) ? findConflict(tree, id) : undefined;
}

async function newVersion(
  tree: Tree,
  session: ChunkUpload,
  there: Entry,
  stored: Ready,
  options: UploadOptions,
): Promise<Written> {
  const { signal } = options;
  const heads = await tree.cache.heads.of(there.id, there.keys);
  const { winner } = heads;
  const isSame = winner !== undefined && sameAs(winner, stored.content);
  if (isSame && !changesFacts(winner, stored.content, options)) return { id: there.id, created: false };
  if (!isSame) stored.requireNew();
  // Only what the winner shows is replaced: a conflicting version stays until somebody decided.
  const replaces = winner ? headsLike(heads, winner) : [];
  const sealed =
    stored.madeFor === there.id && equalBytes(stored.key, there.key)
      ? stored.content
      : await resealed(tree, session, stored, there.key, signal);
  // Whoever does not say whether the file may be run leaves that as it is.
  const content = { ...sealed, executable: options.executable ?? winner?.executable ?? false };
  const entry = { id: there.id, key: there.key, keyVersion: there.body.keyVersion };
  signal?.throwIfAborted();
  // The same bytes with another date or type: the version that says the old ones need not be kept.
  const names = versionNamesOf(tree, there);
  const isKept = !names || replaces.some((id) => names[id] !== undefined);
  const gone = isSame && !isKept && !tree.granted ? replaces.map(tombstoneOf) : [];
  await author(tree, [versionDraft(tree, entry, content, replaces).draft, ...gone]);
  return { id: there.id, created: false };
}

async function sizeOf(tree: Tree, file: Entry): Promise<number> {
  const { winner } = await tree.cache.heads.of(file.id, file.keys);
  return winner?.size ?? 0;
}

function sameAs(version: OpenVersion, content: Content): boolean {
  return version.size === content.size && equalBytes(version.contentDigest, content.contentDigest);
}

/** Does an upload of the same bytes say another type, date or mark than the file has? What it does not say stays. */
function changesFacts(
  version: OpenVersion,
  { attributes }: Content,
  { mime, modifiedAtMs, executable, attributes: given }: UploadOptions,
): boolean {
  if (given && !isDeepStrictEqual(attributes ?? {}, version.attributes ?? {})) return true;
  const isOtherType = mime !== undefined && mime !== version.mime;
  const isOtherMark = executable !== undefined && executable !== (version.executable ?? false);
  return isOtherType || isOtherMark || (modifiedAtMs !== undefined && modifiedAtMs !== version.modifiedAt);
}

/** @param place.view of a conflicting version, which becomes this file's first version */
async function newFile(
  tree: Tree,
  session: ChunkUpload,
  { folder, view, name }: { folder: Entry; view: Conflict | undefined; name: string },
  stored: Ready,
  signal: AbortSignal | undefined,
): Promise<Written> {
  stored.requireNew();
  const { names } = await tree.cache.listings.of(folder.id);
  const free = view ? name : freeName(name, 'file', (other) => names.find(other) !== undefined);
  // A key belongs to one entry: what was sealed for another one, gone from here by now, gets a new key.
  const fresh = stored.madeFor === undefined;
  const key = fresh ? stored.key : newEntryKey(tree);
  const content = fresh ? stored.content : await resealed(tree, session, stored, key, signal);
  const entry = newEntry(tree, folder, 'file', free, { key });
  const adopted = view && { manifest: await underKey(tree, view, key, session, signal), view };
  const before = adopted && (await adoptionDrafts(tree, adopted.view, entry, adopted.manifest));
  const version = versionDraft(tree, entry, content, before ? [before.version] : []);
  signal?.throwIfAborted();
  // The entry last: a device that has got only a part of the batch never lists a file without content.
  await author(tree, [...(before?.drafts ?? []), version.draft, entry.draft]);
  return { id: entry.id, created: true };
}

/** The stored content under another key, because its place changed hands while the bytes came. */
async function resealed(
  tree: Tree,
  upload: ChunkUpload,
  { content, key }: Stored,
  toKey: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Content> {
  const { manifest } = content;
  const seals = { manifest, fromKeys: [key], toKey, network: tree.network, upload, signal };
  return { ...content, manifest: await resealManifest(seals) };
}

/** @throws `bad-input` */
export function checkOptions({ mime, modifiedAtMs, sizeHint, waitMs }: UploadOptions): void {
  const refuse = (sentence: string) => new PeerstorError('bad-input', sentence);
  if (mime !== undefined && (mime.length > mimeLengthMax || !mimeShape.test(mime))) {
    throw refuse(`This is not a media type: "${mime.slice(0, 80)}".`);
  }
  if (modifiedAtMs !== undefined && !isDate(modifiedAtMs)) throw refuse('This is not a date.');
  if (sizeHint !== undefined && !(Number.isSafeInteger(sizeHint) && sizeHint >= 0)) {
    throw refuse('A size is a whole number of bytes.');
  }
  if (waitMs !== undefined && !(waitMs >= 0)) throw refuse('A wait is a number of milliseconds.');
}
