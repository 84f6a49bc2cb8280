/** Albums of the owner of a drive: lists of their own pictures, which stay where they are. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { EntryOutcome } from '../../../model/api.ts';
import type { Draft } from '../../../model/contracts/catalog.ts';
import type { Photos } from '../../../model/contracts/media/photos.ts';
import { isPeerstorError, PeerstorError } from '../../../model/errors.ts';
import type { EntryId } from '../../../model/ids.ts';
import type { AlbumView } from '../../../model/views/photos.ts';
import { showsNothing } from '../../tree/listing/names.ts';
import { candidateOf } from '../../tree/media-candidates.ts';
import { author, givenName, requireEntry, type Tree, trashedAt } from '../../tree/tree.ts';
import { photoIndexOf } from '../index/photo-index.ts';
import { photoTest } from '../index/photo-question.ts';
import { type Photo, photoView } from '../index/photo-row.ts';
import {
  type Album,
  albumDraft,
  albumsOf,
  itemDraft,
  newAlbumRecordId,
  removalDraft,
} from './album-records.ts';

/** Characters. */
const nameLengthMax = 200;
const queryLengthMax = 1000;
const albumsMax = 10_000;
/** Records in one batch. */
const draftsPerBatch = 300;

type AlbumCalls = Pick<
  Photos,
  | 'albums'
  | 'album'
  | 'createAlbum'
  | 'changeAlbum'
  | 'deleteAlbum'
  | 'albumEntries'
  | 'addToAlbum'
  | 'removeFromAlbum'
>;

export function createAlbums(tree: Tree): AlbumCalls {
  // What follows from the items of an album is decided while nobody else changes them here.
  const inTurn = <Result>(work: () => Promise<Result>) => tree.locks.run(['albums'], work);

  async function requireAlbum(id: string): Promise<Album> {
    const album = (await albumsOf(tree)).get(id);
    if (album) return album;
    throw new PeerstorError('not-found', 'There is no such album.');
  }

  return {
    async albums() {
      const views: AlbumView[] = [];
      for (const album of (await albumsOf(tree)).values()) views.push(await albumView(tree, album));
      return views;
    },

    album: async (id) => albumView(tree, await requireAlbum(id)),

    createAlbum: (name, query) =>
      inTurn(async () => {
        if ((await albumsOf(tree)).size >= albumsMax) {
          throw new PeerstorError('quota-exceeded', `There can be ${albumsMax} albums: delete one first.`);
        }
        const id = newAlbumRecordId(tree);
        const createdAt = tree.clock.wallMs();
        const words = query === undefined ? null : checkQuery(query);
        const album = { id, name: checkName(name), coverId: null, createdAt, query: words };
        await author(tree, [albumDraft(tree, album)]);
        return albumView(tree, await requireAlbum(id));
      }),

    changeAlbum: (id, { name, query, coverId, order }) =>
      inTurn(async () => {
        const album = await requireAlbum(id);
        const isChanged = name !== undefined || query !== undefined || coverId !== undefined;
        if (query !== undefined && album.query === null) throw notSmart();
        const changed = {
          ...album,
          ...(name !== undefined && { name: checkName(name) }),
          ...(query !== undefined && { query: checkQuery(query) }),
          ...(coverId !== undefined && { coverId }),
        };
        if (coverId) await requirePhoto(tree, album, coverId);
        const drafts = order ? reordered(tree, album, order) : [];
        await write(tree, [...(isChanged ? [albumDraft(tree, changed)] : []), ...drafts]);
        return albumView(tree, await requireAlbum(id));
      }),

    deleteAlbum: (id) =>
      inTurn(async () => {
        const { items } = await requireAlbum(id);
        // The album first: without it nothing of the rest shows.
        const drafts = [removalDraft(tree, id), ...items.map(({ record }) => removalDraft(tree, record))];
        await write(tree, drafts);
      }),

    async albumEntries(id) {
      const { beneath } = await photoIndexOf(tree).arranged();
      const photos = await photosIn(tree, await requireAlbum(id));
      return photos.map((photo) => photoView(photo, beneath.get(photo.id)));
    },

    addToAlbum: (id, entries) => inTurn(async () => add(tree, refuseSmart(await requireAlbum(id)), entries)),

    removeFromAlbum: (id, entries) =>
      inTurn(async () => {
        const { items } = refuseSmart(await requireAlbum(id));
        const gone = new Set(entries);
        const removed = items.filter(({ entry }) => gone.has(entry));
        await write(
          tree,
          removed.map(({ record }) => removalDraft(tree, record)),
        );
        const were = new Set(items.map(({ entry }) => entry));
        return entries.map(
          (entry): EntryOutcome =>
            were.has(entry) ? { id: entry, ok: true } : { id: entry, ok: false, code: 'not-found' },
        );
      }),
  };
}

