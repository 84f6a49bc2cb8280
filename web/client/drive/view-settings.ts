/** How a person likes to see each folder: sorted by what, as a list or as tiles. Kept in this browser. */
import { signal } from '@preact/signals-core';

export interface Sorting {
  sort: 'name' | 'size' | 'modifiedAt';
  order: 'asc' | 'desc';
}

export type Layout = 'list' | 'tiles';

interface Kept {
  /** Folders, and other lists, whose layout was chosen; the ones changed last at the end. */
  layouts: [place: string, layout: Layout][];
  /** Are details shown beside lists? */
  details: boolean;
  /** Folders that are not sorted by name; the ones changed last at the end. */
  sorting: [folderId: string, sorting: Sorting][];
}

const key = 'peerstor.view';
const foldersMax = 300;
const byName: Sorting = { sort: 'name', order: 'asc' };

const kept = signal<Kept>(read());

/** @param places the folder and those around it, from within; or the name of a list that is no folder */
export function layoutOf(places: readonly string[]): Layout {
  const chosen = new Map(kept.value.layouts);
  const nearest = places.find((place) => chosen.has(place));
  return (nearest === undefined ? undefined : chosen.get(nearest)) ?? 'list';
}

export function sortingOf(folderId: string): Sorting {
  return kept.value.sorting.find(([id]) => id === folderId)?.[1] ?? byName;
}

/** Folders within follow, unless they have a choice of their own. */
export function changeLayout(places: readonly string[], layout: Layout): void {
  const [place = ''] = places;
  const others = kept.value.layouts.filter(([id]) => id !== place);
  const all: Kept['layouts'] = [...others, [place, layout]];
  write({ ...kept.value, layouts: all.slice(-foldersMax) });
}

export function detailsShown(): boolean {
  return kept.value.details;
}

export function showDetails(details: boolean): void {
  write({ ...kept.value, details });
}

export function changeSorting(folderId: string, sorting: Sorting): void {
  const others = kept.value.sorting.filter(([id]) => id !== folderId);
  const isDefault = sorting.sort === byName.sort && sorting.order === byName.order;
  const all: Kept['sorting'] = isDefault ? others : [...others, [folderId, sorting]];
  write({ ...kept.value, sorting: all.slice(-foldersMax) });
}

function read(): Kept {
  try {
    const found = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Kept>;
    return {
      layouts: Array.isArray(found.layouts) ? found.layouts : [],
      details: found.details === true,
      sorting: Array.isArray(found.sorting) ? found.sorting : [],
    };
  } catch {
    return { layouts: [], details: false, sorting: [] };
  }
}

function write(next: Kept): void {
  kept.value = next;
  try {
    localStorage.setItem(key, JSON.stringify(next));
  } catch {
    // Storage is off: it holds as long as the page is open.
  }
}
