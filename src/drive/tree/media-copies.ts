/** Thumbnails of a content that got another version: a copy, or a former version that is current again. They are not made again. */
import type { Draft } from '../../model/contracts/catalog.ts';
import type { ChunkUpload } from '../../model/contracts/replication.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type EntryId, ownRecordId, type VersionId } from '../../model/ids.ts';
import type { MediaBody } from '../../model/records.ts';
import { resealManifest } from '../content/reseal.ts';
import { openMedia, sealMedia } from './media-record.ts';
import type { Tree } from './tree.ts';

/** What a record of another version needs. */
export type CopiedMedia = Omit<MediaBody, 'entry' | 'owner'>;

/**
 * @param from.keys of the entry that has the thumbnails
 * @param to.key of the entry that gets them; the same entry needs no new manifest
 * @returns undefined where there are none to take, or they cannot be reached now: they are made again
 */
export async function copiedMedia(
  from: { tree: Tree; version: VersionId; keys: readonly Uint8Array[] },
  to: { key: Uint8Array; upload?: ChunkUpload },
): Promise<CopiedMedia | undefined> {
  const media = openMedia(from.tree, from.version, from.keys);
  if (!media || media.manifest === null) return undefined;
  const { manifest: old, sealedBytes, thumbnails, version: _version, made: _made, ...facts } = media;
  const listed = thumbnails.map(({ start, end, ...one }) => ({ ...one, bytes: end - start }));
  try {
    const manifest = to.upload
      ? await resealManifest({
          manifest: old,
          fromKeys: from.keys,
          toKey: to.key,
          network: from.tree.network,
          upload: to.upload,
        })
      : old;
    return { manifest, sealedBytes, sealed: sealMedia(to.key, facts, listed) };
  } catch (error) {
    if (!isPeerstorError(error)) throw error;
    return undefined;
  }
}

/** Nothing for who is not the owner: only an owner signs such records. */
export function mediaDrafts(
  tree: Tree,
  entry: EntryId,
  version: string,
  media: CopiedMedia | undefined,
): Draft<'media'>[] {
  if (!media || !tree.own) return [];
  return [
    { table: 'media', id: ownRecordId(version, tree.user), body: { ...media, entry, owner: tree.user } },
  ];
}
