/** Pictures put together: the same days of other years, journeys, places, and what there is to choose from. Pure. */
import type { FacetsView, PlaceView, TripView } from '../../../model/views/photos.ts';
import { type Photo, photoView } from './photo-row.ts';

const dayMs = 86_400_000;
/** Fewer pictures are no memory, and no journey. */
const tripPhotosMin = 5;
/** Days without a picture in the middle of a journey. */
const tripGapDays = 2;
/** Home is the town with pictures on most days, and each with so many as this share of those. */
const homeShare = 0.4;
const facetsMax = 50;
const yearsMax = 200;

export interface Memory {
  year: number;
  photos: Photo[];
}

/**
 * What was taken on a day of earlier years, newest year first. The 29th of February is remembered on the 28th too where there is none.
 * @param day `YYYY-MM-DD`
 */
export function memoriesOf(photos: readonly Photo[], day: string): Memory[] {
  const year = Number(day.slice(0, 4));
  const isLeap = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
  const days = new Set([day.slice(5), ...(day.slice(5) === '02-28' && !isLeap ? ['02-29'] : [])]);
  const byYear = new Map<number, Photo[]>();
  for (const photo of photos) {
    const taken = Number(photo.local.slice(0, 4));
    const isMemory = taken < year && year - taken <= yearsMax && days.has(photo.local.slice(5, 10));
    // A date that only the file system says is none to remember; nor are screenshots.
    if (!isMemory || photo.dateFrom === 'file' || photo.isScreenshot) continue;
    const group = byYear.get(taken);
    if (group) group.push(photo);
    else byYear.set(taken, [photo]);
  }
  return [...byYear]
    .sort(([left], [right]) => right - left)
    .map(([of, group]) => ({ year: of, photos: group }));
}

/** Towns with their pictures, most pictures first. */
export function placesOf(photos: readonly Photo[]): PlaceView[] {
  const groups = new Map<string, { photo: Photo; count: number }>();
  for (const photo of photos) {
    if (!photo.place) continue;
    const key = townOf(photo);
    const group = groups.get(key);
    if (group) group.count += 1;
    else groups.set(key, { photo, count: 1 });
  }
  return [...groups.values()]
    .sort((left, right) => right.count - left.count)
    .map(({ photo, count }) => {
      const { town = null, country = '', countryName = '' } = photo.place ?? {};
      return { town, country, countryName, count, cover: photoView(photo) };
    });
}

/**
 * Runs of days with pictures away from home, newest first. Home is where pictures were taken on many days.
 * @param photos newest first
 */
export function tripsOf(photos: readonly Photo[]): TripView[] {
  const placed = photos.filter(({ place, dateFrom }) => place && dateFrom !== 'file');
  const homes = homesOf(placed);
  const trips: Photo[][] = [];
  let lastDay = Number.NaN;
  for (const photo of placed) {
    if (homes.has(townOf(photo))) {
      // At home again, so what was before is another journey.
      lastDay = Number.NaN;
      continue;
    }
    const day = dayOf(photo);
    const trip = trips.at(-1);
    if (trip && lastDay - day <= tripGapDays) trip.push(photo);
    else trips.push([photo]);
    lastDay = day;
  }
  return trips.filter(({ length }) => length >= tripPhotosMin).map(tripView);
}

function tripView(trip: readonly Photo[]): TripView {
  const towns = new Map<string, number>();
  for (const photo of trip) {
    const name = photo.place?.town ?? photo.place?.countryName ?? '';
    towns.set(name, (towns.get(name) ?? 0) + 1);
  }
  const [newest, oldest] = [trip[0], trip.at(-1)];
  const countries = [...new Set(trip.map(({ place }) => place?.countryName ?? ''))];
  const cover = trip.find(({ favorite }) => favorite) ?? trip[Math.floor(trip.length / 2)];
  return {
    from: oldest?.local.slice(0, 10) ?? '',
    to: newest?.local.slice(0, 10) ?? '',
    towns: [...towns].sort(([, left], [, right]) => right - left).map(([name]) => name),
    countries,
    count: trip.length,
    cover: cover ? photoView(cover) : null,
  };
}

function homesOf(placed: readonly Photo[]): Set<string> {
  const daysByTown = new Map<string, Set<number>>();
  const days = new Set<number>();
  for (const photo of placed) {
    const town = townOf(photo);
    const day = dayOf(photo);
    days.add(day);
    const known = daysByTown.get(town) ?? new Set();
    daysByTown.set(town, known.add(day));
  }
  const most = [...daysByTown.values()].reduce((high, known) => Math.max(high, known.size), 0);
  const enough = most * homeShare;
  const homes = [...daysByTown].filter(([, known]) => known.size >= enough);
  // With a single journey every town of it would be home.
  const isMany = days.size >= 20;
  return new Set(isMany ? homes.map(([town]) => town) : []);
}

function townOf({ place }: Photo): string {
  return `${place?.country} ${place?.town ?? ''}`;
}

function dayOf({ local }: Photo): number {
  return Math.floor(Date.parse(`${local}Z`) / dayMs);
}

/** What the pictures found can be narrowed by, with numbers. */
export function facetsOf(photos: readonly Photo[]): FacetsView {
  const counted = (nameOf: (photo: Photo) => string | undefined) => {
    const counts = new Map<string, number>();
    for (const photo of photos) {
      const name = nameOf(photo);
      if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts]
      .sort(([left, one], [right, other]) => other - one || (left < right ? -1 : 1))
      .slice(0, facetsMax)
      .map(([name, count]) => ({ name, count }));
  };
  return {
    count: photos.length,
    kinds: counted(kindOf),
    cameras: counted(({ camera }) => camera),
    countries: counted(({ place }) => place?.countryName),
    towns: counted(({ place }) => place?.town ?? undefined),
    years: counted(({ local }) => local.slice(0, 4)),
  };
}

/** Each is also a word of a question (`photo-question.ts`). */
function kindOf(photo: Photo): string {
  if (photo.isScreenshot) return 'screenshot';
  if (photo.panorama) return 'panorama';
  if (photo.format === 'raw') return 'raw';
  return photo.kind === 'video' ? 'video' : 'photo';
}
