/**
 * Folders whose owner wants every version of what lies below for some time: backups set it, so that a snapshot
 * still has the version that it names. A property of the folder says it, in milliseconds.
 */
import { isPeerstorError } from '../../model/errors.ts';
import type { EntryId } from '../../model/ids.ts';
import { factsOf } from '../tree/entry-view.ts';
import { ancestors, type Tree } from '../tree/tree.ts';

/** Written by `src/backup/backup-service.ts`. */
export const keepVersionsProperty = 'peerstor:keep-versions-ms';

/** For how long every version of a file stays, by the folders around it; 0 where none says so. */
export function keptForMs(tree: Tree, file: EntryId): number {
  let longestMs = 0;
  for (const { id } of ancestors(tree, file)) {
    try {
      const { all: keys } = tree.cache.keys.keysOf(id);
      const ms = Number(factsOf(tree, { id, keys }).properties?.[keepVersionsProperty] ?? 0);
      if (ms > longestMs) longestMs = ms;
    } catch (error) {
      // A folder that cannot be opened here may say so: nothing goes.
      if (isPeerstorError(error)) return Number.POSITIVE_INFINITY;
      throw error;
    }
  }
  return longestMs;
}
