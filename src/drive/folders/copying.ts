/**
 * Copies files and folders, also from one drive into another (`from`, `to`). Source and copy share the
 * chunks: only the manifest is sealed again, under the key of the new file. History and trash are not copied.
 */
import type { EntryView } from '../../model/api.ts';
import type { Draft } from '../../model/contracts/catalog.ts';
import type { ChunkUpload } from '../../model/contracts/replication.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { EntryId } from '../../model/ids.ts';
import { resealManifest } from '../content/reseal.ts';
import { sealName } from '../keys/sealed-parts.ts';
import { rotate, runRotating } from '../sharing/access/key-rotation.ts';
import { changedEntry, factsDraft, type NewEntry, newEntry, versionDraft } from '../tree/entry-drafts.ts';
import { conflictNameOf, factsOf, markRights, marksOf, propertiesOf, viewOf } from '../tree/entry-view.ts';
import type { OpenVersion } from '../tree/listing/heads.ts';
import { checkName, freeName } from '../tree/listing/names.ts';
import { type CopiedMedia, copiedMedia, mediaDrafts } from '../tree/media-copies.ts';
import { photoEditsIn } from '../tree/photo-edits.ts';
import {
  author,
  type Conflict,
  checkDepth,
  type Entry,
  isConflict,
  isWithin,
  nameOf,
  newEntryKey,
  openEntry,
  requireEntry,
  requireEntryOrConflict,
  requireFolder,
  requireFreeName,
  requireNotRoot,
  type Tree,
} from '../tree/tree.ts';
import type { Reservation } from '../users/quota/quotas.ts';
import { underKey } from '../versions/conflicts.ts';

/** Records in one batch while a whole branch is copied. */
const draftsPerBatch = 300;

/** Where a copy goes; without a name it takes the source's, numbered if that is taken. */
interface Target {
  folder: Entry;
  name: string | undefined;
}

/** Where a copy is read, and where it is written: most often the same. */
export interface Trees {
  from: Tree;
  to: Tree;
}

interface Copying extends Trees {
  reservation: Reservation;
}

/** @throws `name-taken` (only for a name that was given), `would-make-a-cycle`, `bad-name` */
export async function copy(
  { from, to }: Trees,
  id: EntryId,
  parent: EntryId,
  name?: string,
): Promise<EntryView> {
  if (name !== undefined) checkName(name);
  const source = await requireEntryOrConflict(from, id);
  if (!isConflict(source) && !from.granted) requireNotRoot(from, source);
  await rotate(to, parent);
  const target: Target = { folder: requireFolder(to, parent), name };
  // Checked before any work is done, and again under the lock.
  if (name !== undefined) await requireFreeName(to, parent, name);
  const upload = to.network.beginUpload();
  const reservation = await to.quotas.reserve(to.user, 0);
  try {
    const folder = !isConflict(source) && source.body.kind === 'folder';
    const copied = folder
      ? await copyFolder({ from, to, reservation }, source, target, upload)
      : await copyFile({ from, to, reservation }, source, target, upload);
    return await viewOf(to, requireEntry(to, copied));
  } finally {
    reservation.release();
    upload.close();
  }
}

async function copyFile(
  copying: Copying,
  source: Entry | Conflict,
  target: Target,
  upload: ChunkUpload,
): Promise<EntryId> {
  const { from, to, reservation } = copying;
  const key = newEntryKey(to);
  const shown = isConflict(source) ? await conflictNameOf(from, source) : await nameOf(from, source);
  const copied = isConflict(source)
    ? { version: source.version, manifest: await underKey(from, source, key, upload) }
    : await copiedContent(copying, source, key, upload);
  reservation.grow((copied?.version.size ?? 0) + (copied?.media?.sealedBytes ?? 0));
  await upload.settle('safe', to.tunables.safeWaitMs);
  return runRotating(to, [target.folder.id], [target.folder.id], async () => {
    const folder = requireFolder(to, target.folder.id);
    const name = await targetName(to, target, shown, 'file');
    const entry = newEntry(to, folder, 'file', name, { key });
    await author(to, fileDrafts(copying, source, entry, copied));
    return entry.id;
  });
}

interface CopiedContent {
  version: OpenVersion;
  manifest: OpenVersion['manifest'];
  media?: CopiedMedia | undefined;
}

/** The current content under the copy's key, or undefined for a file whose content is gone. */
async function copiedContent(
  { from: tree, to }: Trees,
  file: Entry,
  toKey: Uint8Array,
  upload: ChunkUpload,
): Promise<CopiedContent | undefined> {
  const { winner: version } = await tree.cache.heads.of(file.id, file.keys);
  if (!version) return undefined;
  const seals = { manifest: version.manifest, fromKeys: file.keys, toKey, network: tree.network, upload };
  const source = { tree, version: version.id, keys: file.keys };
  const media = to.own && (await copiedMedia(source, { key: toKey, upload }));
  return { version, manifest: await resealManifest(seals), media };
}

