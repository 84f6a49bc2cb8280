/** The viewer of pictures and films over the whole window: PhotoSwipe, with our own content and buttons. */
import PhotoSwipe, { type PhotoSwipeOptions, type SlideData } from 'photoswipe';
import { displayText } from '../../../../src/model/display-text.ts';
import type { PhotoView } from '../../../../src/model/views/photos.ts';
import { originalOf, renditionOf, thumbnailOf } from '../../../client/photos/photos-api.ts';
import { t } from '../../../words/words.ts';
import { tileName } from '../photo-tile.tsx';
import { filmElement } from './film.tsx';

/** What the viewer walks through. */
export interface ViewerSource {
  count(): number;
  /** undefined while it is not here. */
  photoAt(index: number): PhotoView | undefined;
  /** Resolves when the picture is here. */
  want(index: number): Promise<void>;
}

export interface ViewerEvents {
  onChange(photo: PhotoView): void;
  onClose(): void;
  onInfo(photo: PhotoView, root: HTMLElement): void;
  onFavorite(photo: PhotoView): void;
  onDownload(photo: PhotoView): void;
  /** Resolves when the source is without it. */
  onTrash(photo: PhotoView): Promise<void>;
}

export interface Viewer {
  close(): void;
  /**
   * The source changed.
   * @param index where the picture that is shown is now; undefined where it is gone: what took its place is shown
   */
  refresh(index: number | undefined): void;
  /** The sheet of facts came or went. */
  makeRoom(): void;
}

const largeEdge = 2160;
/** As `styles/photos.css` has them. */
const sheetPx = 340;
const sheetBesidePx = 700;
const paths = {
  info: '<circle cx="12" cy="12" r="10"/><path d="M12 16v-4M12 8h.01"/>',
  star: '<path d="m12 2.6 2.9 5.9 6.5.9-4.7 4.6 1.1 6.5-5.8-3.1-5.8 3.1 1.1-6.5L2.6 9.4l6.5-.9z"/>',
  download: '<path d="M12 3v12m0 0 5-5m-5 5-5-5M4 21h16"/>',
  trash: '<path d="M3 6h18M8 6V4h8v2m3 0-1 14H6L5 6m5 5v6m4-6v6"/>',
};

function icon(name: keyof typeof paths): string {
  return `<svg class="pswp__icn viewer-icon" viewBox="0 0 24 24" aria-hidden="true">${paths[name]}</svg>`;
}

