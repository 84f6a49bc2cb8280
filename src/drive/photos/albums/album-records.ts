/**
 * Albums as the catalog has them: one register for each album and for each picture in it, so that what two devices add at once is kept
 * on both. Inside they are sealed under a key that only the owner has, so nobody else can tell which is which. Bytes: FORMAT, section 6.
 */
import { decode, encode, isFields, open, seal } from '../../../crypto/index.ts';
import type { Draft } from '../../../model/contracts/catalog.ts';
import { isPeerstorError, PeerstorError, sentenceOf } from '../../../model/errors.ts';
import { type EntryId, entryId, ownRecordId, toHex } from '../../../model/ids.ts';
import { isLive } from '../../keys/live.ts';
import type { Tree } from '../../tree/tree.ts';

const label = 'albums/1';

interface AlbumPart {
  kind: 'album';
  name: string;
  coverId: string | null;
  createdAt: number;
  /** Absent in an album that is filled by hand. */
  query?: string;
}

interface ItemPart {
  kind: 'item';
  album: string;
  entry: string;
  addedAt: number;
  /** Ascending in the album. */
  order: number;
}

export interface AlbumItem {
  /** Id of its record. */
  record: string;
  entry: EntryId;
  addedAt: number;
  order: number;
}

export interface Album {
  id: string;
  name: string;
  coverId: EntryId | null;
  createdAt: number;
  /** Words that its pictures fit; null for an album that is filled by hand. */
  query: string | null;
  /** In the order of the album. */
  items: readonly AlbumItem[];
}

/** Opened albums by id, oldest first. */
export type Albums = ReadonlyMap<string, Album>;

const opened = new WeakMap<Tree, Promise<Albums>>();
const watched = new WeakSet<Tree>();

/** @throws `forbidden` to everybody but the owner */
export function albumsOf(tree: Tree): Promise<Albums> {
  if (!watched.has(tree)) {
    watched.add(tree);
    tree.cache.watch(
      (changes) => {
        if (changes.some(({ record }) => record.table === 'album')) opened.delete(tree);
      },
      () => opened.delete(tree),
    );
  }
  let albums = opened.get(tree);
  if (!albums) {
    albums = readAlbums(tree);
    opened.set(tree, albums);
    albums.catch(() => opened.delete(tree));
  }
  return albums;
}

async function readAlbums(tree: Tree): Promise<Albums> {
  const key = albumsKey(tree);
  const found: (Omit<Album, 'items'> & { items: AlbumItem[] })[] = [];
  const items: (AlbumItem & { album: string })[] = [];
  for await (const record of tree.catalog.list('album')) {
    if (!isLive(record) || record.body.owner !== tree.user) continue;
    const id = record.id.split('.')[0] ?? '';
    const part = partIn(tree, key, record.body.sealed);
    if (part?.kind === 'album') {
      const { name, createdAt, query = null } = part;
      const coverId = part.coverId === null ? null : entryId(part.coverId);
      found.push({ id, name, coverId, createdAt, query, items: [] });
    }
    if (part?.kind === 'item') {
      const { album, entry, addedAt, order } = part;
      items.push({ record: id, album, entry: entryId(entry), addedAt, order });
    }
  }
  const albums = new Map(
    found.sort((left, right) => left.createdAt - right.createdAt).map((album) => [album.id, album]),
  );
  items.sort((left, right) => left.order - right.order || (left.record < right.record ? -1 : 1));
  const placed = new Set<string>();
  for (const { album, ...item } of items) {
    // One that two devices added at once is in it once; one whose album was deleted is in none.
    const place = `${album} ${item.entry}`;
    if (!placed.has(place)) albums.get(album)?.items.push(item);
    placed.add(place);
  }
  return albums;
}

/** Also of a newer version of peerstor: what is not as it should be is left out. */
function partIn(tree: Tree, key: Uint8Array, sealed: Uint8Array): AlbumPart | ItemPart | undefined {
  try {
    const part = decode(open(key, label, sealed));
    if (isAlbumPart(part) || isItemPart(part)) return part;
  } catch (error) {
    if (!isPeerstorError(error)) throw error;
    tree.log.warn({}, `An album cannot be opened: ${sentenceOf(error)}`);
  }
  return undefined;
}

const idShape = /^[0-9a-f]{32}$/;
const isId = (value: unknown): value is string => typeof value === 'string' && idShape.test(value);
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function isAlbumPart(part: unknown): part is AlbumPart {
  if (!isFields(part) || part.kind !== 'album' || typeof part.name !== 'string') return false;
  const isQuery = part.query === undefined || typeof part.query === 'string';
  return isNumber(part.createdAt) && isQuery && (part.coverId === null || isId(part.coverId));
}

function isItemPart(part: unknown): part is ItemPart {
  if (!isFields(part) || part.kind !== 'item') return false;
  return isId(part.album) && isId(part.entry) && isNumber(part.addedAt) && isNumber(part.order);
}

export function albumDraft(tree: Tree, album: Omit<Album, 'items'>): Draft<'album'> {
  const { id, name, coverId, createdAt, query } = album;
  return draftOf(tree, id, { kind: 'album', name, coverId, createdAt, ...(query !== null && { query }) });
}

export function itemDraft(tree: Tree, album: string, { record, ...item }: AlbumItem): Draft<'album'> {
  return draftOf(tree, record, { kind: 'item', album, ...item });
}

export function removalDraft(tree: Tree, id: string): Draft<'album'> {
  return { table: 'album', id: ownRecordId(id, tree.user), body: null };
}

export function newAlbumRecordId(tree: Tree): string {
  return toHex(tree.random.bytes(16));
}

function draftOf(tree: Tree, id: string, part: AlbumPart | ItemPart): Draft<'album'> {
  const sealed = seal(albumsKey(tree), label, encode(part));
  return { table: 'album', id: ownRecordId(id, tree.user), body: { owner: tree.user, sealed } };
}

function albumsKey({ own }: Tree): Uint8Array {
  if (own) return own.albumsKey;
  throw new PeerstorError('forbidden', 'Albums belong to the owner of a drive alone.');
}
