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
