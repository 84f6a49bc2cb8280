/** What a content is, by its first bytes. Names and media types that came with an upload are not believed. */
import type { MediaKind } from '../../model/contracts/media/media-maker.ts';

export interface Sniffed {
  kind: MediaKind;
  format: string;
}

/** Bytes that are enough to tell. */
export const sniffBytes = 64;

/** Major brands of ISO base media files (ISO/IEC 14496-12 section 4.3) that are pictures. */
const imageBrands: Readonly<Record<string, string>> = {
  avif: 'avif',
  avis: 'avif',
  heic: 'heic',
  heix: 'heic',
  heim: 'heic',
  heis: 'heic',
  hevc: 'heic',
  hevx: 'heic',
  mif1: 'heic',
  msf1: 'heic',
};
/** ISO base media files that are neither pictures nor films, but sound. */
const soundBrands: ReadonlySet<string> = new Set(['M4A ', 'M4B ', 'M4P ']);

/** @returns undefined for what is neither a picture nor a film */
export function sniff(head: Uint8Array): Sniffed | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, sniffBytes)).toString(
    'latin1',
  );
  if (text.startsWith('\xff\xd8\xff')) return image('jpeg');
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return image('png');
  if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return image('gif');
  if (text.startsWith('RIFF') && text.startsWith('WEBP', 8)) return image('webp');
  if (text.startsWith('II*\0') || text.startsWith('MM\0*')) return image('tiff');
  // Raw files of Panasonic are built like a TIFF under a number of their own; those of Fujifilm are not.
  if (text.startsWith('IIU\0')) return image('tiff');
  if (text.startsWith('FUJIFILMCCD-RAW ')) return image('raf');
  if (text.startsWith('ftyp', 4)) return isoMedia(text);
  // QuickTime files of before there were brands.
  if (text.startsWith('moov', 4) || text.startsWith('mdat', 4) || text.startsWith('wide', 4))
    return video('mov');
  if (text.startsWith('\x1a\x45\xdf\xa3')) return video(text.includes('webm') ? 'webm' : 'matroska');
  return undefined;
}

function isoMedia(text: string): Sniffed | undefined {
  const major = text.slice(8, 12);
  // A general brand says what it really is among the compatible ones.
  const brands = [major, ...(text.slice(16).match(/.{4}/gs) ?? [])];
  if (soundBrands.has(major)) return undefined;
  if (major === 'mif1' || major === 'msf1') {
    return image(brands.some((brand) => imageBrands[brand] === 'avif') ? 'avif' : 'heic');
  }
  // Raw files of Canon since 2018.
  if (major === 'crx ') return image('cr3');
  const format = imageBrands[major];
  if (format) return image(format);
  return video(major === 'qt  ' ? 'mov' : 'mp4');
}

function image(format: string): Sniffed {
  return { kind: 'image', format };
}

function video(format: string): Sniffed {
  return { kind: 'video', format };
}
