/** The picture of a film that a page made, because no device that read the film has ffmpeg. */
import type { EntryView } from '../../model/api.ts';
import type { MadeMedia } from '../../model/contracts/media/media-maker.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { EntryId } from '../../model/ids.ts';
import { viewOf } from '../tree/entry-view.ts';
import { openMedia } from '../tree/media-record.ts';
import { type Entry, requireEntry, type Tree } from '../tree/tree.ts';
import { lacksPoster, storeMade } from './media-writing.ts';

/** Twice: the key of the entry may change in between. */
const triesMax = 3;

/** @throws `bad-input`, `conflict`, `not-found`, and as `writeMedia` */
export async function setPoster(tree: Tree, id: EntryId, picture: Uint8Array): Promise<EntryView> {
  const { version, media } = await requireLacking(tree, id);
  const { signal } = new AbortController();
  const made = await tree.media?.make(
    {
      size: picture.length,
      async *read({ start, end }) {
        yield picture.subarray(start, end);
      },
    },
    signal,
  );
  if (made?.facts.kind !== 'image' || made.thumbnails.length === 0) {
    throw new PeerstorError('bad-input', 'This is no picture that can be shown: send a JPEG, PNG or WebP.');
  }
  const { manifest: _manifest, sealedBytes: _sealedBytes, version: _version, made: _made, ...facts } = media;
  const { thumbhash, width, height } = made.facts;
  const film: MadeMedia = {
    facts: { ...facts, ...(facts.width === 0 && { width, height }), ...(thumbhash && { thumbhash }) },
    thumbnails: made.thumbnails,
  };
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const written = await storeMade(tree, version.id, id, film, {
      signal,
      findLacking: () => requireLacking(tree, id),
    });
    if (written === 'written') return viewOf(tree, requireEntry(tree, id));
  }
  throw new PeerstorError('conflict', 'The film changed meanwhile: try again.');
}

async function requireLacking(tree: Tree, id: EntryId) {
  const entry: Entry = requireEntry(tree, id);
  const { winner } =
    entry.body.kind === 'file' ? await tree.cache.heads.of(id, entry.keys) : { winner: undefined };
  const media = winner && openMedia(tree, winner.id, entry.keys);
  if (winner && media && lacksPoster(media)) return { entry, version: winner, media };
  const why = !media ? 'was not read yet, or is no film' : 'is no film, or has a picture already';
  throw new PeerstorError('conflict', `The file ${why}.`);
}
