/**
 * Writes a ZIP file as a stream: stored, not compressed (most large files are compressed already), of any
 * size and number of files (ZIP64). Formats: PKWARE APPNOTE 6.3.10; the time field 0x5455 is Info-ZIP's.
 */
import { crc32 } from 'node:zlib';

/** One file or folder that becomes part of an archive. */
export interface ArchiveItem {
  /** With `/` between names; of a folder it ends with one. */
  path: string;
  modifiedAtMs: number;
  /** Bytes of the file; 0 of a folder. */
  size: number;
  /** undefined for a folder. */
  content: AsyncIterable<Uint8Array> | undefined;
}

/** What the directory at the end says of an item. */
interface Written {
  name: Buffer;
  time: Time;
  crc: number;
  size: number;
  offset: number;
  isFolder: boolean;
}

interface Time {
  dos: number;
  extra: Buffer;
}

const most32 = 0xffff_ffff;
const most16 = 0xffff;
/** 4.5: ZIP64. */
const version = 45;
/** Version 2.0, which suffices for folders and for everything else without ZIP64. */
const plainVersion = 20;
/** Made by Unix, so that names are read as UTF-8 and modes are kept. */
const madeBy = (3 << 8) | version;
const utf8Names = 0x800;
/** Sizes and checksum stand behind the content. */
const sizesFollow = 0x8;
const fileMode = 0o100644;
const folderMode = 0o40755;
const folderOfDos = 0x10;
/** Records of the directory that are sent in one piece. */
const pieceBytes = 64 * 1024;

/**
 * Nothing is sent of a file before its first bytes were read, so an archive whose first file cannot be read
 * fails before it begins.
 * @throws what reading the items throws; an error where a file has another size than its item says
 */
export async function* zipStream(items: AsyncIterable<ArchiveItem>): AsyncGenerator<Uint8Array> {
  const directory = new Directory();
  let offset = 0;
  for await (const item of items) {
    const name = Buffer.from(item.path);
    const time = timeOf(item.modifiedAtMs);
    const isFolder = item.content === undefined;
    const pieces = item.content?.[Symbol.asyncIterator]();
    let crc = 0;
    let size = 0;
    const isLarge = item.size >= most32;
    let header: Buffer | undefined = localHeader(name, time, { isFolder, isLarge });
    const start = offset;
    offset += header.length;
    try {
      for (let piece = await pieces?.next(); piece !== undefined && piece.done !== true; ) {
        if (header !== undefined) yield header;
        header = undefined;
        crc = crc32(piece.value, crc);
        size += piece.value.length;
        yield piece.value;
        piece = await pieces?.next();
      }
    } finally {
      await pieces?.return?.();
    }
    if (size !== item.size) throw new Error(`a file gave ${size} bytes where ${item.size} were announced`);
    if (header !== undefined) yield header;
    offset += size;
    if (!isFolder) {
      const descriptor = descriptorOf(crc, size, isLarge);
      offset += descriptor.length;
      yield descriptor;
    }
    directory.add({ name, time, crc, size, offset: start, isFolder });
  }
  yield* directory.pieces(offset);
}

/** The header in front of an item. Readers infer the width of sizes from it, so a small file has 32 bits here and in its descriptor. */
function localHeader(
  name: Buffer,
  { dos, extra }: Time,
  { isFolder, isLarge }: { isFolder: boolean; isLarge: boolean },
): Buffer {
  const zip64 = isLarge ? zip64Extra([0n, 0n]) : Buffer.alloc(0);
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x0403_4b50, 0);
  head.writeUInt16LE(isLarge ? version : plainVersion, 4);
  head.writeUInt16LE(flagsOf(isFolder), 6);
  head.writeUInt32LE(dos, 10);
  if (isLarge) head.fill(0xff, 18, 26);
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(zip64.length + extra.length, 28);
  return Buffer.concat([head, name, zip64, extra]);
}

function flagsOf(isFolder: boolean): number {
  return isFolder ? utf8Names : utf8Names | sizesFollow;
}

function descriptorOf(crc: number, size: number, isLarge: boolean): Buffer {
  const descriptor = Buffer.alloc(isLarge ? 24 : 16);
  descriptor.writeUInt32LE(0x0807_4b50, 0);
  descriptor.writeUInt32LE(crc, 4);
  if (isLarge) {
    descriptor.writeBigUInt64LE(BigInt(size), 8);
    descriptor.writeBigUInt64LE(BigInt(size), 16);
  } else {
    descriptor.writeUInt32LE(size, 8);
    descriptor.writeUInt32LE(size, 12);
  }
  return descriptor;
}

