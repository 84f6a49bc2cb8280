/** Reads one version, stores its thumbnails sealed, and writes its media record, in this order (I1). */
import type { SafetyView } from '../../model/api.ts';
import { type MadeMedia, type MediaMaker, mediaFormat } from '../../model/contracts/media/media-maker.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type EntryId, ownRecordId, type VersionId, versionId } from '../../model/ids.ts';
import type { MediaBody } from '../../model/records.ts';
import { readContent, writeParts } from '../content/index.ts';
import { isLive } from '../keys/live.ts';
import { rotate, runRotating } from '../sharing/access/key-rotation.ts';
import type { OpenVersion } from '../tree/listing/heads.ts';
import { candidateOf } from '../tree/media-candidates.ts';
import { type OpenMedia, openMedia, sealMedia } from '../tree/media-record.ts';
import { author, type Entry, givenName, openEntry, type Tree } from '../tree/tree.ts';

interface Lacking {
  entry: Entry;
  version: OpenVersion;
}

/** `again`: the key of the entry changed meanwhile. */
export type Written = 'written' | 'none' | 'again';

/**
 * @param isNew its bytes came just now, so they are looked at even where nothing says what they are
 * @param isRetry it was tried before, and put off
 * @throws what reading and storing throw: devices that are off, a full disk, a full quota;
 *   `peer-unreachable` when only one of several devices would have the thumbnails
 */
export async function writeMedia(
  tree: Tree,
  maker: MediaMaker,
  version: VersionId,
  { isNew, isRetry, signal }: { isNew: boolean; isRetry: boolean; signal: AbortSignal },
): Promise<Written> {
  const { posters } = await maker.films();
  const found = await findLacking(tree, version, { isNew, posters });
  if (!found) return 'none';
  const { manifest, size } = found.version;
  // Nothing is decoded for nothing. Copies of what came just now may still be on their way, and 0 is not known.
  const safety = tree.network.safetyOf(manifest);
  if ((isRetry || !isNew) && safety.copies > 0) await requireSafe(tree, safety);
  const [entryKey = new Uint8Array(0), ...otherKeys] = found.entry.keys;
  const { network } = tree;
  const made = await maker.make(
    {
      size,
      read: (range, until) => readContent({ manifest, entryKey, otherKeys, network, range, signal: until }),
    },
    signal,
  );
  // Another device may be able to; who is asked there again finds the version without a record.
  if (!made || (maker.lack !== null && made.facts.kind === 'image')) return 'none';
  return storeMade(tree, version, found.entry.id, made, {
    signal,
    findLacking: () => findLacking(tree, version, { isNew, posters }),
  });
}

/**
 * Stores thumbnails, and writes their record.
 * @param options.findLacking looks again, under the lock of the folder
 * @throws as `writeMedia`
 */
export async function storeMade(
  tree: Tree,
  version: VersionId,
  entry: EntryId,
  made: MadeMedia,
  { signal, findLacking: look }: { signal: AbortSignal; findLacking(): Promise<Lacking | undefined> },
): Promise<Written> {
  const bytes = made.thumbnails.reduce((sum, thumbnail) => sum + thumbnail.bytes.length, 0);
  const reservation = await tree.quotas.reserve(tree.user, bytes);
  const session = reservation.watch(tree.network.beginUpload());
  try {
    await rotate(tree, entry);
    const { key } = openEntry(tree, entry);
    const stored =
      bytes === 0
        ? null
        : await writeParts({
            parts: made.thumbnails.map((thumbnail) => thumbnail.bytes),
            dedupeSecret: tree.contentKeys.dedupeSecret,
            entryKey: key,
            upload: session,
            signal,
          });
    if (bytes > 0) await requireSafe(tree, await session.settle('safe', tree.tunables.safeWaitMs, signal));
    const listed = made.thumbnails.map((one) => ({ ...one, bytes: one.bytes.length }));
    const body: MediaBody = {
      entry,
      owner: tree.user,
      manifest: stored?.manifest ?? null,
      sealedBytes: stored?.sealedBytes ?? 0,
      sealed: sealMedia(key, made.facts, listed),
    };
    const written = await commit(tree, version, { body, key, look });
    if (written === 'written') reservation.listed();
    return written;
  } finally {
    reservation.release();
    session.close();
  }
}

/**
 * A manifest that was lost with its only holder stops garbage collection, so where several devices lend space, two of
 * them must have what a record names.
 * @throws `peer-unreachable` when it is on one device only
 */
async function requireSafe({ catalog }: Tree, { level }: SafetyView): Promise<void> {
  if (level !== 'accepted') return;
  let lending = 0;
  for await (const { body } of catalog.list('device')) {
    if (body?.state === 'active' && body.capacityBytes > 0) lending += 1;
  }
  if (lending < 2) return;
  throw new PeerstorError('peer-unreachable', 'No second device that would keep a copy can be reached.');
}

/** Looks again under the lock of the folder: the version may have gone, or got its record, while it was read. */
async function commit(
  tree: Tree,
  version: VersionId,
  { body, key, look }: { body: MediaBody; key: Uint8Array; look(): Promise<Lacking | undefined> },
): Promise<Written> {
  const { entry } = body;
  const parent = tree.catalog.placeOf(entry)?.parent ?? entry;
  return runRotating(tree, [parent], [entry], async () => {
    const found = await look();
    if (!found) return 'none';
    if (!Buffer.from(found.entry.key).equals(key)) return 'again';
    await author(tree, [{ table: 'media', id: ownRecordId(version, tree.user), body }]);
    return 'written';
  });
}

/** The version, if it is current, may be a picture and has no media record that counts. */
async function findLacking(
  tree: Tree,
  id: VersionId,
  { isNew, posters }: { isNew: boolean; posters: boolean },
): Promise<Lacking | undefined> {
  const record = tree.catalog.get('version', id);
  if (!isLive(record) || record.body.owner !== tree.user || hasRecord(tree, id, posters)) return undefined;
  try {
    const entry = openEntry(tree, record.body.entry);
    const { all } = await tree.cache.heads.of(entry.id, entry.keys);
    const version = all.find((head) => head.id === id);
    if (!version) return undefined;
    const candidate = candidateOf(givenName(entry), version.mime);
    return candidate === 'likely' || (candidate === 'maybe' && isNew) ? { entry, version } : undefined;
  } catch (error) {
    // Its entry is gone, or its key is not known here yet.
    if (isPeerstorError(error, 'not-found') || isPeerstorError(error, 'forbidden')) return undefined;
    throw error;
  }
}

/**
 * Made already, here or elsewhere, or refused for a reason that is written down. One without thumbnails, of a version of peerstor
 * that could make less, does not count.
 * @param posters does not count a film without a picture either, for who can make one
 */
export function hasRecord(tree: Tree, version: string, posters = false): boolean {
  const id = ownRecordId(version, tree.user);
  const record = tree.catalog.get('media', id);
  if (!isLive(record)) return tree.catalog.heads('media', id).length > 0;
  if (record.body.manifest !== null) return true;
  try {
    const media = openMedia(tree, versionId(version), openEntry(tree, record.body.entry).keys);
    return !media || (media.made >= mediaFormat && !(posters && lacksPoster(media)));
  } catch (error) {
    if (isPeerstorError(error)) return true;
    throw error;
  }
}

/** A film that nobody could make a picture of where it was read. */
export function lacksPoster({ kind, problem, thumbnails }: OpenMedia): boolean {
  return kind === 'video' && problem === undefined && thumbnails.length === 0;
}
