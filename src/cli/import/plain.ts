/** Cameras (DCIM), whose files say everything themselves; and Immich, with a file in XMP beside what was edited there. */
import { readFile } from 'node:fs/promises';
import {
  type ImportFolder,
  type ImportItem,
  type ImportKind,
  isMediaName,
  placeIn,
  type Said,
} from './item.ts';

const xmpBytesMax = 1024 * 1024;

export const dcim: ImportKind = {
  itemsIn: async ({ files }: ImportFolder) =>
    [...files].filter(([name]) => isMediaName(name)).map(([name, path]) => ({ path, name, albums: [] })),
};

export const immich: ImportKind = {
  async itemsIn({ files }: ImportFolder) {
    const items: ImportItem[] = [];
    for (const [name, path] of files) {
      if (!isMediaName(name)) continue;
      const sidecar = files.get(`${name}.xmp`) ?? files.get(name.replace(/\.[^.]+$/, '.xmp'));
      items.push({ path, name, albums: [], ...(sidecar && (await saidIn(sidecar))) });
    }
    return items;
  },
};

async function saidIn(path: string): Promise<Said> {
  const bytes = await readFile(path);
  const xmp = bytes.length > xmpBytesMax ? '' : bytes.toString('utf8');
  const value = (name: string) =>
    new RegExp(`<${name}>([^<]*)</${name}>|${name}\\s*=\\s*"([^"]*)"`).exec(xmp)?.slice(1).find(Boolean);
  const taken = Date.parse(value('exif:DateTimeOriginal') ?? value('photoshop:DateCreated') ?? '');
  const gps = placeIn(degrees(value('exif:GPSLatitude')), degrees(value('exif:GPSLongitude')));
  const listed = /<dc:description>\s*<rdf:Alt>\s*<rdf:li[^>]*>([^<]*)</.exec(xmp)?.[1];
  const description = plainText(listed ?? value('tiff:ImageDescription'));
  return {
    ...(!Number.isNaN(taken) && { takenAtMs: taken }),
    ...(gps && { gps }),
    ...(description !== '' && { description }),
    ...(value('xmp:Rating') === '5' && { favorite: true }),
  };
}

/** `48,8.25N` (XMP specification, part 2), or a number. */
function degrees(text = ''): number | undefined {
  const [, whole, minutes, side] = /^(\d+),(\d+(?:\.\d+)?)([NSEW])$/.exec(text) ?? [];
  if (whole === undefined) return text !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
  const value = Number(whole) + Number(minutes) / 60;
  return side === 'S' || side === 'W' ? -value : value;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function plainText(text = ''): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name] ?? '').trim();
}
