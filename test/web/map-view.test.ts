import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PhotoView } from '../../src/model/views/photos.ts';
import {
  clustersOf,
  fitting,
  isInSight,
  type MapView,
  moved,
  placeAt,
  pointOf,
  worldPxMax,
  zoomed,
} from '../../web/client/photos/map-view.ts';

const size = { width: 800, height: 400 };
const munich = { latitude: 48.137, longitude: 11.575 };
const lima = { latitude: -12.05, longitude: -77.04 };
const view: MapView = { middle: munich, worldPx: 50_000 };

function photo(id: string, gps: PhotoView['gps']): PhotoView {
  return { id, gps } as PhotoView;
}

function near(actual: number, expected: number): void {
  ok(Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`);
}

describe('the view of a map', () => {
  it('draws its middle in the middle, and places north of it above', () => {
    deepEqual(pointOf(view, size, munich), { x: 400, y: 200 });
    const north = pointOf(view, size, { latitude: 49, longitude: 11.575 });
    equal(north.x, 400);
    ok(north.y < 200);
  });

  it('finds the place of a point again, south and west too', () => {
    for (const place of [munich, lima]) {
      const found = placeAt(view, size, pointOf(view, size, place));
      near(found.latitude, place.latitude);
      near(found.longitude, place.longitude);
    }
  });

  it('keeps what is under the pointer there while it zooms', () => {
    const around = { x: 650, y: 90 };
    const before = placeAt(view, size, around);
    const after = placeAt(zoomed(view, size, 2, around), size, around);
    near(after.latitude, before.latitude);
    near(after.longitude, before.longitude);
  });

  it('never shows the earth smaller than the map, nor closer than there is something to see', () => {
    equal(zoomed(view, size, 1e-9, { x: 0, y: 0 }).worldPx, size.width);
    equal(zoomed(view, size, 1e9, { x: 0, y: 0 }).worldPx, worldPxMax);
  });

  it('follows the hand that drags it, and keeps its middle on the earth', () => {
    const dragged = moved(view, size, 30, -20);
    const { x, y } = pointOf(dragged, size, munich);
    near(x, 430);
    near(y, 180);
    const far = moved(view, size, -1e9, 1e9).middle;
    ok(far.longitude <= 180 && far.latitude <= 90);
  });

  it('fits all of some places, and the whole earth where there are none', () => {
    const both = fitting([munich, lima], size);
    ok(isInSight(both, size, munich) && isInSight(both, size, lima));
    ok(!isInSight(view, size, lima));
    equal(fitting([], size).worldPx, size.width);
  });
});

describe('clusters of pictures', () => {
  const photos = [
    photo('a', munich),
    photo('b', { latitude: 48.138, longitude: 11.577 }),
    photo('c', { latitude: 48.2, longitude: 13.1 }),
    photo('d', lima),
    photo('e', undefined),
  ];

  it('draw near pictures as one, and leave out what is not in sight or has no place', () => {
    const groups = clustersOf(photos, view, size).map(({ photos: group }) => group.map(({ id }) => id));
    deepEqual(groups, [['a', 'b'], ['c']]);
  });

  it('stay together while the map is moved', () => {
    const keys = (one: MapView) => clustersOf(photos, one, size).map(({ key }) => key);
    deepEqual(keys(moved(view, size, 17, 23)), keys(view));
  });

  it('come apart when the map is zoomed in', () => {
    const close: MapView = { middle: munich, worldPx: worldPxMax * 20 };
    equal(clustersOf(photos.slice(0, 2), close, size).length, 2);
  });
});
