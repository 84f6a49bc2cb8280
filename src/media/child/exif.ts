/** EXIF fields of a file, by exifr. Runs in the child only. */
import exifr from 'exifr';
import type { ExifFields } from '../facts/exif-facts.ts';

/** Fields as they are written: dates as text, numbers as numbers. */
const exifOptions = {
  tiff: true,
  ifd0: {},
  exif: true,
  gps: true,
  interop: false,
  ifd1: false,
  xmp: false,
  icc: false,
  iptc: false,
  jfif: false,
  ihdr: false,
  makerNote: true,
  userComment: true,
  mergeOutput: true,
  sanitize: true,
  reviveValues: false,
  translateKeys: true,
  translateValues: false,
} as const;

/** Damaged EXIF is no EXIF. */
export async function exifOf(given: Uint8Array): Promise<ExifFields> {
  try {
    const fields: unknown = await exifr.parse(tiffIn(given), exifOptions);
    return isFields(fields) ? fields : {};
  } catch {
    return {};
  }
}

function isFields(value: unknown): value is ExifFields {
  return typeof value === 'object' && value !== null;
}

/** Enough for the directories of a raw file. */
const panasonicBytes = 512 * 1024;

/**
 * The block of a PNG or WebP may begin with "Exif" and two zeros, as in a JPEG. Panasonic's raw files are TIFF files under a number of
 * their own.
 */
function tiffIn(block: Uint8Array): Uint8Array {
  if (Buffer.from(block.subarray(0, 4)).toString('latin1') === 'IIU\0') {
    const usual = Uint8Array.from(block.subarray(0, panasonicBytes));
    usual[2] = 0x2a;
    return usual;
  }
  const isMarked = Buffer.from(block.subarray(0, 6)).toString('latin1') === 'Exif\0\0';
  return isMarked ? block.subarray(6) : block;
}

/** Numbers of tags (CIPA DC-008) in a directory that stands alone, of which exifr does not know which one it is. */
const exposureTags: Readonly<Record<string, string>> = {
  33434: 'ExposureTime',
  33437: 'FNumber',
  34855: 'ISO',
  36867: 'DateTimeOriginal',
  36868: 'DateTimeDigitized',
  36880: 'OffsetTime',
  36881: 'OffsetTimeOriginal',
  36882: 'OffsetTimeDigitized',
  37386: 'FocalLength',
  42036: 'LensModel',
};
const gpsTags: Readonly<Record<string, string>> = {
  1: 'GPSLatitudeRef',
  2: 'GPSLatitude',
  3: 'GPSLongitudeRef',
  4: 'GPSLongitude',
  7: 'GPSTimeStamp',
  29: 'GPSDateStamp',
};

/** Of directories that each are a file like a TIFF, as Canon has them in CR3. */
export async function exifOfBlocks(blocks: {
  main?: Uint8Array;
  exposure?: Uint8Array;
  gps?: Uint8Array;
}): Promise<ExifFields> {
  const [main, exposure, gps] = await Promise.all([
    blocks.main ? exifOf(blocks.main) : {},
    named(blocks.exposure, exposureTags),
    named(blocks.gps, gpsTags),
  ]);
  return { ...main, ...exposure, ...gps };
}

async function named(
  block: Uint8Array | undefined,
  names: Readonly<Record<string, string>>,
): Promise<ExifFields> {
  if (!block) return {};
  try {
    const fields: unknown = await exifr.parse(block, { ...exifOptions, translateKeys: false });
    if (!isFields(fields)) return {};
    return Object.fromEntries(
      Object.entries(names).flatMap(([tag, name]) => (tag in fields ? [[name, fields[tag]]] : [])),
    );
  } catch {
    return {};
  }
}
