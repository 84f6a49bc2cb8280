/**
 * Google Takeout: beside each picture lies a JSON file with its date, place and description; folders with a title are albums, but for those
 * of years. Takeout cuts long names and puts numbers of twins in another place, so names are compared as it makes them.
 */
import { readFile } from 'node:fs/promises';
import {
  type ImportFolder,
  type ImportItem,
  type ImportKind,
  isMediaName,
  placeIn,
  type Said,
} from './item.ts';

const jsonBytesMax = 1024 * 1024;
const albumFile = /^(metadata|metadaten|métadonnées|metadatos)(\(\d+\))?\.json$/i;
const yearFolder = /^(photos from|fotos von|fotos aus|photos de|fotos de) \d{4}$/i;
const marker = 'supplemental-metadata';
/** Takeout cuts names there. */
const cutLength = 46;

export const takeout: ImportKind = {
  async itemsIn({ files }: ImportFolder) {
    const said = new Map<string, Said>();
    let album: string | undefined;
    for (const [name, path] of files) {
      if (!name.toLowerCase().endsWith('.json')) continue;
      const json = await readJson(path);
      if (!json) continue;
      if (albumFile.test(name)) album = textIn(json.title);
      else said.set(sidecarOf(name), saidIn(json));
    }
    const albums = album === undefined || yearFolder.test(album) ? [] : [album];
    const items: ImportItem[] = [];
    for (const [name, path] of files) {
      if (isMediaName(name)) items.push({ path, name, albums, ...saidOf(name, said) });
    }
    return items;
  },
};

/** The name of the picture that a JSON file belongs to, folded. */
function sidecarOf(file: string): string {
  let name = file.slice(0, -'.json'.length);
  // `a.jpg(1).json` and `a.jpg.supplemental-metadata(1).json` belong to `a(1).jpg`.
  const twin = /\((\d+)\)$/.exec(name)?.[0] ?? '';
  name = name.slice(0, name.length - twin.length);
  const dot = name.lastIndexOf('.');
  const ending = name.slice(dot + 1);
  // Cut anywhere: `.supplemental-me`, `.s`.
  if (dot > 0 && ending !== '' && marker.startsWith(ending)) name = name.slice(0, dot);
  const extension = /\.[^.]{1,5}$/.exec(name)?.[0] ?? '';
  return `${name.slice(0, name.length - extension.length)}${twin}${extension}`.toLowerCase();
}

function saidOf(file: string, said: ReadonlyMap<string, Said>): Said {
  const name = file.toLowerCase();
  const exact = said.get(name);
  if (exact) return exact;
  const extension = /\.[^.]{1,5}$/.exec(name)?.[0] ?? '';
  const bare = name.slice(0, name.length - extension.length);
  // What was edited has the facts of its original; the film of a Live Photo those of its picture.
  const original = bare.replace(/-(edited|bearbeitet|modifié|editado)(?=(\(\d+\))?$)/, '');
  for (const [key, facts] of said) {
    const known = key.replace(/\.[^.]{1,5}$/, '');
    if (known === original) return facts;
    const isCut = key.length >= cutLength - 5 && name.startsWith(known.slice(0, cutLength));
    if (isCut) return facts;
  }
  return {};
}

type Fields = Readonly<Record<string, unknown>>;

function saidIn(json: Fields): Said {
  const taken = fieldsIn(json.photoTakenTime)?.timestamp;
  const seconds = typeof taken === 'string' && /^-?\d{1,12}$/.test(taken) ? Number(taken) : undefined;
  const edited = fieldsIn(json.geoData);
  const exif = fieldsIn(json.geoDataExif);
  const gps = placeIn(edited?.latitude, edited?.longitude);
  // The file says itself what Google read from it.
  const isNews = gps && !placeIn(exif?.latitude, exif?.longitude);
  const description = textIn(json.description);
  return {
    ...(seconds !== undefined && { takenAtMs: seconds * 1000 }),
    ...(isNews && { gps }),
    ...(description !== undefined && { description }),
    ...(json.favorited === true && { favorite: true }),
    ...(json.archived === true && { archived: true }),
  };
}

async function readJson(path: string): Promise<Fields | undefined> {
  try {
    const bytes = await readFile(path);
    return bytes.length > jsonBytesMax ? undefined : fieldsIn(JSON.parse(bytes.toString('utf8')));
  } catch {
    // It says nothing, then; the picture itself is brought all the same.
    return undefined;
  }
}

function fieldsIn(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
