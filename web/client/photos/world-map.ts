/** The map of the world, drawn from files that the device has: the whole earth roughly, and squares of it when they are looked at closely. */
import { type MapView, placeAt, type Size, xOf, yOf } from './map-view.ts';

interface MapFile {
  /** Numbers for a degree. */
  unit: number;
  /** Rings and lines: each two numbers are the difference to the point before, east and north. */
  land: readonly (readonly number[])[];
  lines: readonly (readonly number[])[];
}

interface WorldFile extends MapFile {
  cellDegrees: number;
  /** By their west and south. */
  cells: readonly string[];
}

interface Drawing {
  land: Path2D;
  lines: Path2D;
}

export interface MapColors {
  land: string;
  line: string;
}

/** Wider than this the whole earth is fine enough. */
const cellsBelowDegrees = 80;

export class WorldMap {
  readonly #onLoaded: () => void;
  #world: { drawing: Drawing; cells: ReadonlySet<string>; cellDegrees: number } | undefined;
  readonly #cells = new Map<string, Drawing | null>();
  readonly #abort = new AbortController();

  /** @param onLoaded called when there is more to draw */
  constructor(onLoaded: () => void) {
    this.#onLoaded = onLoaded;
    void this.#load<WorldFile>('world', (file) => {
      const { cellDegrees, cells } = file;
      this.#world = { drawing: drawingOf(file), cells: new Set(cells), cellDegrees };
    });
  }

  stop(): void {
    this.#abort.abort();
  }

  draw(context: CanvasRenderingContext2D, view: MapView, size: Size, colors: MapColors): void {
    const pixels = devicePixelRatio;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, size.width * pixels, size.height * pixels);
    if (!this.#world) return;
    const cells = this.#cellsIn(view, size);
    const areComplete = cells.length > 0 && cells.every((name) => this.#cells.get(name));
    const drawings = areComplete
      ? cells.flatMap((name) => this.#cells.get(name) ?? [])
      : [this.#world.drawing];
    const scale = view.worldPx * pixels;
    context.setTransform(
      scale,
      0,
      0,
      scale,
      (size.width / 2) * pixels - xOf(view.middle.longitude) * scale,
      (size.height / 2) * pixels - yOf(view.middle.latitude) * scale,
    );
    context.fillStyle = colors.land;
    context.strokeStyle = colors.line;
    context.lineWidth = pixels / scale;
    for (const { land } of drawings) context.fill(land, 'evenodd');
    for (const { lines } of drawings) context.stroke(lines);
  }

  /** Names of the squares in sight, which are asked for; none where the whole earth is fine enough. */
  #cellsIn(view: MapView, size: Size): string[] {
    if (!this.#world) return [];
    const { cells, cellDegrees } = this.#world;
    const northWest = placeAt(view, size, { x: 0, y: 0 });
    const southEast = placeAt(view, size, { x: size.width, y: size.height });
    if (southEast.longitude - northWest.longitude > cellsBelowDegrees) return [];
    const first = (degrees: number) => Math.floor(degrees / cellDegrees) * cellDegrees;
    const names: string[] = [];
    for (let west = first(northWest.longitude); west <= southEast.longitude; west += cellDegrees) {
      for (let south = first(southEast.latitude); south <= northWest.latitude; south += cellDegrees) {
        const name = `${west}_${south}`;
        if (cells.has(name)) names.push(name);
      }
    }
    for (const name of names) {
      if (this.#cells.has(name)) continue;
      this.#cells.set(name, null);
      void this.#load<MapFile>(name, (file) => this.#cells.set(name, drawingOf(file)));
    }
    return names;
  }

  async #load<File>(name: string, take: (file: File) => void): Promise<void> {
    try {
      const answer = await fetch(`/map/${name}.json`, { signal: this.#abort.signal });
      if (!answer.ok) throw new Error(`${answer.status}`);
      take((await answer.json()) as File);
      this.#onLoaded();
    } catch {
      // The map goes on without it, and asks again when it is in sight next time.
      this.#cells.delete(name);
    }
  }
}

/** In shares of the projected earth, so that one drawing serves every zoom. */
function drawingOf({ unit, land, lines }: MapFile): Drawing {
  const path = (shapes: MapFile['land'], closed: boolean): Path2D => {
    const drawn = new Path2D();
    for (const numbers of shapes) {
      let [east, north] = [0, 0];
      for (let at = 0; at + 1 < numbers.length; at += 2) {
        east += numbers[at] ?? 0;
        north += numbers[at + 1] ?? 0;
        const [x, y] = [xOf(east / unit), yOf(north / unit)];
        if (at === 0) drawn.moveTo(x, y);
        else drawn.lineTo(x, y);
      }
      if (closed) drawn.closePath();
    }
    return drawn;
  };
  return { land: path(land, true), lines: path(lines, false) };
}
