import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { PhotoView } from '../../../../src/model/views/photos.ts';
import type { Gallery, GallerySection } from '../../../client/photos/gallery.ts';
import { toggleFavorite, trashPhotos } from '../../../client/photos/photo-actions.ts';
import { downloadOf } from '../../../client/photos/photos-api.ts';
import { InfoSheet } from './info-sheet.tsx';
import { openViewer, type Viewer, type ViewerSource } from './viewer.ts';

/**
 * Shows the picture that the address names (`?photo=ID`), so that Back closes the viewer and a reload opens it again.
 * @returns the address of a picture, and what opens it
 */
export function useViewer(gallery: Gallery): {
  hrefOf(photo: PhotoView): string;
  open(photo: PhotoView): void;
} {
  const { path, query, route } = useLocation();
  const shown = query.photo;
  const viewer = useRef<Viewer | null>(null);
  /** The viewer was opened from the page behind it, so Back leads there. */
  const wasPushed = useRef(false);
  const sections = gallery.sections.value;

  const addressOf = (id: string | undefined) => {
    const parameters = new URLSearchParams(query);
    parameters.delete('photo');
    if (id !== undefined) parameters.set('photo', id);
    const text = parameters.toString();
    return text === '' ? path : `${path}?${text}`;
  };
  const latest = useRef({ shown, addressOf, route });
  latest.current = { shown, addressOf, route };

  useEffect(() => {
    if (shown === undefined) {
      viewer.current?.close();
      return;
    }
    if (viewer.current || !sections) return;
    let left = false;
    const had = sections.filter(({ key }) => hasIn(gallery, key, shown));
    void find(gallery, sections, shown, [...had, ...sections]).then((index) => {
      if (left || viewer.current) return;
      if (index === undefined) return latest.current.route(latest.current.addressOf(undefined), true);
      viewer.current = show(index);
    });
    return () => {
      left = true;
    };
  }, [shown, sections]);
  const earlier = useRef(sections);
  useEffect(() => {
    const before = new Map(earlier.current?.map(({ key, ratios }) => [key, ratios.length]));
    earlier.current = sections;
    if (shown === undefined || !sections || !viewer.current) return;
    // It is where it was, or it has another date now, and the section that it came to has grown.
    const had = sections.filter(({ key }) => hasIn(gallery, key, shown));
    const grown = sections.filter(({ key, ratios }) => ratios.length > (before.get(key) ?? 0));
    let isOld = false;
    void find(gallery, sections, shown, [...had, ...grown]).then(
      (index) => !isOld && viewer.current?.refresh(index),
    );
    return () => {
      isOld = true;
    };
  }, [sections]);
  useEffect(() => () => viewer.current?.close(), []);

  function show(index: number): Viewer {
    const sheet = new InfoSheet(() => viewer.current?.makeRoom());
    let root: HTMLElement | undefined;
    return openViewer(index, sourceOf(gallery), {
      onChange(photo) {
        const { shown: before, addressOf: address, route: go } = latest.current;
        if (before !== photo.id) go(address(photo.id), true);
        if (sheet.isOpen && root) sheet.show(photo, root);
      },
      onClose() {
        viewer.current = null;
        sheet.close();
        const { shown: still, addressOf: address, route: go } = latest.current;
        if (still === undefined) return;
        if (wasPushed.current) history.back();
        else go(address(undefined), true);
        wasPushed.current = false;
      },
      onInfo(photo, element) {
        root = element;
        if (sheet.isOpen) sheet.close();
        else sheet.show(photo, element);
      },
      onFavorite: (photo) => void toggleFavorite([photo]),
      onDownload: (photo) => download(downloadOf(photo)),
      async onTrash(photo) {
        await trashPhotos([photo]);
        await gallery.load();
      },
    });
  }

  return {
    hrefOf: ({ id }) => addressOf(id),
    open(photo) {
      wasPushed.current = true;
      route(addressOf(photo.id));
    },
  };
}

/** Saves what an address gives. */
export function download(address: string): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = '';
  document.body.append(link);
  link.click();
  link.remove();
}

function sourceOf(gallery: Gallery): ViewerSource {
  const placeOf = (index: number) => {
    let start = 0;
    for (const section of gallery.sections.value ?? []) {
      if (index < start + section.ratios.length) return { key: section.key, at: index - start };
      start += section.ratios.length;
    }
    return undefined;
  };
  return {
    count: () => (gallery.sections.value ?? []).reduce((sum, { ratios }) => sum + ratios.length, 0),
    photoAt(index) {
      const place = placeOf(index);
      return place && gallery.itemsOf(place.key)?.[place.at];
    },
    async want(index) {
      const place = placeOf(index);
      if (place) await gallery.want(place.key);
    },
  };
}

/**
 * The number of a picture in the whole gallery.
 * @param some the sections to look through, one after the other, as they are now
 */
async function find(
  gallery: Gallery,
  sections: readonly GallerySection[],
  id: string,
  some: readonly GallerySection[],
): Promise<number | undefined> {
  for (const section of some) {
    const at = (await gallery.want(section.key)).findIndex((photo) => photo.id === id);
    if (at < 0) continue;
    const before = sections.slice(0, sections.indexOf(section));
    return at + before.reduce((sum, { ratios }) => sum + ratios.length, 0);
  }
  return undefined;
}

function hasIn(gallery: Gallery, key: string, id: string): boolean {
  return gallery.itemsOf(key)?.some((photo) => photo.id === id) ?? false;
}
