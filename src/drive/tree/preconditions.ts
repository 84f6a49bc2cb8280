/** Checks the `ifMatch` condition of the drive's methods. */
import { PeerstorError } from '../../model/errors.ts';
import { type Conflict, type Entry, isConflict, type Tree } from './tree.ts';

/** What `EntryView.version` shows: the version of the content, or the register's revision. */
export async function currentVersion(tree: Tree, entry: Entry | Conflict): Promise<string> {
  if (isConflict(entry)) return entry.version.id;
  if (entry.body.kind === 'folder') return entry.record.revision;
  const { winner } = await tree.cache.heads.of(entry.id, entry.keys);
  return winner?.id ?? entry.record.revision;
}

/**
 * @param wanted a version, '*' (must exist) or 'none' (must not); undefined asks nothing
 * @param current the version there is, or undefined when there is no such entry
 * @throws `precondition-failed`
 */
export function requireMatch(wanted: string | undefined, current: string | undefined): void {
  if (wanted === undefined) return;
  if (wanted === 'none' && current === undefined) return;
  if (wanted === '*' && current !== undefined) return;
  if (wanted === current) return;
  const sentence =
    wanted === 'none'
      ? 'There is something with this name already.'
      : 'It was changed meanwhile: look at the current version first.';
  throw new PeerstorError(
    'precondition-failed',
    sentence,
    current === undefined ? {} : { details: { current } },
  );
}
