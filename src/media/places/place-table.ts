/**
 * Towns of the world with at least 500 people (GeoNames), in one block of memory: built by `scripts/places.ts`, read when the first place is
 * asked for. Layout, little-endian: `PLC1`, number of towns, bytes of names (32 bits each); for each cell of half a degree the number of its first
 * town, and one more (32 bits); latitude and longitude in 1e-5 degrees, people (32 bits each), where the name begins (32 bits) and the
 * country (two letters) of each town, one list after the other; names in UTF-8, further ones after tabs, each ended by a zero byte.
 */

export interface Town {
  name: string;
  /** Names in other languages. */
  alsoCalled: readonly string[];
  /** ISO 3166-1 alpha-2. */
  country: string;
  people: number;
  latitude: number;
  longitude: number;
}

const magic = 'PLC1';
const headBytes = 12;
const cellsPerDegree = 2;
const rows = 180 * cellsPerDegree;
const columns = 360 * cellsPerDegree;
const cells = rows * columns;
const unit = 1e5;
const kmPerDegree = 111.2;
/** Farther away is no name for a place; farther than the first, only where there is nothing nearer. */
const distancesMaxKm = [25, 80];

export function packTowns(towns: readonly Town[]): Buffer {
  const sorted = towns
    .map((town) => ({ town, cell: cellOf(town.latitude, town.longitude) }))
    .sort((left, right) => left.cell - right.cell);
  const count = sorted.length;
  const firsts = new Uint32Array(cells + 1);
  for (const { cell } of sorted) firsts[cell + 1] = (firsts[cell + 1] ?? 0) + 1;
  for (let cell = 0; cell < cells; cell += 1)
    firsts[cell + 1] = (firsts[cell + 1] ?? 0) + (firsts[cell] ?? 0);
  const lists = [0, 1, 2].map(() => new Int32Array(count));
  const offsets = new Uint32Array(count);
  const countries = Buffer.alloc(count * 2);
  const names: Buffer[] = [];
  let nameBytes = 0;
  sorted.forEach(({ town }, at) => {
    [town.latitude * unit, town.longitude * unit, town.people].forEach((value, list) => {
      const numbers = lists[list];
      if (numbers) numbers[at] = Math.round(value);
    });
    offsets[at] = nameBytes;
    countries.write(town.country, at * 2, 'latin1');
    const name = Buffer.from(`${[town.name, ...town.alsoCalled].join('\t')}\0`);
    names.push(name);
    nameBytes += name.length;
  });
  const head = Buffer.alloc(headBytes);
  head.write(magic, 'latin1');
  head.writeUInt32LE(count, 4);
  head.writeUInt32LE(nameBytes, 8);
  const blocks = [firsts, ...lists, offsets].map(({ buffer }) => Buffer.from(buffer));
  return Buffer.concat([head, ...blocks, countries, ...names]);
}

export class PlaceTable {
  readonly #firsts: Uint32Array;
  readonly #latitudes: Int32Array;
  readonly #longitudes: Int32Array;
  readonly #people: Int32Array;
  readonly #offsets: Uint32Array;
  /** Two letters as one number. */
  readonly #countries: Uint16Array;
  readonly #names: Buffer;

  /** @param packed of `packTowns`. @throws Error for anything else */
  constructor(packed: Uint8Array) {
    // A buffer of its own, so that numbers lie where their lists want them.
    const bytes = Buffer.from(Uint8Array.from(packed).buffer);
    const count = bytes.length >= headBytes ? bytes.readUInt32LE(4) : 0;
    const nameBytes = bytes.length >= headBytes ? bytes.readUInt32LE(8) : 0;
    const size = headBytes + (cells + 1) * 4 + count * 18 + nameBytes;
    if (bytes.toString('latin1', 0, 4) !== magic || bytes.length !== size) {
      throw new Error('The file of places is damaged: build peerstor again.');
    }
    const { buffer } = bytes;
    let at = headBytes;
    const next = (length: number) => {
      at += length;
      return at - length;
    };
    this.#firsts = new Uint32Array(buffer, next((cells + 1) * 4), cells + 1);
    this.#latitudes = new Int32Array(buffer, next(count * 4), count);
    this.#longitudes = new Int32Array(buffer, next(count * 4), count);
    this.#people = new Int32Array(buffer, next(count * 4), count);
    this.#offsets = new Uint32Array(buffer, next(count * 4), count);
    this.#countries = new Uint16Array(buffer, next(count * 2), count);
    this.#names = bytes.subarray(at);
  }

