/** What a user may ask of their pictures. */
import type { MapBox, Photos } from '../../model/contracts/media/photos.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { PhotoView, TimelineMonth } from '../../model/views/photos.ts';
import type { Tree } from '../tree/tree.ts';
import { createAlbums } from './albums/albums.ts';
import { lookAlikes } from './index/look-alikes.ts';
import { facetsOf, memoriesOf, placesOf, tripsOf } from './index/photo-groups.ts';
import { photoIndexOf } from './index/photo-index.ts';
import { photoTest } from './index/photo-question.ts';
import { type Photo, photoView, ratioOf } from './index/photo-row.ts';
import { mediaUpkeepOf } from './media-upkeep.ts';
import { changePhotos } from './photo-changes.ts';

const questionLengthMax = 1000;
/** Of the byte in which a month tells the ratio of a picture. */
const ratioSteps = 50;

export function createPhotos(tree: Tree): Photos {
  const arranged = () => photoIndexOf(tree).arranged();
  const chosen = async (fits: (photo: Photo) => boolean): Promise<PhotoView[]> => {
    const { top, beneath } = await arranged();
    return top.filter(fits).map((photo) => photoView(photo, beneath.get(photo.id)));
  };
  /** What is shown where nobody asked for something special. */
  const shown = async () => (await arranged()).top.filter(isShown);
  const asked = async (question: string) => {
    if (question.length > questionLengthMax) {
      throw new PeerstorError('bad-input', 'This question is too long.');
    }
    const fits = photoTest(question);
    return (photo: Photo) => !photo.edits.hidden && fits(photo);
  };
  return {
    async timeline() {
      return monthsOf(await shown());
    },
    month: (month) => chosen((photo) => isShown(photo) && monthOf(photo.local) === month),
    onMap: (box) => chosen((photo) => isShown(photo) && isInside(photo, box)),
    search: async (question) => chosen(await asked(question)),
    async facets(question) {
      if (question.trim() === '') return facetsOf(await shown());
      const fits = await asked(question);
      return facetsOf((await arranged()).top.filter(fits));
    },
    async stack(id) {
      const { top, beneath } = await arranged();
      const first = top.find((photo) => photo.id === id);
      if (!first) throw new PeerstorError('not-found', 'There is no such picture in the timeline.');
      const others = beneath.get(id) ?? [];
      return [photoView(first, others), ...others.map((photo) => photoView(photo))];
    },
    async memories(day) {
      const { beneath } = await arranged();
      return memoriesOf(await shown(), day).map(({ year, photos }) => ({
        year,
        items: photos.map((photo) => photoView(photo, beneath.get(photo.id))),
      }));
    },
    trips: async () => tripsOf(await shown()),
    places: async () => placesOf(await shown()),
    archived: () => chosen(({ edits }) => edits.archived === true && !edits.hidden),
    hidden: () => chosen(({ edits }) => edits.hidden === true),
    change: (ids, change) => changePhotos(tree, ids, change),
    async duplicates() {
      return (await lookAlikes(await shown())).map((group) => group.map((photo) => photoView(photo)));
    },
    async progress() {
      return mediaUpkeepOf(tree)?.progress() ?? { waiting: 0, lack: null };
    },
    ...createAlbums(tree),
  };
}

function isShown({ edits }: Photo): boolean {
  return !edits.archived && !edits.hidden;
}

function monthOf(local: string): string {
  return local.slice(0, 7);
}

/** @param photos newest first */
function monthsOf(photos: readonly Photo[]): TimelineMonth[] {
  const months = new Map<string, number[]>();
  for (const photo of photos) {
    const month = monthOf(photo.local);
    const ratios = months.get(month);
    const byte = Math.min(255, Math.max(1, Math.round(ratioOf(photo) * ratioSteps)));
    if (ratios) ratios.push(byte);
    else months.set(month, [byte]);
  }
  return [...months].map(([month, ratios]) => ({
    month,
    count: ratios.length,
    ratios: Buffer.from(ratios).toString('base64'),
  }));
}

function isInside({ gps }: Photo, { west, south, east, north }: MapBox): boolean {
  if (!gps || gps.latitude < south || gps.latitude > north) return false;
  const { longitude } = gps;
  return west <= east ? longitude >= west && longitude <= east : longitude >= west || longitude <= east;
}
