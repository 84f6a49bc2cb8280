import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { PhotoView } from '../../../../src/model/views/photos.ts';
import {
  type Cluster,
  clustersOf,
  fitting,
  type MapView,
  moved,
  type Point,
  type Size,
  worldPxMax,
  zoomed,
} from '../../../client/photos/map-view.ts';
import { thumbnailOf } from '../../../client/photos/photos-api.ts';
import { WorldMap } from '../../../client/photos/world-map.ts';
import { Icon } from '../../../components/icon.tsx';
import { t } from '../../../words/words.ts';

interface MapBoxProps {
  photos: readonly PhotoView[];
  view: MapView | undefined;
  /** The map was moved or zoomed, or has a size for the first time. */
  onView(view: MapView, size: Size): void;
  /** A group that cannot be taken apart any more, or one picture, was chosen. */
  onOpen?(photo: PhotoView): void;
  /** Marks the middle, for who picks a place. */
  cross?: boolean;
}

const stepPx = 80;
const zoomStep = 2;

/** A map of the world that can be dragged and zoomed, with pictures on it. */
export function MapBox({ photos, view, onView, onOpen, cross = false }: MapBoxProps) {
  const box = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(box);
  const [loaded, setLoaded] = useState(0);
  const world = useMemo(() => new WorldMap(() => setLoaded((count) => count + 1)), []);
  useEffect(() => () => world.stop(), [world]);
  useEffect(() => {
    if (size.width === 0) return;
    const places = photos.flatMap(({ gps }) => (gps ? [gps] : []));
    onView(view ? zoomed(view, size, 1, middleOf(size)) : fitting(places, size), size);
  }, [size.width, size.height]);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !view) return;
    const { color, outlineColor } = getComputedStyle(context.canvas);
    world.draw(context, view, size, { land: color, line: outlineColor });
  }, [view, size.width, size.height, loaded]);
  const zoom = (factor: number, around = middleOf(size)) =>
    view && onView(zoomed(view, size, factor, around), size);
  const drag = useDrag(box, view, size, onView);

  const choose = ({ photos: group }: Cluster) => {
    const places = group.flatMap(({ gps }) => (gps ? [gps] : []));
    const near = fitting(places, size, worldPxMax);
    const [first] = group;
    if (group.length > 1 && view && near.worldPx > view.worldPx * 1.2) onView(near, size);
    else if (first) onOpen?.(first);
  };
  return (
    <section
      ref={box}
      class="map-box"
      aria-label={t('Map of the world')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the map
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.target !== event.currentTarget) return;
        const by = keyMoves[event.key];
        if (event.key === '+') zoom(zoomStep);
        else if (event.key === '-') zoom(1 / zoomStep);
        else if (by && view) onView(moved(view, size, by.x, by.y), size);
        else return;
        event.preventDefault();
      }}
      {...drag}
    >
      <canvas
        ref={canvas}
        width={Math.round(size.width * devicePixelRatio)}
        height={Math.round(size.height * devicePixelRatio)}
        aria-hidden
      />
      {view &&
        clustersOf(photos, view, size).map((cluster) => (
          <ClusterButton key={cluster.key} cluster={cluster} onChoose={() => choose(cluster)} />
        ))}
      {cross && (
        <span class="map-cross" aria-hidden>
          <Icon name="plus" />
        </span>
      )}
      <div class="map-zoom">
        <button
          type="button"
          class="button icon-only"
          aria-label={t('Zoom in')}
          onClick={() => zoom(zoomStep)}
        >
          <Icon name="zoom-in" />
        </button>
        <button
          type="button"
          class="button icon-only"
          aria-label={t('Zoom out')}
          onClick={() => zoom(1 / zoomStep)}
        >
          <Icon name="zoom-out" />
        </button>
      </div>
      <p class="map-source muted">{t('Map: Natural Earth. Names of places: GeoNames, CC BY 4.0.')}</p>
    </section>
  );
}

const keyMoves: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: stepPx, y: 0 },
  ArrowRight: { x: -stepPx, y: 0 },
  ArrowUp: { x: 0, y: stepPx },
  ArrowDown: { x: 0, y: -stepPx },
};

function ClusterButton({ cluster, onChoose }: { cluster: Cluster; onChoose(): void }) {
  const { photos, at } = cluster;
  const [cover] = photos;
  if (!cover) return null;
  const place = cover.place?.town ?? cover.place?.countryName ?? '';
  const count = photos.length;
  return (
    <button
      type="button"
      class="map-cluster"
      style={{ insetInlineStart: `${Math.round(at.x)}px`, insetBlockStart: `${Math.round(at.y)}px` }}
      aria-label={
        place === ''
          ? t('{count} {count|picture|pictures} here', { count })
          : t('{count} {count|picture|pictures} near {place}', { count, place })
      }
      onClick={onChoose}
    >
      {cover.hasThumbnail ? (
        <img src={thumbnailOf(cover, 240)} alt="" decoding="async" draggable={false} />
      ) : (
        <Icon name={cover.kind === 'video' ? 'file-video' : 'file-image'} />
      )}
      {count > 1 && <span class="numbers">{count}</span>}
    </button>
  );
}

function middleOf({ width, height }: Size): Point {
  return { x: width / 2, y: height / 2 };
}

function useSize(box: { current: HTMLElement | null }): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() =>
      setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return size;
}

/** Dragging by one pointer, zooming by two or by the wheel. */
function useDrag(
  box: { current: HTMLElement | null },
  view: MapView | undefined,
  size: Size,
  onView: MapBoxProps['onView'],
) {
  const pointers = useRef(new Map<number, Point>());
  const latest = useRef({ view, size, onView });
  latest.current = { view, size, onView };
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const { view: now, size: area, onView: tell } = latest.current;
      const edge = element.getBoundingClientRect();
      const around = { x: event.clientX - edge.left, y: event.clientY - edge.top };
      if (now) tell(zoomed(now, area, 2 ** (-event.deltaY / 300), around), area);
    };
    // Said by hand, because a wheel listener of Preact may not keep the page from scrolling.
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, []);
  const at = (event: PointerEvent): Point => ({ x: event.clientX, y: event.clientY });
  const spread = () => {
    const [one, other] = [...pointers.current.values()];
    return one && other ? Math.hypot(one.x - other.x, one.y - other.y) : 0;
  };
  const end = (event: PointerEvent) => void pointers.current.delete(event.pointerId);
  return {
    onPointerDown(event: PointerEvent) {
      if (event.button !== 0 || (event.target as Element).closest('button')) return;
      pointers.current.set(event.pointerId, at(event));
      box.current?.setPointerCapture(event.pointerId);
    },
    onPointerMove(event: PointerEvent) {
      const before = pointers.current.get(event.pointerId);
      const { view: now, size: area } = latest.current;
      if (!before || !now || !box.current) return;
      const wide = spread();
      const to = at(event);
      pointers.current.set(event.pointerId, to);
      if (pointers.current.size === 1)
        return onView(moved(now, area, to.x - before.x, to.y - before.y), area);
      const edge = box.current.getBoundingClientRect();
      const around = { x: to.x - edge.left, y: to.y - edge.top };
      if (wide > 0) onView(zoomed(now, area, spread() / wide, around), area);
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}
