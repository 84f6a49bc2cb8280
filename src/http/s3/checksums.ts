/** Checksums that clients of S3 send beside content and node has not. */

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f6_3b78 : value >>> 1;
  return value;
});

/** CRC-32C (Castagnoli, RFC 3720 appendix B.4). @param before of what came before these bytes */
export function crc32c(bytes: Uint8Array, before = 0): number {
  let value = ~before;
  for (const byte of bytes) value = (table[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return ~value >>> 0;
}

const polynomial = { high: 0x9a6c_9329, low: 0xac4b_c9b5 };
const high = new Uint32Array(256);
const low = new Uint32Array(256);

for (let byte = 0; byte < 256; byte += 1) {
  let [upper, lower] = [0, byte];
  for (let bit = 0; bit < 8; bit += 1) {
    const isOdd = lower & 1;
    lower = (lower >>> 1) | (upper << 31);
    upper >>>= 1;
    if (!isOdd) continue;
    upper ^= polynomial.high;
    lower ^= polynomial.low;
  }
  high[byte] = upper;
  low[byte] = lower;
}

/** CRC-64/NVME (NVM Express, 64b CRC). In halves, because big integers are slow where each byte needs them. */
export class Crc64 {
  #high = 0xffff_ffff;
  #low = 0xffff_ffff;

  update(bytes: Uint8Array): void {
    let upper = this.#high;
    let lower = this.#low;
    for (const byte of bytes) {
      const at = (lower ^ byte) & 0xff;
      lower = ((lower >>> 8) | (upper << 24)) ^ (low[at] ?? 0);
      upper = (upper >>> 8) ^ (high[at] ?? 0);
    }
    this.#high = upper;
    this.#low = lower;
  }

  /** Eight bytes, the highest first. */
  digest(): Uint8Array {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(~this.#high >>> 0, 0);
    bytes.writeUInt32BE(~this.#low >>> 0, 4);
    return bytes;
  }
}
