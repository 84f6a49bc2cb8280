/** What a user may ask of their pictures. */
import type { MapBox, Photos } from '../../model/contracts/media/photos.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { TimelineMonth } from '../../model/views/photos.ts';
import type { Tree } from '../tree/tree.ts';
import { createAlbums } from './albums.ts';
import { lookAlikes } from './look-alikes.ts';
import { mediaUpkeepOf } from './media-upkeep.ts';
import { type Photo, photoIndexOf, photoView, ratioOf } from './photo-index.ts';
import { photoTest } from './photo-question.ts';

const questionLengthMax = 1000;
/** Of the byte in which a month tells the ratio of a picture. */
const ratioSteps = 50;

export function createPhotos(tree: Tree): Photos {
  const all = () => photoIndexOf(tree).photos();
  const chosen = async (fits: (photo: Photo) => boolean) => (await all()).filter(fits).map(photoView);
  return {
    async timeline() {
      return monthsOf(await all());
    },
    month: (month) => chosen(({ local }) => monthOf(local) === month),
    onMap: (box) => chosen((photo) => isInside(photo, box)),
    async search(question) {
      if (question.length > questionLengthMax)
        throw new PeerstorError('bad-input', 'This question is too long.');
      return chosen(photoTest(question));
    },
    async duplicates() {
      return (await lookAlikes(await all())).map((group) => group.map(photoView));
    },
    async progress() {
      return mediaUpkeepOf(tree)?.progress() ?? { waiting: 0, lack: null };
    },
    ...createAlbums(tree),
  };
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
