/** A signed-in user's files for the restore drill: draws them, and checks whether one can be read back. */
import type { ReadElsewhere, RestorableUser } from '../../../model/contracts/restoring.ts';
import { isPeerstorError, PeerstorError } from '../../../model/errors.ts';
import { type EntryId, entryId } from '../../../model/ids.ts';
import { checkContent } from '../../content/index.ts';
import { isLive } from '../../keys/live.ts';
import type { OpenVersion } from '../../tree/listing/heads.ts';
import { type Entry, requireEntry, requireOutsideTrash, type Tree, trashedAtOf } from '../../tree/tree.ts';
import { placesIn, Reservoir } from './restore-sample.ts';

/** A larger file would use the connection for long, so only so many places of it are read. */
export const wholeBytesMax = 64 * 1024 * 1024;
const placesRead = 64;
/** More files are drawn than needed, because some may turn out to lie in a trashed folder. */
const drawnForEach = 4;

export interface Restoring extends RestorableUser {
  /** Aborts when the user is closed: running work ends, and with it the use of their keys. */
  stop(): void;
}

export function createRestoring(tree: Tree): Restoring {
  const closing = new AbortController();

  async function sample(count: number): Promise<EntryId[]> {
    const { catalog, random, user } = tree;
    const drawn = new Reservoir<EntryId>(count * drawnForEach, random);
    for await (const record of catalog.list('entry')) {
      closing.signal.throwIfAborted();
      const { body } = record;
      if (body?.kind === 'file' && body.owner === user && body.trashedAt === null)
        drawn.add(entryId(record.id));
    }
    const outside = drawn.items().filter((id) => {
      const record = catalog.get('entry', id);
      return isLive(record) && trashedAtOf(tree, id, record.body) === null;
    });
    return outside.slice(0, count);
  }

  async function restore(file: EntryId, read: ReadElsewhere, given: AbortSignal): Promise<boolean> {
    const signal = AbortSignal.any([given, closing.signal]);
    signal.throwIfAborted();
    const found = await currentOf(tree, file);
    if (!found) return false;
    const [entryKey = new Uint8Array(0), ...otherKeys] = found.entry.keys;
    const { manifest, size, contentDigest } = found.version;
    const isLarge = size > wholeBytesMax;
    await checkContent({
      manifest,
      size,
      contentDigest,
      entryKey,
      otherKeys,
      network: { read: (id, options) => read(id, options?.signal ?? signal) },
      signal,
      ...(isLarge && { places: placesIn(size, placesRead, tree.random) }),
    });
    return true;
  }

  return {
    user: tree.user,
    sample,
    restore,
    stop: () => closing.abort(new PeerstorError('aborted', 'The user signed out.')),
  };
}

/** undefined if the entry is no longer a file outside the trash, or has no content. */
async function currentOf(
  tree: Tree,
  id: EntryId,
): Promise<{ entry: Entry; version: OpenVersion } | undefined> {
  try {
    const entry = requireEntry(tree, id);
    requireOutsideTrash(tree, entry);
    const { winner } = await tree.cache.heads.of(entry.id, entry.keys);
    return winner && { entry, version: winner };
  } catch (error) {
    if (isPeerstorError(error, 'not-found') || isPeerstorError(error, 'gone')) return undefined;
    throw error;
  }
}
