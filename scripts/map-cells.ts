/**
 * Cuts the map of the world into files of ten by ten degrees, so that a page loads what it shows: land as rings to be filled, coasts and borders as
 * lines. From Natural Earth (public domain) as `world-atlas` has it (TopoJSON).
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

type Point = readonly [x: number, y: number];

interface Geometry {
  type: string;
  arcs?: readonly unknown[];
  geometries?: readonly Geometry[];
}

interface Shape {
  points: Point[];
  box: Box;
}

interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}

interface Topology {
  transform: { scale: Point; translate: Point };
  arcs: readonly (readonly Point[])[];
  objects: Readonly<Record<string, Geometry>>;
}

const cellDegrees = 10;
/** Units of the files: hundredths of a degree, a kilometer; of the whole world tenths. */
const fineUnit = 100;
const coarseUnit = 10;
/** Points nearer than this to the one before them are left out: two kilometers, degrees of the whole world. */
const fineStep = 0.025;
const coarseStep = 0.2;

/** Files by their name: `world.json`, and `LON_LAT.json` of each cell that has something, by its west and south. */
export function buildMap(): Map<string, string> {
  const files = new Map<string, string>();
  const fine = readTopology('countries-10m.json');
  const [land, lines] = [ringsOf(fine, fineStep), linesOf(fine, fineStep)];
  const cells: string[] = [];
  for (let west = -180; west < 180; west += cellDegrees) {
    for (let south = -90; south < 90; south += cellDegrees) {
      const box = { west, south, east: west + cellDegrees, north: south + cellDegrees };
      const cut = cutOut(land, lines, box, fineUnit);
      if (cut.land.length + cut.lines.length === 0) continue;
      const name = `${west}_${south}`;
      cells.push(name);
      files.set(`${name}.json`, JSON.stringify({ unit: fineUnit, ...cut }));
    }
  }
  const coarse = readTopology('countries-110m.json');
  const everything = { west: -180, south: -90, east: 180, north: 90 };
  const world = cutOut(ringsOf(coarse, coarseStep), linesOf(coarse, coarseStep), everything, coarseUnit);
  files.set('world.json', JSON.stringify({ unit: coarseUnit, ...world, cellDegrees, cells }));
  return files;
}