/** The central directory, kept as it will be sent: some 100 bytes and the name of each item. */
class Directory {
  readonly #pieces: Buffer[] = [];
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #bytes = 0;
  #count = 0;

  add(item: Written): void {
    const record = directoryRecord(item);
    this.#waiting.push(record);
    this.#waitingBytes += record.length;
    this.#bytes += record.length;
    this.#count += 1;
    if (this.#waitingBytes >= pieceBytes) this.#join();
  }

  /** @param start where the directory begins */
  *pieces(start: number): Generator<Uint8Array> {
    this.#join();
    yield* this.#pieces;
    yield directoryEnd(start, this.#bytes, this.#count);
  }

  #join(): void {
    if (this.#waiting.length > 0) this.#pieces.push(Buffer.concat(this.#waiting));
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

function directoryRecord({ name, time, crc, size, offset, isFolder }: Written): Buffer {
  const large: bigint[] = [];
  if (size >= most32) large.push(BigInt(size), BigInt(size));
  if (offset >= most32) large.push(BigInt(offset));
  const zip64 = large.length > 0 ? zip64Extra(large) : Buffer.alloc(0);
  const head = Buffer.alloc(46);
  head.writeUInt32LE(0x0201_4b50, 0);
  head.writeUInt16LE(madeBy, 4);
  head.writeUInt16LE(large.length > 0 ? version : plainVersion, 6);
  head.writeUInt16LE(flagsOf(isFolder), 8);
  head.writeUInt32LE(time.dos, 12);
  head.writeUInt32LE(crc, 16);
  head.writeUInt32LE(Math.min(size, most32), 20);
  head.writeUInt32LE(Math.min(size, most32), 24);
  head.writeUInt16LE(name.length, 28);
  head.writeUInt16LE(zip64.length + time.extra.length, 30);
  const mode = isFolder ? folderMode : fileMode;
  head.writeUInt32LE(mode * 0x1_0000 + (isFolder ? folderOfDos : 0), 38);
  head.writeUInt32LE(Math.min(offset, most32), 42);
  return Buffer.concat([head, name, zip64, time.extra]);
}

/** The records that end an archive; those of ZIP64 only where the older one cannot say it. */
function directoryEnd(start: number, bytes: number, count: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x0605_4b50, 0);
  end.writeUInt16LE(Math.min(count, most16), 8);
  end.writeUInt16LE(Math.min(count, most16), 10);
  end.writeUInt32LE(Math.min(bytes, most32), 12);
  end.writeUInt32LE(Math.min(start, most32), 16);
  if (count < most16 && bytes < most32 && start < most32) return end;
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x0606_4b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE(madeBy, 12);
  end64.writeUInt16LE(version, 14);
  end64.writeBigUInt64LE(BigInt(count), 24);
  end64.writeBigUInt64LE(BigInt(count), 32);
  end64.writeBigUInt64LE(BigInt(bytes), 40);
  end64.writeBigUInt64LE(BigInt(start), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x0706_4b50, 0);
  locator.writeBigUInt64LE(BigInt(start + bytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end64, locator, end]);
}

function zip64Extra(values: readonly bigint[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  for (const [index, value] of values.entries()) extra.writeBigUInt64LE(value, 4 + 8 * index);
  return extra;
}

/** Twice: in the two seconds of DOS, as UTC, and exact to the second where 32 bits hold it. */
function timeOf(ms: number): Time {
  const date = new Date(ms);
  const year = Math.min(Math.max(date.getUTCFullYear(), 1980), 2107);
  const isKept = year === date.getUTCFullYear();
  const day = isKept ? ((date.getUTCMonth() + 1) << 5) | date.getUTCDate() : (1 << 5) | 1;
  const clock = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1);
  const dos = (((year - 1980) << 25) | (day << 16) | (isKept ? clock : 0)) >>> 0;
  const seconds = Math.floor(ms / 1000);
  if (seconds < -0x8000_0000 || seconds > 0x7fff_ffff) return { dos, extra: Buffer.alloc(0) };
  const extra = Buffer.alloc(9);
  extra.writeUInt16LE(0x5455, 0);
  extra.writeUInt16LE(5, 2);
  extra.writeUInt8(1, 4);
  extra.writeInt32LE(seconds, 5);
  return { dos, extra };
}
