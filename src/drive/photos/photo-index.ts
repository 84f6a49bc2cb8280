/**
 * The pictures and films of one open drive, in memory: read once, then kept up with every change. What is in the trash
 * stays in it, hidden, so that restoring a folder costs nothing.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { CatalogChange } from '../../model/contracts/catalog.ts';
import type { GpsPlace, MediaKind } from '../../model/contracts/media/media-maker.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId, type VersionId } from '../../model/ids.ts';
import type { PhotoView } from '../../model/views/photos.ts';
import { marksOf } from '../tree/entry-view.ts';
import { openMedia } from '../tree/media-record.ts';
import { givenName, openEntry, type Tree, trashedAt } from '../tree/tree.ts';
import { photoDate } from './photo-dates.ts';

/** Entries that are opened before others have their turn. */
const entriesAtOnce = 32;

export interface Photo {
  id: EntryId;
  version: VersionId;
  name: string;
  kind: MediaKind;
  takenMs: number;
  local: string;
  dateFrom: PhotoView['dateFrom'];
  width: number;
  height: number;
  thumbhash: string | null;
  perceptualHash: Uint8Array | undefined;
  /** Equal for equal content. */
  digest: string;
  hasThumbnail: boolean;
  favorite: boolean;
  durationSeconds: number | undefined;
  gps: GpsPlace | undefined;
  camera: string | undefined;
  lens: string | undefined;
}

interface Row extends Photo {
  isHidden: boolean;
}

const indexes = new WeakMap<Tree, PhotoIndex>();

export function photoIndexOf(tree: Tree): PhotoIndex {
  let index = indexes.get(tree);
  if (!index) {
    index = new PhotoIndex(tree, () => indexes.delete(tree));
    indexes.set(tree, index);
  }
  return index;
}

export class PhotoIndex {
  readonly #tree: Tree;
  readonly #rows = new Map<EntryId, Row>();
  /** Entries that must be looked at again. */
  readonly #dirty = new Set<EntryId>();
  /** A folder moved, went to the trash or came back. */
  #foldersMoved = false;
  #isBuilt = false;
  #refreshing: Promise<void> | undefined;
  #sorted: readonly Photo[] | undefined;

