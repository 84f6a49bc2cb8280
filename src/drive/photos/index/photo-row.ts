/** One picture or film as the index has it: what its content says, and what people changed about that. */
import type {
  GpsPlace,
  MediaKind,
  PlaceName,
  PlaceNames,
} from '../../../model/contracts/media/media-maker.ts';
import type { EntryId, VersionId } from '../../../model/ids.ts';
import type { PhotoEdits } from '../../../model/records.ts';
import type { PhotoView } from '../../../model/views/photos.ts';
import { foldText } from '../../search/folding.ts';
import { factsOf, marksOf } from '../../tree/entry-view.ts';
import { openMedia } from '../../tree/media-record.ts';
import { photoEditsIn } from '../../tree/photo-edits.ts';
import { type Entry, givenName, type Tree } from '../../tree/tree.ts';
import { photoDate } from './photo-dates.ts';

export interface Photo {
  id: EntryId;
  version: VersionId;
  name: string;
  parent: EntryId | null;
  kind: MediaKind;
  format: string;
  takenMs: number;
  local: string;
  dateFrom: PhotoView['dateFrom'];
  width: number;
  height: number;
  thumbhash: string | null;
  perceptualHash: Uint8Array | undefined;
  /** Equal for equal content. */
  digest: string;
  hasThumbnail: boolean;
  favorite: boolean;
  durationSeconds: number | undefined;
  gps: GpsPlace | undefined;
  place: PlaceName | undefined;
  camera: string | undefined;
  contentId: string | undefined;
  burstId: string | undefined;
  isMotion: boolean;
  panorama: 'flat' | 'sphere' | undefined;
  isScreenshot: boolean;
  description: string | undefined;
  edits: PhotoEdits;
  /** Everything that words of a question are looked for in, folded. */
  words: string;
}

const screenshotName = /^(screen ?shot|bildschirmfoto|capture d.écran|captura de pantalla)/i;

/** @returns undefined for what is no picture, or was not read yet */
export async function readPhoto(
  tree: Tree,
  entry: Entry,
  places: () => Promise<PlaceNames | undefined>,
): Promise<Photo | undefined> {
  if (entry.body.kind !== 'file') return undefined;
  const { winner } = await tree.cache.heads.of(entry.id, entry.keys);
  const media = winner && openMedia(tree, winner.id, entry.keys);
  if (!media) return undefined;
  const name = givenName(entry);
  const edits = photoEditsIn(factsOf(tree, entry));
  const taken = edits.local
    ? { local: edits.local, offsetMinutes: edits.offsetMinutes ?? media.takenAt?.offsetMinutes ?? null }
    : media.takenAt;
  const { takenMs, local, from } = photoDate(taken, name, winner.modifiedAt);
  const gps = edits.gps === undefined ? media.gps : (edits.gps ?? undefined);
  const place = gps && (await places())?.nameOf(gps);
  const description = edits.description ?? media.description;
  const { camera, lens } = media;
  const searched = [name, camera, lens, description, ...(place?.words ?? [])];
  return {
    id: entry.id,
    version: winner.id,
    name,
    parent: entry.parent,
    kind: media.kind,
    format: media.format,
    takenMs,
    local,
    dateFrom: edits.local ? 'edited' : from,
    width: media.width,
    height: media.height,
    thumbhash: media.thumbhash ? Buffer.from(media.thumbhash).toString('base64') : null,
    perceptualHash: media.perceptualHash,
    digest: Buffer.from(winner.contentDigest).toString('base64'),
    hasThumbnail: media.thumbnails.length > 0,
    favorite: marksOf(tree, entry).starred,
    durationSeconds: media.durationSeconds,
    gps,
    place,
    camera,
    contentId: media.contentId,
    burstId: media.burstId,
    isMotion: media.motion !== undefined,
    panorama: media.panorama,
    isScreenshot: media.screenshot === true || screenshotName.test(name),
    description,
    edits,
    words: searched.map((text) => (text === undefined ? '' : foldText(text))).join('\n'),
  };
}

/** @param beneath what stands behind it in its stack */
export function photoView(photo: Photo, beneath: readonly Photo[] = []): PhotoView {
  const { id, name, version, kind, takenMs, local, dateFrom, thumbhash, hasThumbnail, favorite } = photo;
  const { place, edits, description, panorama } = photo;
  const live = beneath.find((one) => one.kind === 'video');
  return {
    id,
    name,
    version,
    kind,
    takenAt: new Date(takenMs).toISOString(),
    takenLocal: local,
    dateFrom,
    ratio: ratioOf(photo),
    thumbhash,
    hasThumbnail,
    favorite,
    ...(photo.durationSeconds !== undefined && { durationSeconds: photo.durationSeconds }),
    ...(photo.gps && { gps: photo.gps }),
    ...(place && { place: { town: place.town, country: place.country, countryName: place.countryName } }),
    ...(live && photo.kind === 'image' && { live: live.id }),
    ...(photo.isMotion && { motion: true }),
    ...(beneath.length > 0 && { stack: beneath.length + 1 }),
    ...(panorama && { panorama }),
    ...(photo.isScreenshot && { screenshot: true }),
    ...(description !== undefined && description !== '' && { description }),
    ...(edits.archived && { archived: true }),
    ...(edits.hidden && { hidden: true }),
    ...(edits.turn && { turn: edits.turn }),
    ...(edits.crop && { crop: edits.crop }),
  };
}

/** Width by height, as it is shown: cut first, then turned. */
export function ratioOf({ width, height, edits }: Pick<Photo, 'width' | 'height' | 'edits'>): number {
  if (width <= 0 || height <= 0) return 1;
  const { crop, turn } = edits;
  const ratio = (width * (crop?.width ?? 1)) / (height * (crop?.height ?? 1));
  return Math.round((turn === 90 || turn === 270 ? 1 / ratio : ratio) * 1000) / 1000;
}
