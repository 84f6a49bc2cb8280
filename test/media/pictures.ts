/** Pictures and films that tests make. */
import { crc32 } from 'node:zlib';
import sharp from 'sharp';

export interface PictureWish {
  width?: number;
  height?: number;
  /** EXIF by directory, as sharp takes it: IFD0, IFD2 (Exif), IFD3 (GPS). */
  exif?: Record<string, Record<string, string>>;
  format?: 'jpeg' | 'png' | 'webp' | 'gif' | 'avif' | 'tiff';
  /** Pictures of different seeds look different. */
  seed?: number;
}

/** A picture whose left half is one color and whose right half another one: turning it shows. */
export async function newPicture(wish: PictureWish = {}): Promise<Uint8Array> {
  const { width = 64, height = 48, exif, format = 'jpeg', seed = 1 } = wish;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 3;
      const wave =
        Math.sin(((x * ((seed % 7) + 1)) / width) * 6) + Math.cos(((y * ((seed % 5) + 2)) / height) * 6);
      data[at] = x < width / 2 ? 220 : 30;
      data[at + 1] = Math.round(127 + 60 * wave);
      data[at + 2] = (seed * 37) % 256;
    }
  }
  let image = sharp(data, { raw: { width, height, channels: 3 } });
  if (exif) image = image.withExif(exif);
  return new Uint8Array(await image.toFormat(format).toBuffer());
}

/** The same PNG with another size in its head (PNG, section 11.2.1): decoding it would take as much memory. */
export function claimingSize(png: Uint8Array, width: number, height: number): Uint8Array {
  const bytes = Buffer.from(png);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

/** A box of an ISO base media file. */
export function box(type: string, ...contents: Uint8Array[]): Buffer {
  const size = contents.reduce((sum, { length }) => sum + length, 8);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(size);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...contents]);
}

export interface FilmWish {
  seconds?: number;
  width?: number;
  height?: number;
  turned?: boolean;
  /** Seconds since 1904. */
  created?: number;
  xyz?: string;
  brand?: string;
}

/** A film without pictures: its boxes say what a phone's would. */
export function newFilm(wish: FilmWish = {}): Uint8Array {
  const {
    seconds = 2.5,
    width = 1920,
    height = 1080,
    turned = false,
    created = 0,
    xyz,
    brand = 'isom',
  } = wish;
  const movie = Buffer.alloc(100);
  movie.writeUInt32BE(created, 4);
  movie.writeUInt32BE(1000, 12);
  movie.writeUInt32BE(seconds * 1000, 16);
  const track = Buffer.alloc(84);
  const matrix = turned ? [0, 0x10000, 0, -0x10000, 0, 0] : [0x10000, 0, 0, 0, 0x10000, 0];
  matrix.forEach((value, at) => {
    track.writeInt32BE(value, 40 + at * 4);
  });
  track.writeUInt32BE(width * 65536, 76);
  track.writeUInt32BE(height * 65536, 80);
  const text = Buffer.from(xyz ?? '');
  const described = Buffer.alloc(4);
  described.writeUInt16BE(text.length);
  const udta = xyz === undefined ? [] : [box('udta', box('\xa9xyz', described, text))];
  const moov = box('moov', box('mvhd', movie), box('trak', box('tkhd', track)), ...udta);
  // What is played stands before its description, as phones write it.
  return Buffer.concat([
    box('ftyp', Buffer.from(`${brand}\0\0\0\0isommp41`)),
    box('mdat', Buffer.alloc(5000)),
    moov,
  ]);
}