async function add(tree: Tree, album: Album, entries: readonly EntryId[]): Promise<EntryOutcome[]> {
  const there = new Set(album.items.map(({ entry }) => entry));
  const addedAt = tree.clock.wallMs();
  let order = album.items.at(-1)?.order ?? 0;
  const drafts: Draft[] = [];
  const outcomes: EntryOutcome[] = [];
  for (const entry of entries) {
    if (!(await mayBePhoto(tree, entry))) {
      outcomes.push({ id: entry, ok: false, code: 'not-found' });
      continue;
    }
    outcomes.push({ id: entry, ok: true });
    if (there.has(entry)) continue;
    there.add(entry);
    order += 1;
    drafts.push(itemDraft(tree, album.id, { record: newAlbumRecordId(tree), entry, addedAt, order }));
  }
  await write(tree, drafts);
  return outcomes;
}

/** One that was not read yet may be added already, and shows when it was. */
async function mayBePhoto(tree: Tree, id: EntryId): Promise<boolean> {
  if (await photoIndexOf(tree).photo(id)) return true;
  try {
    const entry = requireEntry(tree, id);
    if (entry.body.kind !== 'file' || trashedAt(tree, entry) !== null) return false;
    const { winner } = await tree.cache.heads.of(id, entry.keys);
    return winner !== undefined && candidateOf(givenName(entry), winner.mime) === 'likely';
  } catch (error) {
    if (isPeerstorError(error)) return false;
    throw error;
  }
}

async function write(tree: Tree, drafts: readonly Draft[]): Promise<void> {
  for (let at = 0; at < drafts.length; at += draftsPerBatch) {
    await author(tree, drafts.slice(at, at + draftsPerBatch));
    await breathe();
  }
}

/** Pictures that are in the trash, or hidden, are not shown, and come back to their place when they are restored. */
async function photosIn(tree: Tree, { items, query }: Album): Promise<Photo[]> {
  const index = photoIndexOf(tree);
  if (query !== null) {
    const fits = photoTest(query);
    return (await index.arranged()).top.filter((photo) => !photo.edits.hidden && fits(photo));
  }
  await index.photos();
  const found = await Promise.all(items.map(({ entry }) => index.photo(entry)));
  return found.filter((photo) => photo !== undefined).filter(({ edits }) => !edits.hidden);
}

async function albumView(tree: Tree, album: Album): Promise<AlbumView> {
  const photos = await photosIn(tree, album);
  const cover = photos.find(({ id }) => id === album.coverId) ?? photos[0];
  return {
    id: album.id,
    name: album.name,
    count: photos.length,
    createdAt: new Date(album.createdAt).toISOString(),
    query: album.query,
    cover: cover ? photoView(cover) : null,
  };
}

async function requirePhoto(tree: Tree, album: Album, id: EntryId): Promise<void> {
  const isInside =
    album.query === null
      ? album.items.some(({ entry }) => entry === id)
      : (await photosIn(tree, album)).some((photo) => photo.id === id);
  if (isInside) return;
  throw new PeerstorError('bad-input', 'The cover of an album is one of its pictures.', {
    details: { field: 'coverId' },
  });
}

function refuseSmart(album: Album): Album {
  if (album.query === null) return album;
  throw new PeerstorError('conflict', 'This album fills itself: change the words that its pictures fit.');
}

function notSmart(): PeerstorError {
  return new PeerstorError('conflict', 'This album is filled by hand: make another one for a search.');
}

/** @throws `bad-input` */
function checkQuery(text: string): string {
  const query = text.toWellFormed().normalize('NFC').trim();
  if (query !== '' && query.length <= queryLengthMax) return query;
  const rule = `An album that fills itself needs words, at most ${queryLengthMax} characters.`;
  throw new PeerstorError('bad-input', rule, { details: { field: 'query' } });
}

/** Those whose place changes get a new number. */
function reordered(tree: Tree, album: Album, order: readonly EntryId[]): Draft[] {
  const byEntry = new Map(album.items.map((item) => [item.entry, item]));
  const first = [...new Set(order)].flatMap((id) => byEntry.get(id) ?? []);
  const named = new Set(first.map(({ entry }) => entry));
  const rest = album.items.filter(({ entry }) => !named.has(entry));
  return [...first, ...rest].flatMap((item, at) =>
    item.order === at + 1 ? [] : [itemDraft(tree, album.id, { ...item, order: at + 1 })],
  );
}

/** Free text, as names of files are. */
function checkName(text: string): string {
  const name = text.toWellFormed().normalize('NFC').trim();
  if (!showsNothing(name) && [...name].length <= nameLengthMax && !/\p{Cc}/u.test(name)) return name;
  const rule = `The name of an album has 1 to ${nameLengthMax} characters that show, without line breaks.`;
  throw new PeerstorError('bad-input', rule, { details: { field: 'name' } });
}
