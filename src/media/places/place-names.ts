/** Names of places without asking anybody: the country by its border, then a town of it. */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { GpsPlace, PlaceName, PlaceNames } from '../../model/contracts/media/media-maker.ts';
import { PlaceTable } from './place-table.ts';

/** Cameras stand still: one name for each hundred meters or so. */
const keptMax = 20_000;
const keptUnit = 1000;

/** @returns undefined where the file of places is missing: a checkout that was not built */
export async function openPlaceNames(file: URL): Promise<PlaceNames | undefined> {
  try {
    const packed = await promisify(gunzip)(await readFile(file));
    const { iso1A2Code } = await import('@rapideditor/country-coder');
    const countryAt = (place: GpsPlace) =>
      iso1A2Code([place.longitude, place.latitude], { level: 'territory' }) ?? undefined;
    return placeNames(new PlaceTable(packed), countryAt);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** @param countryAt the country within whose borders a place is; undefined at sea */
export function placeNames(
  table: PlaceTable,
  countryAt: (place: GpsPlace) => string | undefined,
): PlaceNames {
  const kept = new Map<string, PlaceName | undefined>();
  const english = new Intl.DisplayNames('en', { type: 'region' });
  const german = new Intl.DisplayNames('de', { type: 'region' });
  const look = (place: GpsPlace): PlaceName | undefined => {
    const within = countryAt(place);
    const town =
      table.nearest(place.latitude, place.longitude, within) ??
      (within === undefined ? table.nearest(place.latitude, place.longitude) : undefined);
    const country = within ?? town?.country;
    if (country === undefined) return undefined;
    const words = [town?.name, ...(town?.alsoCalled ?? []), english.of(country), german.of(country)];
    return {
      town: town?.name ?? null,
      country,
      countryName: english.of(country) ?? country,
      words: words.filter((word) => word !== undefined),
    };
  };
  return {
    nameOf(place) {
      const key = `${Math.round(place.latitude * keptUnit)} ${Math.round(place.longitude * keptUnit)}`;
      if (kept.has(key)) return kept.get(key);
      const name = look(place);
      if (kept.size >= keptMax) kept.clear();
      kept.set(key, name);
      return name;
    },
  };
}
