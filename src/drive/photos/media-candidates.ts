/** Which files may be pictures or films. Only a look at the content tells; this says where a look is worth it. */

const mediaEndings: ReadonlySet<string> = new Set(
  'jpg jpeg jpe jfif png webp gif avif tif tiff heic heif hif mp4 m4v mov qt 3gp webm mkv dng nef cr2 cr3 arw raf rw2'.split(
    ' ',
  ),
);
/** What a program says of bytes that it does not know. */
const unknownMimes: ReadonlySet<string> = new Set(['', 'application/octet-stream', 'binary/octet-stream']);
/** Drawings in XML are never decoded here: they can name other files. */
const neverMimes: ReadonlySet<string> = new Set(['image/svg+xml']);

export type Candidate = 'likely' | 'maybe' | 'no';

/** `maybe` for bytes of which nothing is known: they are looked at once, when they arrive. */
export function candidateOf(name: string, mime: string): Candidate {
  const type = mime.toLowerCase().split(';')[0]?.trim() ?? '';
  if (neverMimes.has(type)) return 'no';
  if (type.startsWith('image/') || type.startsWith('video/')) return 'likely';
  const ending = /\.([^.]{1,8})$/.exec(name)?.[1]?.toLowerCase() ?? '';
  if (mediaEndings.has(ending)) return 'likely';
  return unknownMimes.has(type) ? 'maybe' : 'no';
}
