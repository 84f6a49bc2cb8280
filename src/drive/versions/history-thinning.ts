/** Thins the histories of a user's files. What may go is decided under the lock, right before it goes (I4). */
import { isPeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId, versionId } from '../../model/ids.ts';
import { hlcTicksPerMs } from '../../model/records.ts';
import { isLive } from '../keys/live.ts';
import { runRotating } from '../sharing/access/key-rotation.ts';
import { author, openEntry, type Tree } from '../tree/tree.ts';
import { keptForMs } from './kept-histories.ts';
import { versionNamesOf } from './naming.ts';
import { currentOnes, tombstoneOf } from './removing.ts';
import { type KeptVersion, superfluousVersions } from './thinning.ts';

type AgeOf = Awaited<ReturnType<Tree['recordAges']['of']>>;

/** Records in one batch. */
const draftsPerBatch = 300;

/** Files of this user that have more than one version: a look at every version of the network. */
export async function filesWithHistory(tree: Tree): Promise<Set<EntryId>> {
  const files = new Set<EntryId>();
  for await (const { body } of tree.catalog.versionsOwnedBy(tree.user)) {
    if (body && body.replaces.length > 0) files.add(entryId(body.entry));
  }
  return files;
}

/**
 * @param files where there is something to thin, now or later; those that are gone are taken out
 * @returns how many versions went
 */
export async function thinHistories(tree: Tree, files: Set<EntryId>, isOver: () => boolean): Promise<number> {
  const ageOf = await tree.recordAges.of(tree.catalog);
  let count = 0;
  for (const file of [...files]) {
    if (isOver()) break;
    const gone = await thinHistory(tree, file, ageOf);
    if (gone === undefined) files.delete(file);
    else count += gone;
  }
  return count;
}

/** undefined for a file that is not there, or has one version. */
async function thinHistory(tree: Tree, file: EntryId, ageOf: AgeOf): Promise<number | undefined> {
  const parent = tree.catalog.placeOf(file)?.parent ?? file;
  return runRotating(tree, [parent], [], async () => {
    const versions = await keptVersions(tree, file, ageOf);
    if (versions === undefined || versions.length === 1) return undefined;
    const gone = superfluousVersions(versions.map(keptLonger(tree, file)));
    for (let at = 0; at < gone.length; at += draftsPerBatch) {
      await author(tree, gone.slice(at, at + draftsPerBatch).map(tombstoneOf));
    }
    return gone.length;
  });
}

/** In a folder that says so, versions stay for longer. */
function keptLonger(tree: Tree, file: EntryId): (version: KeptVersion) => KeptVersion {
  const ms = keptForMs(tree, file);
  return (version) => ({ ...version, stays: version.stays || version.ageMs < ms });
}

async function keptVersions(tree: Tree, file: EntryId, ageOf: AgeOf): Promise<KeptVersion[] | undefined> {
  try {
    const entry = openEntry(tree, file);
    const names = versionNamesOf(tree, entry);
    // Where names cannot be read, any version may have one.
    if (!names) return [];
    const current = await currentOnes(tree, entry);
    const nowMs = tree.clock.wallMs();
    const versions: KeptVersion[] = [];
    for (const record of await tree.catalog.versions(file)) {
      if (!isLive(record) || record.body.owner !== tree.user) continue;
      const id = versionId(record.id);
      const writtenAtMs = Math.floor(record.hlc / hlcTicksPerMs);
      const stays = current.has(id) || names[id] !== undefined;
      const ageMs = Math.min(ageOf(record), nowMs - writtenAtMs);
      versions.push({ id, writtenAtMs, order: record.hlc, ageMs, stays });
    }
    return versions;
  } catch (error) {
    if (isPeerstorError(error)) return undefined;
    throw error;
  }
}
