/** Removes old versions of a file for ever. Current versions stay, so that a file always has content. */
import type { Draft } from '../../model/contracts/catalog.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type EntryId, type VersionId, versionId } from '../../model/ids.ts';
import { isLive } from '../keys/live.ts';
import { runRotating } from '../sharing/access/key-rotation.ts';
import { author, type Entry, isConflict, notFound, requireEntryOrConflict, type Tree } from '../tree/tree.ts';

/**
 * @throws `not-found` for a version of another file, `conflict` for a current one (a conflicting version beside
 * the file is current too)
 */
export async function removeVersion(tree: Tree, id: EntryId, wanted: VersionId): Promise<void> {
  const found = await requireEntryOrConflict(tree, id);
  const file = isConflict(found) ? found.file : found;
  if (file.body.kind !== 'file') throw notFound();
  await runRotating(tree, [file.parent ?? file.id], [], async () => {
    if (!isVersionOf(tree, file, wanted)) {
      throw new PeerstorError('not-found', 'There is no such version of this file.');
    }
    if ((await currentOnes(tree, file)).has(wanted)) {
      const sentence =
        'This is the current version of the file: restore another one first, or delete the file.';
      throw new PeerstorError('conflict', sentence);
    }
    await author(tree, [tombstoneOf(wanted)]);
  });
}

/** Versions that show as the content of a file, or beside it as conflicting ones. */
export async function currentOnes(tree: Tree, { id }: Entry): Promise<Set<VersionId>> {
  // From the catalog, which also lists versions whose key has not arrived here.
  const heads = await tree.catalog.currentVersions(id);
  return new Set(heads.map((record) => versionId(record.id)));
}

export function tombstoneOf(version: VersionId): Draft<'version'> {
  return { table: 'version', id: version, body: null };
}

function isVersionOf(tree: Tree, file: Entry, wanted: VersionId): boolean {
  const record = tree.catalog.get('version', wanted);
  return isLive(record) && record.body.entry === file.id && record.body.owner === tree.user;
}