  constructor(tree: Tree, drop: () => void) {
    this.#tree = tree;
    // Before it is built: what changes meanwhile is looked at again afterwards.
    tree.cache.watch((changes, touched) => this.#note(changes, touched), drop);
  }

  /** Everything outside the trash, newest first. */
  async photos(): Promise<readonly Photo[]> {
    while (!this.#isBuilt || this.#dirty.size > 0 || this.#foldersMoved) {
      this.#refreshing ??= this.#refresh().finally(() => {
        this.#refreshing = undefined;
      });
      await this.#refreshing;
    }
    this.#sorted ??= [...this.#rows.values()].filter(({ isHidden }) => !isHidden).sort(newestFirst);
    return this.#sorted;
  }

  /** undefined for what is no picture, or is in the trash. */
  async photo(id: EntryId): Promise<Photo | undefined> {
    await this.photos();
    const row = this.#rows.get(id);
    return row?.isHidden ? undefined : row;
  }

  #note(changes: readonly CatalogChange[], touched: ReadonlySet<string>): void {
    // Keys came: what did not open may open now.
    if (changes.length === 0) this.#isBuilt = false;
    for (const id of touched) if (isEntryId(id)) this.#dirty.add(id);
    for (const { record, local } of changes) {
      const isNewHere = local && record.base.length === 0;
      if (record.table === 'entry' && !isNewHere && isFolder(record.body)) this.#foldersMoved = true;
    }
  }

  async #refresh(): Promise<void> {
    if (!this.#isBuilt) {
      this.#isBuilt = true;
      await this.#build();
    }
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const [at, id] of dirty.entries()) {
      await this.#look(id);
      if (at % entriesAtOnce === 0) await breathe();
    }
    if (!this.#foldersMoved) return;
    this.#foldersMoved = false;
    let looked = 0;
    for (const [id, row] of this.#rows) {
      const entry = this.#open(id);
      const isHidden = !entry || trashedAt(this.#tree, entry) !== null;
      if (isHidden !== row.isHidden) this.#sorted = undefined;
      row.isHidden = isHidden;
      looked += 1;
      if (looked % entriesAtOnce === 0) await breathe();
    }
  }

  async #build(): Promise<void> {
    const { catalog, user } = this.#tree;
    let looked = 0;
    for await (const { body } of catalog.list('media')) {
      if (body?.owner !== user) continue;
      const id = entryId(body.entry);
      if (this.#rows.has(id)) continue;
      await this.#look(id);
      looked += 1;
      if (looked % entriesAtOnce === 0) await breathe();
    }
  }

  async #look(id: EntryId): Promise<void> {
    const row = await this.#read(id);
    if (!row && !this.#rows.has(id)) return;
    this.#sorted = undefined;
    if (row) this.#rows.set(id, row);
    else this.#rows.delete(id);
  }

  async #read(id: EntryId): Promise<Row | undefined> {
    const entry = this.#open(id);
    if (entry?.body.kind !== 'file') return undefined;
    const { winner } = await this.#tree.cache.heads.of(id, entry.keys);
    const media = winner && openMedia(this.#tree, winner.id, entry.keys);
    if (!media) return undefined;
    const name = givenName(entry);
    const { takenMs, local, from } = photoDate(media.takenAt, name, winner.modifiedAt);
    return {
      id,
      version: winner.id,
      name,
      kind: media.kind,
      takenMs,
      local,
      dateFrom: from,
      width: media.width,
      height: media.height,
      thumbhash: media.thumbhash ? Buffer.from(media.thumbhash).toString('base64') : null,
      perceptualHash: media.perceptualHash,
      digest: Buffer.from(winner.contentDigest).toString('base64'),
      hasThumbnail: media.thumbnails.length > 0,
      favorite: marksOf(this.#tree, entry).starred,
      durationSeconds: media.durationSeconds,
      gps: media.gps,
      camera: media.camera,
      lens: media.lens,
      isHidden: trashedAt(this.#tree, entry) !== null,
    };
  }

  #open(id: EntryId) {
    try {
      const entry = openEntry(this.#tree, id);
      // The name must open too.
      givenName(entry);
      return entry;
    } catch (error) {
      if (!isPeerstorError(error)) throw error;
      return undefined;
    }
  }
}

/** By the local time, as people remember it; equal ones in an order that every device has. */
function newestFirst(left: Photo, right: Photo): number {
  if (left.local !== right.local) return left.local < right.local ? 1 : -1;
  return left.id < right.id ? 1 : -1;
}

function isEntryId(id: string): id is EntryId {
  return /^[0-9a-f]{32}$/.test(id);
}

function isFolder(body: unknown): boolean {
  // A tombstone may be that of a folder.
  if (body === null) return true;
  return typeof body === 'object' && 'kind' in body && body.kind === 'folder';
}

export function photoView(photo: Photo): PhotoView {
  const { id, name, version, kind, takenMs, local, dateFrom, thumbhash, hasThumbnail, favorite } = photo;
  return {
    id,
    name,
    version,
    kind,
    takenAt: new Date(takenMs).toISOString(),
    takenLocal: local,
    dateFrom,
    ratio: ratioOf(photo),
    thumbhash,
    hasThumbnail,
    favorite,
    ...(photo.durationSeconds !== undefined && { durationSeconds: photo.durationSeconds }),
    ...(photo.gps && { gps: photo.gps }),
  };
}

export function ratioOf({ width, height }: Pick<Photo, 'width' | 'height'>): number {
  return width > 0 && height > 0 ? Math.round((width / height) * 1000) / 1000 : 1;
}
