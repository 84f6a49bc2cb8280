/** Where places of the earth are drawn (Web Mercator), and which pictures are drawn as one. No Preact here. */
import type { PhotoView } from '../../../src/model/views/photos.ts';

export interface Place {
  latitude: number;
  longitude: number;
}

/** What a map shows: what lies in its middle, and how wide the whole earth is drawn, in px. */
export interface MapView {
  middle: Place;
  worldPx: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

export interface Cluster {
  /** Tells it from others while the map is moved. */
  key: string;
  photos: readonly PhotoView[];
  /** The mean of its pictures, in px of the map. */
  at: Point;
}

/** Beyond this the projection grows without end. */
const latitudeMax = 85;
/** About 20 m a px at the equator: towns are told apart, and there is nothing finer to see. */
export const worldPxMax = 2_000_000;
/** Pictures nearer than about this are drawn as one. */
const clusterPx = 72;

/** 0 to 1 from west to east. */
export function xOf(longitude: number): number {
  return (longitude + 180) / 360;
}

/** 0 to 1 from north to south. */
export function yOf(latitude: number): number {
  const radians = (Math.min(latitudeMax, Math.max(-latitudeMax, latitude)) * Math.PI) / 180;
  return 0.5 - Math.log(Math.tan(Math.PI / 4 + radians / 2)) / (2 * Math.PI);
}

function latitudeOf(y: number): number {
  return ((Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - Math.PI / 4) * 360) / Math.PI;
}

export function pointOf({ middle, worldPx }: MapView, size: Size, place: Place): Point {
  return {
    x: (xOf(place.longitude) - xOf(middle.longitude)) * worldPx + size.width / 2,
    y: (yOf(place.latitude) - yOf(middle.latitude)) * worldPx + size.height / 2,
  };
}

export function placeAt({ middle, worldPx }: MapView, size: Size, { x, y }: Point): Place {
  const across = xOf(middle.longitude) + (x - size.width / 2) / worldPx;
  const down = yOf(middle.latitude) + (y - size.height / 2) / worldPx;
  return { longitude: across * 360 - 180, latitude: latitudeOf(down) };
}

/** The map dragged by some px; its middle stays on the earth. */
export function moved(view: MapView, size: Size, x: number, y: number): MapView {
  const middle = placeAt(view, size, { x: size.width / 2 - x, y: size.height / 2 - y });
  return {
    ...view,
    middle: {
      latitude: Math.min(latitudeMax, Math.max(-latitudeMax, middle.latitude)),
      longitude: Math.min(180, Math.max(-180, middle.longitude)),
    },
  };
}

/** Nearer (factor above 1) or farther; what is at a point stays there. The earth is never narrower than the map. */
export function zoomed(view: MapView, size: Size, factor: number, around: Point): MapView {
  const worldPx = Math.min(worldPxMax, Math.max(size.width, view.worldPx * factor));
  const there = placeAt(view, size, around);
  const now = pointOf({ ...view, worldPx }, size, there);
  return moved({ ...view, worldPx }, size, around.x - now.x, around.y - now.y);
}

/** A single place is shown with the coasts and borders around it. */
const placeWorldPx = 30_000;

/**
 * Shows all of some places with room around them; the whole earth for none.
 * @param closest how near at most
 */
export function fitting(places: readonly Place[], size: Size, closest = placeWorldPx): MapView {
  if (places.length === 0) return { middle: { latitude: 25, longitude: 0 }, worldPx: size.width };
  let [west, east, north, south] = [1, 0, 1, 0];
  for (const { longitude, latitude } of places) {
    west = Math.min(west, xOf(longitude));
    east = Math.max(east, xOf(longitude));
    north = Math.min(north, yOf(latitude));
    south = Math.max(south, yOf(latitude));
  }
  const room = 0.8;
  const wished = Math.min(
    (size.width * room) / Math.max(east - west, 1e-9),
    (size.height * room) / Math.max(south - north, 1e-9),
  );
  const worldPx = Math.min(closest, Math.max(size.width, wished));
  const middle = { longitude: ((west + east) / 2) * 360 - 180, latitude: latitudeOf((north + south) / 2) };
  return { middle, worldPx };
}

export function isInSight(view: MapView, size: Size, place: Place): boolean {
  const { x, y } = pointOf(view, size, place);
  return x >= 0 && y >= 0 && x <= size.width && y <= size.height;
}

/** Pictures in sight by squares of the earth, so that a group stays one while the map is moved. Newest first in each. */
export function clustersOf(photos: readonly PhotoView[], view: MapView, size: Size): Cluster[] {
  // Squares that halve with each step of the zoom do not jump while it goes on between two steps.
  const squares = 2 ** Math.round(Math.log2(view.worldPx / clusterPx));
  const groups = new Map<string, PhotoView[]>();
  for (const photo of photos) {
    if (!photo.gps || !isInSight(view, size, photo.gps)) continue;
    const key = `${squares} ${Math.floor(xOf(photo.gps.longitude) * squares)} ${Math.floor(yOf(photo.gps.latitude) * squares)}`;
    const there = groups.get(key);
    if (there) there.push(photo);
    else groups.set(key, [photo]);
  }
  return [...groups].map(([key, group]) => {
    const points = group.flatMap(({ gps }) => (gps ? [pointOf(view, size, gps)] : []));
    const mean = (of: (point: Point) => number) =>
      points.reduce((sum, point) => sum + of(point), 0) / points.length;
    return { key, photos: group, at: { x: mean(({ x }) => x), y: mean(({ y }) => y) } };
  });
}
