/** Pictures and albums in memory, for tests of what stands in front of them. */
import type { EntryOutcome } from '../../src/model/api.ts';
import type { MapBox, PhotoChange, Photos } from '../../src/model/contracts/media/photos.ts';
import { PeerstorError } from '../../src/model/errors.ts';
import type { EntryId } from '../../src/model/ids.ts';
import type { AlbumView, PhotoView } from '../../src/model/views/photos.ts';

export class FakePhotos implements Photos {
  /** Newest first. */
  readonly all: PhotoView[] = [];
  readonly #albums = new Map<
    string,
    { name: string; ids: string[]; coverId: string | null; query: string | null }
  >();
  /** The last box that was asked for. */
  box: MapBox | undefined;

  async timeline() {
    const months = [...new Set(this.all.map(({ takenLocal }) => takenLocal.slice(0, 7)))];
    return Promise.all(
      months.map(async (month) => {
        const photos = await this.month(month);
        const ratios = Buffer.from(photos.map(({ ratio }) => ratio * 50)).toString('base64');
        return { month, count: photos.length, ratios };
      }),
    );
  }

  async month(month: string) {
    return this.all.filter(({ takenLocal }) => takenLocal.startsWith(month));
  }

  async onMap(box: MapBox) {
    this.box = box;
    return this.all.filter(({ gps }) => gps !== undefined);
  }

  async search(question: string) {
    return this.all.filter(({ name }) => name.includes(question));
  }

  /** Changes that were asked for. */
  readonly changes: { ids: readonly string[]; change: PhotoChange }[] = [];

  async facets(question: string) {
    const none = { kinds: [], cameras: [], countries: [], towns: [], years: [] };
    return { ...none, count: (await this.search(question)).length };
  }

  async stack(id: EntryId) {
    return this.all.filter((photo) => photo.id === id);
  }

  async memories(day: string) {
    const items = this.all.filter(({ takenLocal }) => takenLocal.slice(5, 10) === day.slice(5));
    return items.length > 0 ? [{ year: Number(items[0]?.takenLocal.slice(0, 4)), items }] : [];
  }

  async trips() {
    const [cover = null] = this.all;
    return [{ from: '2026-07-01', to: '2026-07-03', towns: ['Lima'], countries: ['Peru'], count: 9, cover }];
  }

  async places() {
    const [cover] = this.all;
    return cover ? [{ town: 'Lima', country: 'PE', countryName: 'Peru', count: 1, cover }] : [];
  }

  async archived() {
    return this.all.filter(({ archived }) => archived);
  }

  async hidden() {
    return this.all.filter(({ hidden }) => hidden);
  }

  async change(ids: readonly EntryId[], change: PhotoChange) {
    this.changes.push({ ids, change });
    return ids.map((id): EntryOutcome => ({ id, ok: true }));
  }

  async duplicates() {
    return [this.all];
  }

  async progress() {
    return { waiting: 0, lack: null };
  }

  async albums() {
    return [...this.#albums.keys()].map((id) => this.#view(id));
  }

  async album(id: string) {
    return this.#view(id);
  }

  async createAlbum(name: string, query?: string) {
    const id = `album${this.#albums.size + 1}`;
    this.#albums.set(id, { name, ids: [], coverId: null, query: query ?? null });
    return this.#view(id);
  }

  async changeAlbum(
    id: string,
    change: { name?: string; coverId?: EntryId | null; order?: readonly EntryId[] },
  ) {
    const album = this.#find(id);
    if (change.name !== undefined) album.name = change.name;
    if (change.coverId !== undefined) album.coverId = change.coverId;
    if (change.order) album.ids = [...change.order];
    return this.#view(id);
  }

  async deleteAlbum(id: string) {
    this.#find(id);
    this.#albums.delete(id);
  }

  async albumEntries(id: string) {
    const { ids } = this.#find(id);
    return ids.flatMap((entry) => this.all.find((photo) => photo.id === entry) ?? []);
  }

  async addToAlbum(id: string, entries: readonly EntryId[]): Promise<EntryOutcome[]> {
    const album = this.#find(id);
    album.ids.push(...entries);
    return entries.map((entry) => ({ id: entry, ok: true }));
  }

  async removeFromAlbum(id: string, entries: readonly EntryId[]): Promise<EntryOutcome[]> {
    const album = this.#find(id);
    album.ids = album.ids.filter((entry) => !entries.some((gone) => gone === entry));
    return entries.map((entry) => ({ id: entry, ok: true }));
  }

  #find(id: string) {
    const album = this.#albums.get(id);
    if (album) return album;
    throw new PeerstorError('not-found', 'There is no such album.');
  }

  #view(id: string): AlbumView {
    const { name, ids, coverId, query } = this.#find(id);
    const cover = this.all.find((photo) => photo.id === (coverId ?? ids[0])) ?? null;
    return { id, name, count: ids.length, createdAt: new Date(0).toISOString(), query, cover };
  }
}