export function openViewer(index: number, source: ViewerSource, on: ViewerEvents): Viewer {
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const options: PhotoSwipeOptions = {
    dataSource: [],
    index,
    loop: false,
    wheelToZoom: true,
    showHideAnimationType: still ? 'none' : 'fade',
    zoomAnimationDuration: still ? 0 : 200,
    bgOpacity: 0.96,
    // The sheet of facts stands beside the picture where there is room.
    paddingFn: ({ x }) => ({
      top: 0,
      bottom: 0,
      left: 0,
      right: isSheetOpen() && x > sheetBesidePx ? sheetPx : 0,
    }),
    closeTitle: t('Close (Escape)'),
    zoomTitle: t('Zoom'),
    arrowPrevTitle: t('Previous'),
    arrowNextTitle: t('Next'),
    errorMsg: t('This picture cannot be shown. Download it to open it on your device.'),
  };
  const viewer = new PhotoSwipe(options);
  const isSheetOpen = () => viewer.element?.querySelector('.info-sheet') != null;
  /** What is done is done to what is shown, although the source may have another picture in its place by now. */
  let shown: PhotoView | undefined;
  const tell = () => {
    shown = source.photoAt(viewer.currIndex);
    if (shown) on.onChange(shown);
  };

  viewer.addFilter('numItems', () => source.count());
  viewer.addFilter('itemData', (_data, at) => slideOf(source.photoAt(at)));
  viewer.on('contentLoad', (event) => {
    const { film } = event.content.data;
    if (!film) return;
    event.preventDefault();
    event.content.element = filmElement(film);
    event.content.onLoaded();
  });
  viewer.on('contentDeactivate', ({ content }) => content.element?.querySelector('video')?.pause());
  viewer.on('change', () => {
    const { currIndex } = viewer;
    void source.want(currIndex).then(() => {
      if (!viewer.isDestroying && viewer.currSlide?.data.type === 'html')
        viewer.refreshSlideContent(currIndex);
      tell();
    });
    for (const near of [currIndex - 1, currIndex + 1]) {
      if (near >= 0 && near < source.count() && !source.photoAt(near)) {
        void source.want(near).then(() => !viewer.isDestroying && viewer.refreshSlideContent(near));
      }
    }
  });
  const act = (what: (photo: PhotoView) => void) => {
    if (shown) what(shown);
  };
  addButtons(viewer, on, act);
  viewer.on('keydown', ({ originalEvent: event, ...rest }) => {
    const isTyping = event.target instanceof HTMLVideoElement;
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const done = keyActions(viewer, on)[event.shiftKey ? `Shift+${event.code}` : event.code];
    if (!done) return;
    event.preventDefault();
    act(done);
    void rest;
  });
  viewer.on('afterInit', () => {
    if (viewer.element) viewer.element.ariaLabel = t('Photos');
  });
  viewer.on('destroy', () => on.onClose());
  viewer.init();
  return {
    close: () => viewer.close(),
    makeRoom: () => viewer.updateSize(true),
    refresh(index) {
      const count = source.count();
      if (count === 0) return viewer.close();
      const to = Math.min(index ?? viewer.currIndex, count - 1);
      if (to !== viewer.currIndex) viewer.goTo(to);
      for (const at of [viewer.currIndex - 1, viewer.currIndex, viewer.currIndex + 1]) {
        if (at >= 0 && at < count) viewer.refreshSlideContent(at);
      }
      tell();
    },
  };
}

function keyActions(viewer: PhotoSwipe, on: ViewerEvents): Record<string, (photo: PhotoView) => void> {
  return {
    KeyI: (photo) => viewer.element && on.onInfo(photo, viewer.element),
    KeyF: (photo) => on.onFavorite(photo),
    Delete: (photo) => void on.onTrash(photo),
    'Shift+KeyD': (photo) => on.onDownload(photo),
  };
}

function addButtons(
  viewer: PhotoSwipe,
  on: ViewerEvents,
  act: (what: (photo: PhotoView) => void) => void,
): void {
  const keys = keyActions(viewer, on);
  const buttons = [
    ['info', t('Information (I)'), 'KeyI'],
    ['star', t('Favorite (F)'), 'KeyF'],
    ['download', t('Download (Shift+D)'), 'Shift+KeyD'],
    ['trash', t('Move to the trash (Delete)'), 'Delete'],
  ] as const;
  viewer.on('uiRegister', () => {
    for (const [at, [name, title, key]] of buttons.entries()) {
      viewer.ui?.registerElement({
        name: `peerstor-${name}`,
        title,
        ariaLabel: title,
        order: 8 + at / 10,
        isButton: true,
        html: icon(name),
        onClick: () => {
          const done = keys[key];
          if (done) act(done);
        },
      });
    }
  });
}

/** Of a picture that is not here yet, an empty slide. */
function slideOf(photo: PhotoView | undefined): SlideData {
  if (!photo) return { html: '<div class="viewer-waiting"></div>' };
  const { ratio } = photo;
  const width = ratio >= 1 ? largeEdge : Math.round(largeEdge * ratio);
  const size = { width, height: Math.round(width / ratio), alt: displayText(tileName(photo)) };
  if (photo.kind === 'video') {
    const film = { id: photo.id, address: originalOf(photo), smaller: renditionOf(photo), name: size.alt };
    return { ...size, type: 'video', film };
  }
  if (!photo.hasThumbnail) return { ...size, src: originalOf(photo) };
  return { ...size, src: thumbnailOf(photo, 2160), msrc: thumbnailOf(photo, 240) };
}