/** The version first: see `uploads.ts`. */
function fileDrafts(
  { from, to }: Trees,
  source: Entry | Conflict,
  entry: NewEntry,
  copied: CopiedContent | undefined,
): Draft[] {
  const drafts: Draft[] = [];
  if (copied) {
    const { draft } = versionDraft(to, entry, { ...copied.version, manifest: copied.manifest }, []);
    drafts.push(draft, ...mediaDrafts(to, entry.id, draft.id, copied.media));
  }
  drafts.push(entry.draft);
  if (!isConflict(source)) drafts.push(...copiedTags({ from, to }, source, entry));
  return drafts;
}

/** Copies tags, properties and what was said of a picture, as far as the asker may see them; a star stays with the original. */
function copiedTags({ from, to }: Trees, source: Entry, entry: NewEntry): Draft[] {
  const { tags } = marksOf(from, source);
  const properties = propertiesOf(from, source);
  const edits = markRights(from).mayTag ? photoEditsIn(factsOf(from, source)) : {};
  const isEdited = Object.keys(edits).length > 0;
  if (tags.length === 0 && Object.keys(properties).length === 0 && !isEdited) return [];
  const facts = { tags, starred: false, properties, ...(isEdited && { photo: edits }) };
  return [factsDraft(to, entry.id, entry.key, facts)];
}

/**
 * Parents before children. A copy of more than one batch lies in the trash until it is whole, so
 * that half of one is never taken for the whole, and what breaks off goes away with the trash.
 */
async function copyFolder(
  copying: Copying,
  source: Entry,
  target: Target,
  upload: ChunkUpload,
): Promise<EntryId> {
  const { from, to } = copying;
  if (isWithin(to, target.folder.id, source.id)) {
    throw new PeerstorError('would-make-a-cycle', 'A folder cannot be copied into itself.');
  }
  const shown = await nameOf(from, source);
  const hidden = { trashedAt: to.clock.wallMs() };
  const top = newEntry(to, target.folder, 'folder', target.name ?? shown, hidden);
  let batch: Draft[] = [top.draft, ...copiedTags(copying, source, top)];
  let isHidden = false;
  for await (const drafts of copiedBranch(copying, source, top, target.folder.id, upload)) {
    for (const draft of drafts) batch.push(draft);
    if (batch.length < draftsPerBatch) continue;
    await author(to, batch);
    isHidden = true;
    batch = [];
  }
  await upload.settle('safe', to.tunables.safeWaitMs);
  await runRotating(to, [target.folder.id], [target.folder.id, ...(isHidden ? [top.id] : [])], async () => {
    const folder = requireFolder(to, target.folder.id);
    const name = await targetName(to, target, shown, 'folder');
    if (isHidden) {
      // It lies in the trash until now.
      const copied = openEntry(to, top.id);
      batch.push(changedEntry(to, copied, { name: sealName(copied.key, name), trashedAt: null }));
    } else {
      batch[0] = newEntry(to, folder, 'folder', name, { key: top.key, id: top.id }).draft;
    }
    await author(to, batch);
  });
  return top.id;
}

/** Records of everything under a folder, level by level. */
async function* copiedBranch(
  copying: Copying,
  source: Entry,
  top: NewEntry,
  parent: EntryId,
  upload: ChunkUpload,
): AsyncGenerator<Draft[]> {
  const { from, to, reservation } = copying;
  let sizeBytes = 0;
  let level: { from: Entry; to: NewEntry }[] = [{ from: source, to: top }];
  for (let depth = 1; level.length > 0; depth += 1) {
    checkDepth(to, parent, depth);
    const next: typeof level = [];
    for (const folder of level) {
      const { rows, names } = await from.cache.listings.of(folder.from.id);
      for (const { id, kind } of [...rows.values()]) {
        const child = requireEntry(from, id);
        const copied = newEntry(to, folder.to, kind, names.nameOf(id) ?? id);
        if (kind === 'folder') {
          next.push({ from: child, to: copied });
          yield [copied.draft, ...copiedTags(copying, child, copied)];
        } else {
          const content = await copiedContent(copying, child, copied.key, upload);
          sizeBytes += (content?.version.size ?? 0) + (content?.media?.sealedBytes ?? 0);
          reservation.grow(sizeBytes);
          yield fileDrafts(copying, child, copied, content);
        }
      }
    }
    level = next;
  }
}

/** Under the lock of the target folder. */
async function targetName(
  tree: Tree,
  { folder, name }: Target,
  shown: string,
  kind: 'file' | 'folder',
): Promise<string> {
  if (name !== undefined) {
    await requireFreeName(tree, folder.id, name);
    return name;
  }
  const { names } = await tree.cache.listings.of(folder.id);
  return freeName(shown, kind, (other) => names.find(other) !== undefined);
}