function readTopology(file: string): Topology {
  const path = createRequire(import.meta.url).resolve(`world-atlas/${file}`);
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Points of an arc are differences to the one before (TopoJSON specification, section 2.1.3). */
function pointsOf({ arcs, transform }: Topology, index: number, step: number): Point[] {
  const arc = arcs[index < 0 ? ~index : index] ?? [];
  let [x, y] = [0, 0];
  const points = arc.map(([dx, dy]): Point => {
    x += dx;
    y += dy;
    return [x * transform.scale[0] + transform.translate[0], y * transform.scale[1] + transform.translate[1]];
  });
  let kept: Point = points[0] ?? [0, 0];
  const fewer = points.filter((point, at) => {
    const isNear = Math.abs(point[0] - kept[0]) < step && Math.abs(point[1] - kept[1]) < step;
    if (at > 0 && at < points.length - 1 && isNear) return false;
    kept = point;
    return true;
  });
  return index < 0 ? fewer.reverse() : fewer;
}

function linesOf(topology: Topology, step: number): Shape[] {
  return topology.arcs.flatMap((_, index) => shapesOf(unwrapped(pointsOf(topology, index, step))));
}

function ringsOf(topology: Topology, step: number): Shape[] {
  const rings: Shape[] = [];
  const visit = (geometry: Geometry): void => {
    for (const below of geometry.geometries ?? []) visit(below);
    const arcs = (geometry.arcs ?? []) as readonly (readonly (readonly number[])[])[];
    const polygons = geometry.type === 'Polygon' ? [arcs as unknown as readonly (readonly number[])[]] : arcs;
    for (const polygon of geometry.type === 'GeometryCollection' ? [] : polygons) {
      for (const ring of polygon) {
        const points = ring.flatMap((index, at) => pointsOf(topology, index, step).slice(at === 0 ? 0 : 1));
        rings.push(...shapesOf(closedAtPole(unwrapped(points))));
      }
    }
  };
  const { land } = topology.objects;
  if (land) visit(land);
  return rings;
}

/** Without jumps from 180° east to 180° west: it goes on beyond. */
function unwrapped(points: readonly Point[]): Point[] {
  let turns = 0;
  return points.map(([x, y], at) => {
    const before = points[at - 1]?.[0] ?? x;
    if (x - before > 180) turns -= 1;
    if (x - before < -180) turns += 1;
    return [x + turns * 360, y];
  });
}

/** Antarctica goes once around: its ring is closed along the pole. */
function closedAtPole(ring: readonly Point[]): Point[] {
  const [first, last] = [ring[0], ring.at(-1)];
  if (!first || !last || Math.abs(first[0] - last[0]) < 180) return [...ring];
  return [...ring, [last[0], -90], [first[0], -90]];
}

function cutOut(land: readonly Shape[], lines: readonly Shape[], box: Box, unit: number) {
  const each = (all: readonly Shape[], cut: (points: Point[]) => Point[][], least: number) =>
    all
      .filter((shape) => touches(shape.box, box))
      .flatMap(({ points }) => cut(points))
      .map((points) => flat(points, unit))
      .filter((numbers) => numbers.length >= least * 2);
  return {
    land: each(land, (ring) => [clippedRing(ring, box)], 3),
    lines: each(lines, (line) => clippedLine(line, box), 2),
  };
}

function touches(one: Box, other: Box): boolean {
  const beside = one.west > other.east || one.east < other.west;
  return !beside && one.south <= other.north && one.north >= other.south;
}

/** The same shape beyond both edges of the map too, because some go on there. */
function shapesOf(points: Point[]): Shape[] {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const least = (values: number[]) => values.reduce((low, value) => Math.min(low, value), Infinity);
  const most = (values: number[]) => values.reduce((high, value) => Math.max(high, value), -Infinity);
  return [-360, 0, 360].flatMap((by) => {
    const box = { west: least(xs) + by, east: most(xs) + by, south: least(ys), north: most(ys) };
    const isSeen = box.west <= 180 && box.east >= -180;
    return isSeen ? [{ points: points.map(([x, y]): Point => [x + by, y]), box }] : [];
  });
}

/** The sides of a box: what is inside of one, and where a segment crosses it. */
function sidesOf({ west, south, east, north }: Box) {
  const at = (from: Point, to: Point, axis: 0 | 1, value: number): Point => {
    const share = (value - from[axis]) / (to[axis] - from[axis]);
    const other = axis === 0 ? 1 : 0;
    const crossed = from[other] + share * (to[other] - from[other]);
    return axis === 0 ? [value, crossed] : [crossed, value];
  };
  return [
    { holds: ([x]: Point) => x >= west, cross: (from: Point, to: Point) => at(from, to, 0, west) },
    { holds: ([x]: Point) => x <= east, cross: (from: Point, to: Point) => at(from, to, 0, east) },
    { holds: ([, y]: Point) => y >= south, cross: (from: Point, to: Point) => at(from, to, 1, south) },
    { holds: ([, y]: Point) => y <= north, cross: (from: Point, to: Point) => at(from, to, 1, north) },
  ];
}

/** Sutherland and Hodgman 1974. */
function clippedRing(ring: Point[], box: Box): Point[] {
  let points = ring;
  for (const { holds, cross } of sidesOf(box)) {
    const next: Point[] = [];
    points.forEach((point, at) => {
      const before = points.at(at - 1) ?? point;
      if (holds(point) !== holds(before)) next.push(cross(before, point));
      if (holds(point)) next.push(point);
    });
    points = next;
  }
  return points;
}

/** The parts of a line inside a box. */
function clippedLine(line: Point[], box: Box): Point[][] {
  let parts = [line];
  for (const { holds, cross } of sidesOf(box)) {
    parts = parts.flatMap((part) => {
      const found: Point[][] = [];
      let open: Point[] | undefined;
      part.forEach((point, at) => {
        const before = part[at - 1];
        const crosses = before !== undefined && holds(before) !== holds(point);
        if (crosses && before) {
          const border = cross(before, point);
          if (holds(point)) open = [border];
          else open?.push(border);
        }
        if (!holds(point)) open = undefined;
        else if (open) open.push(point);
        else open = [point];
        if (open && !found.includes(open)) found.push(open);
      });
      return found;
    });
  }
  return parts;
}

/** Whole numbers, each point as its difference to the one before; points that are the same are left out. */
function flat(points: readonly Point[], unit: number): number[] {
  const numbers: number[] = [];
  let [beforeX, beforeY] = [0, 0];
  points.forEach(([x, y], at) => {
    const [roundX, roundY] = [Math.round(x * unit), Math.round(y * unit)];
    if (at > 0 && roundX === beforeX && roundY === beforeY) return;
    numbers.push(roundX - beforeX, roundY - beforeY);
    [beforeX, beforeY] = [roundX, roundY];
  });
  return numbers;
}
