/**
 * One table file of LevelDB, read without LevelDB (doc/table_format.md there): data blocks, a block of
 * Bloom filters, an index, a footer; behind each block its kind and a CRC-32C, which LevelDB does not look
 * at when it reads. A flipped bit in a filter makes it say that a row is not there, one in the index or in
 * a length makes it end the whole process.
 */
import { crc32c } from './crc32c.ts';
import { readVarint, unpackSnappy } from './snappy.ts';

const footerBytes = 48;
const trailerBytes = 5;
const magic = Buffer.from('57fb808b247547db', 'hex');
const kinds = { plain: 0, snappy: 1 } as const;
/** Behind each key: a number and whether it was put (1) or deleted (0). */
const internalBytes = 8;
const wasPut = 1;

interface Place {
  offset: number;
  size: number;
}

/** @throws Error saying what is damaged, unless every block is as LevelDB wrote it */
export function checkTable(file: Buffer): void {
  const { index, meta } = readFooter(file);
  for (const { value } of entriesOf(blockAt(file, meta))) checkBlock(file, placeAt(value, 0).place);
  for (const { value } of entriesOf(blockAt(file, index))) checkBlock(file, placeAt(value, 0).place);
}

/**
 * Rows that were put and can still be read. Of a row that was written twice both may come.
 * @throws Error where nothing of the table can be found
 */
export function* readableEntries(file: Buffer): Iterable<{ key: Buffer; value: Buffer }> {
  for (const { value } of entriesOf(blockAt(file, readFooter(file).index))) {
    let block: Buffer;
    try {
      block = blockAt(file, placeAt(value, 0).place);
    } catch {
      continue;
    }
    for (const { key, value } of entriesOf(block)) {
      if (key[key.length - internalBytes] !== wasPut) continue;
      yield { key: key.subarray(0, -internalBytes), value };
    }
  }
}

function readFooter(file: Buffer): { meta: Place; index: Place } {
  const footer = file.subarray(-footerBytes);
  if (footer.length < footerBytes || !footer.subarray(-magic.length).equals(magic))
    throw new Error('it is cut off');
  const meta = placeAt(footer, 0);
  return { meta: meta.place, index: placeAt(footer, meta.end).place };
}

function placeAt(bytes: Buffer, start: number): { place: Place; end: number } {
  const offset = readVarint(bytes, start);
  const size = readVarint(bytes, offset.end);
  return { place: { offset: offset.value, size: size.value }, end: size.end };
}

function checkBlock(file: Buffer, { offset, size }: Place): void {
  const end = offset + size;
  if (end + trailerBytes > file.length) throw new Error('a block of it is cut off');
  if (file.readUInt32LE(end + 1) !== masked(crc32c(file, offset, end + 1)))
    throw new Error(`the checksum of its block at byte ${offset} is wrong`);
}

/** LevelDB masks its checksums (rotates and adds), because it computes checksums over data that contains checksums. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function blockAt(file: Buffer, place: Place): Buffer {
  checkBlock(file, place);
  const end = place.offset + place.size;
  const block = file.subarray(place.offset, end);
  const kind = file[end];
  if (kind === kinds.snappy) return unpackSnappy(block);
  if (kind === kinds.plain) return block;
  throw new Error(`its block at byte ${place.offset} is packed in an unknown way`);
}

/** Each key is stored without the prefix that it shares with the key before it. */
function* entriesOf(block: Buffer): Iterable<{ key: Buffer; value: Buffer }> {
  if (block.length < 4) throw new Error('a block of it is too short');
  const dataEnd = block.length - 4 * (1 + block.readUInt32LE(block.length - 4));
  let before: Buffer = Buffer.alloc(0);
  for (let at = 0; at < dataEnd; ) {
    const shared = readVarint(block, at);
    const fresh = readVarint(block, shared.end);
    const length = readVarint(block, fresh.end);
    const [keyEnd, end] = [length.end + fresh.value, length.end + fresh.value + length.value];
    if (end > dataEnd || shared.value > before.length) throw new Error('a row of it does not end');
    const key = Buffer.concat([before.subarray(0, shared.value), block.subarray(length.end, keyEnd)]);
    yield { key, value: block.subarray(keyEnd, end) };
    before = key;
    at = end;
  }
}
