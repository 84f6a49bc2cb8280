/** Unpacks Snappy, with which LevelDB compresses its blocks (format_description.txt of google/snappy). */

/** Larger than any block that we cause: a value is a record of at most some hundred KiB. */
const unpackedBytesMax = 64 * 1024 * 1024;

/** @throws Error where the bytes are not valid Snappy */
export function unpackSnappy(packed: Uint8Array): Buffer {
  const { value: length, end } = readVarint(packed, 0);
  if (length > unpackedBytesMax) throw new Error('a block is too large');
  const plain = Buffer.alloc(length);
  let filled = 0;
  for (let at = end; at < packed.length; ) {
    const tag = packed[at] ?? 0;
    const step = (tag & 3) === 0 ? literalAt(packed, at) : copyAt(packed, at);
    if (filled + step.length > length) throw new Error('a block unpacks to more than it says');
    if ('from' in step) plain.set(packed.subarray(step.from, step.end), filled);
    else copyWithin(plain, filled, step.offset, step.length);
    filled += step.length;
    at = step.end;
    if (at > packed.length) throw new Error('a block ends too early');
  }
  if (filled !== length) throw new Error('a block unpacks to less than it says');
  return plain;
}

/** Up to 49 bits, as LevelDB and Snappy write lengths and places in a file. */
export function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } {
  let value = 0;
  for (let at = start; at < bytes.length && at < start + 7; at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * (at - start));
    if (byte < 0x80) return { value, end: at + 1 };
  }
  throw new Error('a number does not end');
}

/** Bytes as they are: their length is in the tag, or in one to four bytes behind it. */
function literalAt(packed: Uint8Array, at: number): { from: number; length: number; end: number } {
  const short = (packed[at] ?? 0) >> 2;
  const lengthBytes = short < 60 ? 0 : short - 59;
  const length = lengthBytes === 0 ? short + 1 : numberAt(packed, at + 1, lengthBytes) + 1;
  const from = at + 1 + lengthBytes;
  return { from, length, end: from + length };
}

/** Bytes that were there before. */
function copyAt(packed: Uint8Array, at: number): { offset: number; length: number; end: number } {
  const tag = packed[at] ?? 0;
  const kind = tag & 3;
  if (kind === 1) {
    const offset = ((tag >> 5) << 8) | (packed[at + 1] ?? 0);
    return { offset, length: ((tag >> 2) & 7) + 4, end: at + 2 };
  }
  const offsetBytes = kind === 2 ? 2 : 4;
  const offset = numberAt(packed, at + 1, offsetBytes);
  return { offset, length: (tag >> 2) + 1, end: at + 1 + offsetBytes };
}

/** Source and target of a copy may overlap. */
function copyWithin(plain: Buffer, at: number, offset: number, length: number): void {
  if (offset === 0 || offset > at) throw new Error('a block copies from before its beginning');
  for (let index = at; index < at + length; index += 1) plain[index] = plain[index - offset] ?? 0;
}

function numberAt(bytes: Uint8Array, start: number, length: number): number {
  let value = 0;
  for (let index = length - 1; index >= 0; index -= 1) value = value * 256 + (bytes[start + index] ?? 0);
  return value;
}