/** A file built like a camera's raw file: what the sensor saw is noise, a finished JPEG lies in a directory below. */
export function newRaw(jpeg: Uint8Array, orientation: number, { make = true } = {}): Uint8Array {
  const entry = (tag: number, type: number, value: number) => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt16LE(tag, 0);
    bytes.writeUInt16LE(type, 2);
    bytes.writeUInt32LE(1, 4);
    if (type === 3) bytes.writeUInt16LE(value, 8);
    else bytes.writeUInt32LE(value, 8);
    return bytes;
  };
  const directory = (...entries: Buffer[]) => {
    const count = Buffer.alloc(2);
    count.writeUInt16LE(entries.length);
    return Buffer.concat([count, ...entries, Buffer.alloc(4)]);
  };
  const subAt = 200;
  const jpegAt = 400;
  // A JPEG without loss, larger than the other one, as DNG has it.
  const sensor = Buffer.alloc(jpeg.length + 5000, 7);
  sensor.writeUInt16BE(0xffd8, 0);
  sensor.writeUInt32BE(0xffc30011, 2);
  const file = Buffer.alloc(jpegAt + jpeg.length + sensor.length);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(8, 4);
  directory(
    entry(0x0103, 3, 7),
    ...(make ? [entry(0x010f, 2, 0)] : []),
    entry(0x0111, 4, jpegAt + jpeg.length),
    entry(0x0112, 3, orientation),
    entry(0x0117, 4, sensor.length),
    entry(0x014a, 4, subAt),
  ).copy(file, 8);
  directory(entry(0x0201, 4, jpegAt), entry(0x0202, 4, jpeg.length)).copy(file, subAt);
  file.set(jpeg, jpegAt);
  file.set(sensor, jpegAt + jpeg.length);
  return file;
}

/** A file of Canon's: a full-size JPEG as the first sample of its first track, EXIF in boxes of Canon's own. */
export function newCr3(jpeg: Uint8Array, orientation: number): Uint8Array {
  const canonId = Buffer.from('85c0b687820f11e08111f4ce462b6a48', 'hex');
  const blocks = [
    box(
      'CMT1',
      tiffBlock([
        [0x010f, 'Canon'],
        [0x0110, 'Canon EOS R5'],
        [0x0112, orientation],
      ]),
    ),
    box(
      'CMT2',
      tiffBlock([
        [0x9003, '2026:07:14 15:03:22'],
        [0x9011, '+02:00'],
      ]),
    ),
  ];
  const sizes = Buffer.alloc(16);
  sizes.writeUInt32BE(1, 8);
  sizes.writeUInt32BE(jpeg.length, 12);
  const offsets = Buffer.alloc(16);
  offsets.writeUInt32BE(1, 4);
  const moov = () => {
    const table = box('stbl', box('stsz', sizes), box('co64', offsets));
    return box('moov', box('uuid', canonId, ...blocks), box('trak', box('mdia', box('minf', table))));
  };
  const head = box('ftyp', Buffer.from('crx \0\0\0\x01crx isom'));
  offsets.writeBigUInt64BE(BigInt(head.length + moov().length + 8), 8);
  return Buffer.concat([head, moov(), box('mdat', jpeg)]);
}

/** A file of Fujifilm's: its head says where the JPEG is. */
export function newRaf(jpeg: Uint8Array): Uint8Array {
  const head = Buffer.alloc(148);
  head.write('FUJIFILMCCD-RAW 0201', 'latin1');
  head.writeUInt32BE(head.length, 84);
  head.writeUInt32BE(jpeg.length, 88);
  return Buffer.concat([head, jpeg, Buffer.alloc(5000, 7)]);
}

/** One directory of a TIFF file with texts and small numbers. */
function tiffBlock(fields: readonly (readonly [tag: number, value: string | number])[]): Buffer {
  const texts: Buffer[] = [];
  let textAt = 8 + 2 + fields.length * 12 + 4;
  const head = Buffer.from('II*\0\x08\0\0\0\0\0', 'latin1');
  head.writeUInt16LE(fields.length, 8);
  const entries = fields.map(([tag, value]) => {
    const entry = Buffer.alloc(12);
    entry.writeUInt16LE(tag, 0);
    if (typeof value === 'number') {
      entry.writeUInt16LE(3, 2);
      entry.writeUInt32LE(1, 4);
      entry.writeUInt16LE(value, 8);
      return entry;
    }
    const text = Buffer.from(`${value}\0`);
    entry.writeUInt16LE(2, 2);
    entry.writeUInt32LE(text.length, 4);
    // Up to four bytes stand in the entry itself (TIFF 6.0, section 2).
    if (text.length <= 4) text.copy(entry, 8);
    else {
      entry.writeUInt32LE(textAt, 8);
      texts.push(text);
      textAt += text.length;
    }
    return entry;
  });
  return Buffer.concat([head, ...entries, Buffer.alloc(4), ...texts]);
}
