/** Opens the thumbnail of a file. */
import type { OpenThumbnail } from '../../model/contracts/drive.ts';
import type { ThumbnailSize } from '../../model/contracts/media/media-maker.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { EntryId } from '../../model/ids.ts';
import { readContent } from '../content/index.ts';
import { candidateOf } from '../tree/media-candidates.ts';
import { openMedia } from '../tree/media-record.ts';
import { isConflict, nameOf, requireEntryOrConflict, type Tree } from '../tree/tree.ts';
import { hasRecord } from './media-writing.ts';

/**
 * @returns the thumbnail of this size, the next larger one, or the largest that there is; `making` while there is none yet
 * @throws `no-thumbnail`, `not-found`
 */
export async function openThumbnail(tree: Tree, id: EntryId, size: ThumbnailSize): Promise<OpenThumbnail> {
  const found = await requireEntryOrConflict(tree, id);
  const file = isConflict(found) ? found.file : found;
  const version = isConflict(found)
    ? found.version
    : file.body.kind === 'file'
      ? (await tree.cache.heads.of(file.id, file.keys)).winner
      : undefined;
  if (!version) throw none();
  const media = openMedia(tree, version.id, file.keys);
  const name = await nameOf(tree, file);
  if (!media) {
    const isMade = hasRecord(tree, version.id);
    if (isMade || candidateOf(name, version.mime) !== 'likely' || !tree.media) throw none();
    if (tree.media.lack !== null) throw none(tree.media.lack);
    return 'making';
  }
  const { manifest, thumbnails } = media;
  const shown = thumbnails.find((one) => one.size >= size) ?? thumbnails.at(-1);
  if (!shown || manifest === null) throw none();
  const { start, end } = shown;
  const [entryKey = new Uint8Array(0), ...otherKeys] = file.keys;
  return {
    name: `${name}.webp`,
    size: end - start,
    mime: 'image/webp',
    etag: `${version.id}-${shown.size}`,
    modifiedAtMs: version.writtenAtMs,
    read(range, signal) {
      const part = { start: start + range.start, end: Math.min(end, start + range.end) };
      return readContent({ manifest, entryKey, otherKeys, network: tree.network, range: part, signal });
    },
  };
}

function none(why = 'There is no thumbnail of this.'): PeerstorError {
  return new PeerstorError('no-thumbnail', why);
}
