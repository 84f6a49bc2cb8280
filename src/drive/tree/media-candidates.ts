/** Which files may be pictures or films. Only a look at the content tells; this says where a look is worth it. */
import type { ChunkId } from '../../model/ids.ts';

const mediaEndings: ReadonlySet<string> = new Set(
  'jpg jpeg jpe jfif png webp gif avif tif tiff heic heif hif mp4 m4v mov qt 3gp webm mkv dng nef cr2 cr3 arw raf rw2'.split(
    ' ',
  ),
);
/** What a program says of bytes that it does not know. */
const unknownMimes: ReadonlySet<string> = new Set(['', 'application/octet-stream', 'binary/octet-stream']);
/** Drawings in XML are never decoded here: they can name other files. */
const neverMimes: ReadonlySet<string> = new Set(['image/svg+xml']);

const magicBeginnings = [
  '\xff\xd8\xff',
  '\x89PNG',
  'GIF8',
  'RIFF',
  'II',
  'MM',
  'FUJIFILM',
  '\x1a\x45\xdf\xa3',
];
/** QuickTime and ISO base media files begin with one of these boxes. */
const isoBoxes = ['ftyp', 'moov', 'mdat', 'wide'];
const isoBoxAt = 4;

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

/**
 * Contents that came just now and are neither picture nor film, by their manifests: nobody needs to read them again to find
 * that out. The oldest are forgotten, and then read.
 */
const others = new Set<ChunkId>();
const othersMax = 4096;

/** @param head the first bytes of the content, where they are known */
export function noteContent(
  manifest: ChunkId,
  name: string,
  mime: string,
  head: Uint8Array | undefined,
): void {
  const candidate = candidateOf(name, mime);
  if (candidate === 'likely' || (candidate === 'maybe' && (!head || mayBeMedia(head)))) return;
  others.add(manifest);
  for (const oldest of others) {
    if (others.size <= othersMax) return;
    others.delete(oldest);
  }
}

/** True once for a content that was noted as neither picture nor film. */
export function isNoMedia(manifest: ChunkId): boolean {
  return others.delete(manifest);
}

/** A look at magic numbers only, and generous: what it lets pass is looked at by the process that decodes (`media/child/sniff.ts`). */
function mayBeMedia(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  return (
    magicBeginnings.some((magic) => text.startsWith(magic)) ||
    isoBoxes.some((box) => text.startsWith(box, isoBoxAt))
  );
}
