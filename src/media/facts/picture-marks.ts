/**
 * What a picture is beside a picture: the still of a Live Photo, one of a burst, the head of a film (motion photo), a panorama, a
 * screenshot. Read from XMP (ISO 16684-1), from Apple's notes in EXIF, and from what Samsung puts at the end of the file.
 */
import type { MediaFacts } from '../../model/contracts/media/media-maker.ts';
import type { ExifFields } from './exif-facts.ts';

export type PictureMarks = Pick<
  MediaFacts,
  'contentId' | 'burstId' | 'motion' | 'panorama' | 'screenshot' | 'description'
>;

const samsungMark = Buffer.from('MotionPhoto_Data');
const filmBytesMin = 1000;
/** CustomRendered in EXIF, as Apple uses it. */
const renderedPanorama = 6;
const descriptionMax = 2000;

export function pictureMarks(file: Buffer, fields: ExifFields, xmp: string): PictureMarks {
  const motion = motionOf(file, xmp);
  const apple = appleNotes(fields.makerNote ?? fields.MakerNote);
  const isSphere = /GPano:ProjectionType\s*(?:=\s*["']|>)\s*equirectangular/i.test(xmp);
  const isFlat = fields.CustomRendered === renderedPanorama || /GPano:UsePanoramaViewer/.test(xmp);
  const panorama = isSphere ? 'sphere' : isFlat ? 'flat' : undefined;
  const description = descriptionOf(fields);
  return {
    ...(apple.contentId !== undefined && { contentId: apple.contentId }),
    ...(apple.burstId !== undefined && { burstId: apple.burstId }),
    ...(motion && { motion }),
    ...(panorama && { panorama }),
    ...(isScreenshot(fields) && { screenshot: true }),
    ...(description !== undefined && { description }),
  };
}

/**
 * The film in a motion photo: its length counts from the end of the file. Google's first format says it as MicroVideoOffset, the present
 * one as the Length of the item with that meaning (developer.android.com, "Motion Photo format 1.0").
 */
function motionOf(file: Buffer, xmp: string): MediaFacts['motion'] {
  const micro = /GCamera:MicroVideoOffset\s*(?:=\s*["']|>)\s*(\d{1,12})/.exec(xmp)?.[1];
  const lengths = [
    Number(micro ?? 0),
    ...[...xmp.matchAll(/<Container:Item\b[^>]*>/g)]
      .map(([item]) => item)
      .filter((item) => /Item:Semantic\s*=\s*["']MotionPhoto["']/.test(item))
      .map((item) => Number(/Item:Length\s*=\s*["'](\d{1,12})["']/.exec(item)?.[1] ?? 0)),
  ];
  for (const length of lengths) {
    const start = file.length - length;
    if (length >= filmBytesMin && isFilm(file, start)) return { start, end: file.length };
  }
  const mark = file.lastIndexOf(samsungMark);
  const start = mark + samsungMark.length;
  return mark > 0 && file.length - start >= filmBytesMin && isFilm(file, start)
    ? { start, end: file.length }
    : undefined;
}

function isFilm(file: Buffer, start: number): boolean {
  return start > 0 && file.toString('latin1', start + 4, start + 8) === 'ftyp';
}

/** Tags of the directory that Apple writes as its maker's notes; the number formats are those of TIFF. */
const appleTags = { burstId: 0x0b, contentId: 0x11 } as const;
const appleHead = 'Apple iOS\0';
const appleDirectory = 14;
const entriesMax = 200;

function appleNotes(notes: unknown): { contentId?: string; burstId?: string } {
  if (!(notes instanceof Uint8Array)) return {};
  const bytes = Buffer.from(notes.buffer, notes.byteOffset, notes.byteLength);
  if (bytes.length < appleDirectory + 2 || bytes.toString('latin1', 0, appleHead.length) !== appleHead) {
    return {};
  }
  const count = Math.min(bytes.readUInt16BE(appleDirectory), entriesMax);
  const found: { contentId?: string; burstId?: string } = {};
  for (let index = 0; index < count; index += 1) {
    const entry = appleDirectory + 2 + index * 12;
    if (entry + 12 > bytes.length) break;
    const text = identifierAt(bytes, entry);
    if (text === undefined) continue;
    const tag = bytes.readUInt16BE(entry);
    if (tag === appleTags.burstId) found.burstId = text;
    if (tag === appleTags.contentId) found.contentId = text;
  }
  return found;
}

/** A UUID as text (type 2), which stands elsewhere in the notes because it is longer than four bytes. */
function identifierAt(bytes: Buffer, entry: number): string | undefined {
  if (bytes.readUInt16BE(entry + 2) !== 2) return undefined;
  const at = bytes.readUInt32BE(entry + 8);
  return identifier(bytes.toString('latin1', at, Math.min(bytes.length, at + 36)));
}

/** @returns the UUID in capitals, or undefined for what is none */
export function identifier(text: string | undefined): string | undefined {
  const found = /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}/i.exec(text ?? '')?.[0];
  return found?.toUpperCase();
}

function isScreenshot({ UserComment: comment, userComment }: ExifFields): boolean {
  const said = comment ?? userComment;
  const text = said instanceof Uint8Array ? Buffer.from(said).toString('latin1') : said;
  return typeof text === 'string' && /(^|\0)Screenshot\0*$/.test(text);
}

function descriptionOf({ ImageDescription: said }: ExifFields): string | undefined {
  if (typeof said !== 'string') return undefined;
  const text = said
    .replace(/\0[\s\S]*$/, '')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]+/gu, ' ')
    .trim()
    .slice(0, descriptionMax);
  // What cameras write where nobody wrote anything.
  const isFiller =
    /^(OLYMPUS DIGITAL CAMERA|SONY DSC|DCIM|default|MINOLTA DIGITAL CAMERA|DIGITAL CAMERA|KONICA.*|SAMSUNG.*CAMERA PICTURES)\s*$/i;
  return text === '' || isFiller.test(text) ? undefined : text.toWellFormed();
}