  /**
   * The town that a place belongs to: the nearest one, where a large one reaches farther than a village: distances are divided by
   * the fourth root of its people.
   * @param country only towns of this one, where it is known
   */
  nearest(latitude: number, longitude: number, country?: string): Town | undefined {
    const wanted = country === undefined ? undefined : Buffer.from(country, 'latin1').readUInt16LE(0);
    for (const kmMax of distancesMaxKm) {
      const found = this.#nearestWithin(latitude, longitude, wanted, kmMax);
      if (found !== undefined) return this.#town(found);
    }
    return undefined;
  }

  #nearestWithin(
    latitude: number,
    longitude: number,
    country: number | undefined,
    kmMax: number,
  ): number | undefined {
    let best: number | undefined;
    let least = Number.POSITIVE_INFINITY;
    const scale = Math.cos((latitude * Math.PI) / 180);
    for (const cell of around(latitude, longitude, kmMax)) {
      const end = this.#firsts[cell + 1] ?? 0;
      for (let at = this.#firsts[cell] ?? 0; at < end; at += 1) {
        if (country !== undefined && this.#countries[at] !== country) continue;
        const north = (this.#latitudes[at] ?? 0) / unit - latitude;
        const apart = Math.abs((this.#longitudes[at] ?? 0) / unit - longitude);
        const east = Math.min(apart, 360 - apart) * scale;
        const km = Math.sqrt(north * north + east * east) * kmPerDegree;
        if (km > kmMax) continue;
        const weighed = km / Math.sqrt(Math.sqrt(Math.max(1, this.#people[at] ?? 0)));
        if (weighed >= least) continue;
        least = weighed;
        best = at;
      }
    }
    return best;
  }

  #town(at: number): Town {
    const start = this.#offsets[at] ?? 0;
    const [name = '', ...alsoCalled] = this.#names
      .toString('utf8', start, this.#names.indexOf(0, start))
      .split('\t');
    return {
      name,
      alsoCalled,
      country: Buffer.from(Uint16Array.of(this.#countries[at] ?? 0).buffer).toString('latin1'),
      people: this.#people[at] ?? 0,
      latitude: (this.#latitudes[at] ?? 0) / unit,
      longitude: (this.#longitudes[at] ?? 0) / unit,
    };
  }
}

function cellOf(latitude: number, longitude: number): number {
  const row = Math.min(rows - 1, Math.max(0, rowOf(latitude)));
  return row * columns + column(columnOf(longitude));
}

const rowOf = (latitude: number) => Math.floor((latitude + 90) * cellsPerDegree);
const columnOf = (longitude: number) => Math.floor((longitude + 180) * cellsPerDegree);

function column(at: number): number {
  return ((at % columns) + columns) % columns;
}

/** The cells that a circle touches; near the poles, where cells are narrow, many. */
function* around(latitude: number, longitude: number, km: number): Iterable<number> {
  const north = km / kmPerDegree;
  const widest = Math.cos((Math.min(89, Math.abs(latitude) + north) * Math.PI) / 180);
  const east = Math.min(179, north / widest);
  const last = Math.min(rows - 1, rowOf(latitude + north));
  for (let row = Math.max(0, rowOf(latitude - north)); row <= last; row += 1) {
    for (let at = columnOf(longitude - east); at <= columnOf(longitude + east); at += 1) {
      yield row * columns + column(at);
    }
  }
}
