/**
 * Versions of concurrent edits, which show as files of their own beside the one that won. A view can
 * be read and copied as it is. Deleting it settles the conflict: the losing version stays in the
 * file's history. Changing it makes it a real file first, and settles the conflict in the same batch.
 */
import type { Draft } from '../../model/contracts/catalog.ts';
import type { ChunkUpload } from '../../model/contracts/replication.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { ChunkId, EntryId, VersionId } from '../../model/ids.ts';
import type { EntryFacts } from '../../model/records.ts';
import { resealManifest } from '../content/reseal.ts';
import { runRotating } from '../sharing/access/key-rotation.ts';
import { factsDraft, newEntry, versionDraft } from '../tree/entry-drafts.ts';
import { headsLike } from '../tree/listing/heads.ts';
import {
  author,
  type Conflict,
  type Entry,
  findConflict,
  newEntryKey,
  notFound,
  requireFolder,
  requireFreeName,
  type Tree,
} from '../tree/tree.ts';

/** A copy of the winning version that replaces the losing one too. */
async function settlingDraft(tree: Tree, { version, file }: Conflict): Promise<Draft<'version'>> {
  const heads = await tree.cache.heads.of(file.id, file.keys);
  if (!heads.winner) throw new PeerstorError('conflict', 'The file was changed meanwhile; look again.');
  const replaces = [...headsLike(heads, heads.winner), ...headsLike(heads, version)];
  return versionDraft(tree, entryOf(file), heads.winner, replaces).draft;
}

/** Settles a conflict in favor of the winner. The losing version stays in the history. */
export async function settleConflict(tree: Tree, conflict: Conflict): Promise<void> {
  await runRotating(tree, lockOf(conflict), [conflict.file.id], async () => {
    await author(tree, [await settlingDraft(tree, await again(tree, conflict))]);
  });
}

/** Settles a conflict and deletes the losing version for ever. */
export async function purgeConflict(tree: Tree, conflict: Conflict): Promise<void> {
  await runRotating(tree, lockOf(conflict), [conflict.file.id], async () => {
    const { file, version } = await again(tree, conflict);
    const heads = await tree.cache.heads.of(file.id, file.keys);
    const gone = headsLike(heads, version).map((id): Draft => ({ table: 'version', id, body: null }));
    await author(tree, [await settlingDraft(tree, { ...conflict, version, file }), ...gone]);
  });
}

/**
 * Makes the view a real file.
 * @returns its id, which is a new one
 * @throws `name-taken`
 */
export async function adoptConflict(
  tree: Tree,
  conflict: Conflict,
  target: { folder: Entry; name: string; facts?: EntryFacts },
): Promise<EntryId> {
  const { folder, name } = target;
  const upload = tree.network.beginUpload();
  try {
    const key = newEntryKey(tree);
    const manifest = await underKey(tree, conflict, key, upload);
    await upload.settle('safe', tree.tunables.safeWaitMs);
    const fresh = [folder.id, conflict.file.id];
    return await runRotating(tree, [folder.id, ...lockOf(conflict)], fresh, async () => {
      const current = await again(tree, conflict);
      await requireFreeName(tree, folder.id, name);
      const entry = newEntry(tree, requireFolder(tree, folder.id), 'file', name, { key });
      const facts = target.facts ? [factsDraft(tree, entry.id, key, target.facts)] : [];
      const { drafts } = await adoptionDrafts(tree, current, entry, manifest);
      await author(tree, [...drafts, entry.draft, ...facts]);
      return entry.id;
    });
  } finally {
    upload.close();
  }
}

/** The losing version's manifest under the key of the file that it becomes. */
export function underKey(
  tree: Tree,
  { version, file }: Conflict,
  toKey: Uint8Array,
  upload: ChunkUpload,
  signal?: AbortSignal,
): Promise<ChunkId> {
  const { manifest } = version;
  return resealManifest({ manifest, fromKeys: file.keys, toKey, network: tree.network, upload, signal });
}

/**
 * The losing version as the first one of the new file `entry`, and the conflict settled.
 * @param manifest from `underKey`
 */
export async function adoptionDrafts(
  tree: Tree,
  conflict: Conflict,
  entry: { id: EntryId; key: Uint8Array },
  manifest: ChunkId,
): Promise<{ version: VersionId; drafts: Draft[] }> {
  const { id, draft } = versionDraft(tree, entry, { ...conflict.version, manifest }, []);
  return { version: id, drafts: [draft, await settlingDraft(tree, conflict)] };
}

/** The conflict as it is now, under the lock. @throws `not-found` when it was settled meanwhile */
async function again(tree: Tree, { id }: Conflict): Promise<Conflict> {
  const conflict = await findConflict(tree, id);
  if (!conflict) throw notFound();
  return conflict;
}

/** Versions of a file are written under the lock of the folder that it is in. */
function lockOf({ file }: Conflict): string[] {
  return [file.parent ?? file.id];
}

function entryOf(file: Entry) {
  return { id: file.id, key: file.key, keyVersion: file.body.keyVersion };
}
