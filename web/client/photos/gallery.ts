/**
 * The pictures of a page, section by section: how many there are and how wide is known at once, the pictures themselves come when
 * they are in sight. No Preact here.
 */
import { signal } from '@preact/signals-core';
import type { PhotoView } from '../../../src/model/views/photos.ts';
import { spoken } from '../../words/words.ts';
import { ratiosOf, type Section } from './justified-rows.ts';
import { photosApi } from './photos-api.ts';

/** As the gallery was asked for: months of the timeline, or lists that are there already. */
export interface GallerySection extends Section {
  title: string;
}

export class Gallery {
  readonly sections = signal<readonly GallerySection[] | undefined>(undefined);
  readonly error = signal<Error | undefined>(undefined);
  /** Rises when pictures of a section came. */
  readonly arrived = signal(0);
  readonly #ask: (signal: AbortSignal) => Promise<GalleryAnswer>;
  #items = new Map<string, readonly PhotoView[]>();
  /** Shown until their section was asked for again. */
  #stale = new Map<string, readonly PhotoView[]>();
  readonly #loading = new Map<string, Promise<readonly PhotoView[]>>();
  #abort = new AbortController();
  #loadMonth: ((key: string) => Promise<PhotoView[]>) | undefined;

  constructor(ask: (signal: AbortSignal) => Promise<GalleryAnswer>) {
    this.#ask = ask;
  }

  /** Asks for everything again; what is shown stays until the answer is there. */
  async load(): Promise<void> {
    this.#abort.abort();
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const { sections, items, loadMonth } = await this.#ask(abort.signal);
      if (abort.signal.aborted) return;
      this.#loadMonth = loadMonth;
      this.#stale = this.#items;
      this.#items = items ?? new Map();
      this.#loading.clear();
      this.sections.value = sections;
      this.error.value = undefined;
      this.arrived.value += 1;
    } catch (cause) {
      if (!abort.signal.aborted) this.error.value = cause as Error;
    }
  }

  stop(): void {
    this.#abort.abort();
  }

  /** Pictures of a section; undefined while they are not here. */
  itemsOf(key: string): readonly PhotoView[] | undefined {
    return this.#items.get(key) ?? this.#stale.get(key);
  }

  /** Asks for the pictures of a section, once: who asks while they are on their way waits for the same answer. */
  async want(key: string): Promise<readonly PhotoView[]> {
    const known = this.#items.get(key);
    if (known || !this.#loadMonth) return known ?? this.itemsOf(key) ?? [];
    const underWay = this.#loading.get(key);
    if (underWay) return underWay;
    const asked = this.#askFor(key, this.#loadMonth);
    this.#loading.set(key, asked);
    try {
      return await asked;
    } finally {
      if (this.#loading.get(key) === asked) this.#loading.delete(key);
    }
  }

  async #askFor(
    key: string,
    loadMonth: (key: string) => Promise<PhotoView[]>,
  ): Promise<readonly PhotoView[]> {
    const { signal: over } = this.#abort;
    try {
      const items = await loadMonth(key);
      if (!over.aborted) {
        this.#items.set(key, items);
        this.arrived.value += 1;
      }
      return items;
    } catch (cause) {
      if (!over.aborted) this.error.value = cause as Error;
      return [];
    }
  }

  /** Everything that is here. */
  get known(): PhotoView[] {
    return (this.sections.value ?? []).flatMap(({ key }) => [...(this.itemsOf(key) ?? [])]);
  }
}

export interface GalleryAnswer {
  sections: GallerySection[];
  items?: Map<string, readonly PhotoView[]>;
  loadMonth?: (key: string) => Promise<PhotoView[]>;
}

/** `2026-07` → July 2026 */
export function monthTitle(month: string): string {
  const date = new Date(`${month}-01T00:00:00Z`);
  return Number.isNaN(date.getTime())
    ? month
    : new Intl.DateTimeFormat(spoken.value.locale, {
        month: 'long',
        year: 'numeric',
        timeZone: 'UTC',
      }).format(date);
}

export async function timeline(signal: AbortSignal): Promise<GalleryAnswer> {
  const { months } = await photosApi.timeline(signal);
  return {
    sections: months.map(({ month, ratios }) => ({
      key: month,
      title: monthTitle(month),
      ratios: ratiosOf(ratios),
    })),
    loadMonth: async (month) => (await photosApi.month(month)).items,
  };
}

/** One section; for an album, whose order is its own. */
export function oneSection(photos: readonly PhotoView[], title: string): GalleryAnswer {
  const ratios = Float32Array.from(photos, ({ ratio }) => ratio);
  return {
    sections: photos.length === 0 ? [] : [{ key: 'all', title, ratios }],
    items: new Map([['all', photos]]),
  };
}

/** By month, newest first as they come. */
export function byMonth(photos: readonly PhotoView[]): GalleryAnswer {
  const items = new Map<string, PhotoView[]>();
  for (const photo of photos) {
    const month = photo.takenLocal.slice(0, 7);
    const there = items.get(month);
    if (there) there.push(photo);
    else items.set(month, [photo]);
  }
  return groups([...items].map(([month, group]) => [month, monthTitle(month), group]));
}

export function groups(
  given: readonly (readonly [key: string, title: string, photos: readonly PhotoView[]])[],
): GalleryAnswer {
  return {
    sections: given.map(([key, title, photos]) => ({
      key,
      title,
      ratios: Float32Array.from(photos, ({ ratio }) => ratio),
    })),
    items: new Map(given.map(([key, , photos]) => [key, photos])),
  };
}
