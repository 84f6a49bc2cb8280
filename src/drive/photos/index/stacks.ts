/**
 * Files that are one picture for people: the film of a Live Photo, the raw file beside a JPEG, the other pictures of a burst. The one on top is
 * shown, the others stand behind it. Pure.
 */
import type { Photo } from './photo-row.ts';

/** Of the two files of a Live Photo, and of a raw file and its JPEG: clocks of the two kinds differ by little. */
const togetherMs = 4_000;
/** Films of Live Photos are shorter; longer ones of the same name are films of their own. */
const liveSecondsMax = 6;
/** `00000IMG_00000_BURST20260714150322_COVER.jpg`, of Android. */
const burstName = /BURST(\d{14,17})/;
const coverName = /_COVER\b/i;

export interface Arranged {
  /** What is shown, in the order given. */
  top: readonly Photo[];
  /** What stands behind a picture, by its id. */
  beneath: ReadonlyMap<string, readonly Photo[]>;
}

/** @param photos newest first, which it keeps */
export function arrange(photos: readonly Photo[]): Arranged {
  const beneath = new Map<string, Photo[]>();
  const hidden = new Set<string>();
  const put = (under: Photo, one: Photo) => {
    if (hidden.has(one.id) || hidden.has(under.id) || one.id === under.id) return;
    hidden.add(one.id);
    beneath.set(under.id, [...(beneath.get(under.id) ?? []), one, ...(beneath.get(one.id) ?? [])]);
    beneath.delete(one.id);
  };
  for (const [film, picture] of liveOnes(photos)) put(picture, film);
  for (const [raw, picture] of rawOnes(photos)) put(picture, raw);
  for (const burst of bursts(photos)) {
    const oldestFirst = burst.toReversed();
    const cover =
      burst.find(({ favorite }) => favorite) ??
      burst.find(({ name }) => coverName.test(name)) ??
      oldestFirst.find(({ id }) => !hidden.has(id));
    if (cover) for (const one of oldestFirst) put(cover, one);
  }
  return { top: photos.filter(({ id }) => !hidden.has(id)), beneath };
}

function* liveOnes(photos: readonly Photo[]): Iterable<[film: Photo, picture: Photo]> {
  const films = photos.filter(
    ({ kind, durationSeconds }) => kind === 'video' && (durationSeconds ?? 0) <= liveSecondsMax,
  );
  if (films.length === 0) return;
  const byContent = new Map<string, Photo>();
  const byName = new Map<string, Photo>();
  for (const photo of photos) {
    if (photo.kind !== 'image') continue;
    if (photo.contentId !== undefined) byContent.set(photo.contentId, photo);
    // Of two pictures with one name the finished one is shown.
    const key = nameKey(photo);
    if (photo.format !== 'raw' || !byName.has(key)) byName.set(key, photo);
  }
  for (const film of films) {
    const picture = film.contentId !== undefined ? byContent.get(film.contentId) : undefined;
    const named = picture ?? byName.get(nameKey(film));
    const isTogether = named && (picture !== undefined || isAtOnce(film, named));
    if (named && isTogether) yield [film, named];
  }
}

function* rawOnes(photos: readonly Photo[]): Iterable<[raw: Photo, picture: Photo]> {
  const raws = photos.filter(({ format }) => format === 'raw');
  if (raws.length === 0) return;
  const finished = new Map<string, Photo>();
  for (const photo of photos) {
    if (photo.kind === 'image' && photo.format !== 'raw') finished.set(nameKey(photo), photo);
  }
  for (const raw of raws) {
    const picture = finished.get(nameKey(raw));
    if (picture && isAtOnce(raw, picture)) yield [raw, picture];
  }
}

function bursts(photos: readonly Photo[]): Iterable<readonly Photo[]> {
  const groups = new Map<string, Photo[]>();
  for (const photo of photos) {
    const named = burstName.exec(photo.name)?.[1];
    const key = photo.burstId ?? (named === undefined ? undefined : `${photo.parent} ${named}`);
    if (key === undefined || photo.kind !== 'image') continue;
    const group = groups.get(key);
    if (group) group.push(photo);
    else groups.set(key, [photo]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

/** The folder, and the name without its ending. */
function nameKey({ parent, name }: Photo): string {
  return `${parent} ${name.replace(/\.[^.]{1,5}$/, '').toLowerCase()}`;
}

/** A date that only the file system says is too weak for it, unless both have no better one. */
function isAtOnce(left: Photo, right: Photo): boolean {
  if (left.dateFrom === 'file' && right.dateFrom === 'file') return true;
  return (
    Math.abs(left.takenMs - right.takenMs) <= togetherMs ||
    Math.abs(Date.parse(`${left.local}Z`) - Date.parse(`${right.local}Z`)) <= togetherMs
  );
}
