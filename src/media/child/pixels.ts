/** Thumbnails by sharp (libvips). Runs in the child only: it is C code on foreign bytes. */
import { rgbaToThumbHash } from 'thumbhash';
import {
  type Thumbnail,
  type ThumbnailSize,
  thumbnailSizes,
} from '../../model/contracts/media/media-maker.ts';
import { hashedEdge, perceptualHash } from '../facts/perceptual-hash.ts';
import type { RawPixels } from './heic.ts';

export type Sharp = typeof import('sharp').default;

/** Where sharp is, and what it lacks where it is not. */
export type Pixels = { sharp: Sharp } | { lack: string };

/** WebP of 0 to 100, and how hard the encoder tries: the large one would take a second otherwise. */
const qualities: Readonly<Record<ThumbnailSize, { quality: number; effort: number }>> = {
  240: { quality: 72, effort: 4 },
  720: { quality: 76, effort: 3 },
  2160: { quality: 80, effort: 1 },
};
/** Of the picture from which the preview is made; the hash takes at most 100. */
const previewEdge = 100;

/** Loaders of libvips that are used: those of formats that phones, cameras and browsers write. */
const loaders = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif', 'Tiff'];

export async function openPixels(): Promise<Pixels> {
  try {
    const { default: sharp } = await import('sharp');
    sharp.concurrency(1);
    sharp.cache(false);
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({ operation: loaders.map((loader) => `VipsForeignLoad${loader}`) });
    return { sharp };
  } catch {
    return {
      lack: 'Thumbnails need the package "sharp", which is not installed on this device: run "npm install sharp" where peerstor is, or leave them to another device.',
    };
  }
}

export interface Pictured {
  width: number;
  height: number;
  thumbnails: Thumbnail[];
  thumbhash: Uint8Array;
  perceptualHash: Uint8Array;
}

/** Size and EXIF block as they stand in the file. */
export interface Described {
  width: number;
  height: number;
  /** `hevc` is what no build of sharp may decode. */
  compression: string | undefined;
  exif: Uint8Array | undefined;
}

/** @throws what sharp throws for a damaged head */
export async function describe(sharp: Sharp, bytes: Uint8Array): Promise<Described> {
  const {
    width,
    height,
    orientation = 1,
    compression,
    exif,
    pages = 1,
    pageHeight,
  } = await sharp(bytes, {
    limitInputPixels: false,
  }).metadata();
  const shown = pages > 1 && pageHeight !== undefined ? pageHeight : height;
  const isTurned = orientation >= 5;
  return {
    width: isTurned ? shown : width,
    height: isTurned ? width : shown,
    compression,
    exif,
  };
}

/**
 * Decodes once, and scales from there. Metadata stays behind: a thumbnail says nothing of where it was taken.
 * @param orientation as EXIF has it, where the picture itself says none
 * @returns the size is that of the largest thumbnail
 * @throws what sharp throws
 */
export async function picture(
  sharp: Sharp,
  given: Uint8Array | RawPixels,
  pixelsMax: number,
  orientation = 1,
): Promise<Pictured> {
  const [largest] = thumbnailSizes.slice(-1);
  const source =
    given instanceof Uint8Array
      ? sharp(orientation === 1 ? given : await turned(sharp, given, pixelsMax, orientation), {
          limitInputPixels: pixelsMax,
          failOn: 'none',
        }).rotate()
      : sharp(given.data, { raw: { width: given.width, height: given.height, channels: 4 } }).removeAlpha();
  const { data, info } = await source
    .resize(largest, largest, { fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  let from = { data: data as Uint8Array, width, height };
  const raw = () => sharp(from.data, { raw: { width: from.width, height: from.height, channels } });
  const thumbnails: Thumbnail[] = [];
  // From the largest down: each is made from the one before.
  for (const size of [...thumbnailSizes].reverse()) {
    const isSmaller = Math.max(width, height) > size;
    const smaller = thumbnailSizes[thumbnailSizes.indexOf(size) - 1];
    // A smaller size shows all that there is.
    if (!isSmaller && smaller !== undefined && Math.max(width, height) <= smaller) continue;
    if (isSmaller) {
      const scaled = await raw()
        .resize(size, size, { fit: 'inside' })
        .raw()
        .toBuffer({ resolveWithObject: true });
      from = { data: scaled.data, width: scaled.info.width, height: scaled.info.height };
    }
    const encoded = await raw().webp(qualities[size]).toBuffer();
    thumbnails.unshift({ size, width: from.width, height: from.height, bytes: new Uint8Array(encoded) });
  }
  const preview = await raw()
    .resize(previewEdge, previewEdge, { fit: 'inside', withoutEnlargement: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const gray = await raw()
    .resize(hashedEdge, hashedEdge, { fit: 'fill' })
    .flatten()
    .greyscale()
    .raw()
    .toBuffer();
  return {
    width,
    height,
    thumbnails,
    thumbhash: rgbaToThumbHash(preview.info.width, preview.info.height, preview.data),
    perceptualHash: perceptualHash(gray),
  };
}

/** Turned by quarters, as cameras are held; mirrored pictures come from no camera. */
const quarters: Readonly<Record<number, number>> = { 3: 180, 6: 90, 8: 270 };

async function turned(
  sharp: Sharp,
  bytes: Uint8Array,
  pixelsMax: number,
  orientation: number,
): Promise<Uint8Array> {
  const { orientation: own } = await sharp(bytes).metadata();
  const degrees = quarters[orientation];
  if (own !== undefined || degrees === undefined) return bytes;
  return sharp(bytes, { limitInputPixels: pixelsMax, failOn: 'none' })
    .rotate(degrees)
    .jpeg({ quality: 92 })
    .toBuffer();
}
