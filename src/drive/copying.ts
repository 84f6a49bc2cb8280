/**
 * Copying files and folders. The chunks are shared: only the manifest is sealed again, under the key
 * of the new file. History and what lies in the trash stay behind.
 */
import type { EntryView } from '../model/api.ts';
import type { Draft } from '../model/contracts/catalog.ts';
import type { ChunkUpload } from '../model/contracts/replication.ts';
import { PeerstorError } from '../model/errors.ts';
import type { EntryId } from '../model/ids.ts';
import { underKey } from './conflicts.ts';
import { changedEntry, factsDraft, type NewEntry, newEntry, versionDraft } from './entry-drafts.ts';
import { conflictNameOf, factsOf, viewOf } from './entry-view.ts';
import type { OpenVersion } from './heads.ts';
import { checkName, freeName } from './names.ts';
import { resealManifest } from './reseal.ts';
import { sealName } from './sealed-parts.ts';
import {
  author,
  type Conflict,
  checkDepth,
  type Entry,
  isConflict,
  isWithin,
  nameOf,
  newEntryKey,
  requireEntry,
  requireEntryOrConflict,
  requireFolder,
  requireFreeName,
  requireNotRoot,
  type Tree,
} from './tree.ts';

/** Records in one batch while a whole branch is copied. */
const draftsPerBatch = 300;

/** Where a copy goes; without a name it takes the source's, numbered if that is taken. */
interface Target {
  folder: Entry;
  name: string | undefined;
}

/** @throws `name-taken` (only for a name that was given), `would-make-a-cycle`, `bad-name` */
export async function copy(tree: Tree, id: EntryId, parent: EntryId, name?: string): Promise<EntryView> {
  if (name !== undefined) checkName(name);
  const source = await requireEntryOrConflict(tree, id);
  if (!isConflict(source)) requireNotRoot(tree, source);
  const target: Target = { folder: requireFolder(tree, parent), name };
  // Known before any work is done; asked again under the lock.
  if (name !== undefined) await requireFreeName(tree, parent, name);
  const upload = tree.network.beginUpload();
  try {
    const folder = !isConflict(source) && source.body.kind === 'folder';
    const copied = folder
      ? await copyFolder(tree, source, target, upload)
      : await copyFile(tree, source, target, upload);
    return await viewOf(tree, requireEntry(tree, copied));
  } finally {
    upload.close();
  }
}

async function copyFile(
  tree: Tree,
  source: Entry | Conflict,
  target: Target,
  upload: ChunkUpload,
): Promise<EntryId> {
  const key = newEntryKey(tree);
  const shown = isConflict(source) ? await conflictNameOf(tree, source) : await nameOf(tree, source);
  const copied = isConflict(source)
    ? { version: source.version, manifest: await underKey(tree, source, key, upload) }
    : await copiedContent(tree, source, key, upload);
  await upload.settle('safe', tree.tunables.safeWaitMs);
  return tree.locks.run([target.folder.id], async () => {
    const folder = requireFolder(tree, target.folder.id);
    const name = await targetName(tree, target, shown, 'file');
    const entry = newEntry(tree, folder, 'file', name, { key });
    await author(tree, fileDrafts(tree, source, entry, copied));
    return entry.id;
  });
}

interface CopiedContent {
  version: OpenVersion;
  manifest: OpenVersion['manifest'];
}

/** The current content under the copy's key, or undefined for a file whose content is gone. */
async function copiedContent(
  tree: Tree,
  file: Entry,
  toKey: Uint8Array,
  upload: ChunkUpload,
): Promise<CopiedContent | undefined> {
  const { winner: version } = await tree.cache.heads.of(file.id, file.key);
  if (!version) return undefined;
  const seals = { manifest: version.manifest, fromKey: file.key, toKey, network: tree.network, upload };
  return { version, manifest: await resealManifest(seals) };
}

/** The version first: see `uploads.ts`. */
function fileDrafts(
  tree: Tree,
  source: Entry | Conflict,
  entry: NewEntry,
  copied: CopiedContent | undefined,
): Draft[] {
  const drafts: Draft[] = [];
  if (copied) {
    drafts.push(versionDraft(tree, entry, { ...copied.version, manifest: copied.manifest }, []).draft);
  }
  drafts.push(entry.draft);
  if (!isConflict(source)) drafts.push(...copiedTags(tree, source, entry));
  return drafts;
}

/** Tags go along; a star says "this one". */
function copiedTags(tree: Tree, source: Entry, entry: NewEntry): Draft[] {
  const { tags } = factsOf(tree, source);
  return tags.length === 0 ? [] : [factsDraft(tree, entry.id, entry.key, { tags, starred: false })];
}

/**
 * Parents before children. A copy of more than one batch lies in the trash until it is whole, so
 * that half of one is never taken for the whole, and what breaks off goes away with the trash.
 */
async function copyFolder(tree: Tree, source: Entry, target: Target, upload: ChunkUpload): Promise<EntryId> {
  if (isWithin(tree, target.folder.id, source.id)) {
    throw new PeerstorError('would-make-a-cycle', 'A folder cannot be copied into itself.');
  }
  const shown = await nameOf(tree, source);
  const hidden = { trashedAt: tree.clock.wallMs() };
  const top = newEntry(tree, target.folder, 'folder', target.name ?? shown, hidden);
  let batch: Draft[] = [top.draft, ...copiedTags(tree, source, top)];
  let isHidden = false;
  for await (const drafts of copiedBranch(tree, source, top, target.folder.id, upload)) {
    batch.push(...drafts);
    if (batch.length < draftsPerBatch) continue;
    await author(tree, batch);
    isHidden = true;
    batch = [];
  }
  await upload.settle('safe', tree.tunables.safeWaitMs);
  await tree.locks.run([target.folder.id], async () => {
    const folder = requireFolder(tree, target.folder.id);
    const name = await targetName(tree, target, shown, 'folder');
    const shownNow = { name: sealName(top.key, name), trashedAt: null };
    if (isHidden) batch.push(changedEntry(requireEntry(tree, top.id), shownNow));
    else batch[0] = newEntry(tree, folder, 'folder', name, { key: top.key, id: top.id }).draft;
    await author(tree, batch);
  });
  return top.id;
}

/** Records of everything under a folder, level by level. */
async function* copiedBranch(
  tree: Tree,
  source: Entry,
  top: NewEntry,
  parent: EntryId,
  upload: ChunkUpload,
): AsyncGenerator<Draft[]> {
  let level: { from: Entry; to: NewEntry }[] = [{ from: source, to: top }];
  for (let depth = 1; level.length > 0; depth += 1) {
    checkDepth(tree, parent, depth);
    const next: typeof level = [];
    for (const { from, to } of level) {
      const { rows, names } = await tree.cache.listings.of(from.id);
      for (const { id, kind } of [...rows.values()]) {
        const child = requireEntry(tree, id);
        const copied = newEntry(tree, to, kind, names.nameOf(id) ?? id);
        if (kind === 'folder') {
          next.push({ from: child, to: copied });
          yield [copied.draft, ...copiedTags(tree, child, copied)];
        } else {
          const content = await copiedContent(tree, child, copied.key, upload);
          yield fileDrafts(tree, child, copied, content);
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
