/** The film inside a motion photo: a part of the file. */
import type { OpenContent } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { EntryId } from '../../model/ids.ts';
import { openMedia } from '../tree/media-record.ts';
import { requireEntry, type Tree } from '../tree/tree.ts';
import { openContent } from '../versions/versions.ts';

/** @throws `no-rendition` for what has no film inside; `not-found` */
export async function openMotion(tree: Tree, id: EntryId): Promise<OpenContent> {
  const entry = requireEntry(tree, id);
  const { winner } =
    entry.body.kind === 'file' ? await tree.cache.heads.of(id, entry.keys) : { winner: undefined };
  const motion = winner && openMedia(tree, winner.id, entry.keys)?.motion;
  const content = motion && (await openContent(tree, id, winner.id));
  if (!content || motion.end > content.size) {
    throw new PeerstorError('no-rendition', 'There is no film in this picture.');
  }
  return {
    ...content,
    name: `${content.name}.mp4`,
    size: motion.end - motion.start,
    mime: 'video/mp4',
    etag: `${content.etag}-motion`,
    read: (range, signal) =>
      content.read({ start: motion.start + range.start, end: motion.start + range.end }, signal),
  };
}
