/** Does a piece of content look like encrypted data? */

/** Files that are noise all their life, by their first bytes: pictures, films, archives. */
const knownHeads = [
  [0xff, 0xd8, 0xff],
  [0x89, 0x50, 0x4e, 0x47],
  [0x47, 0x49, 0x46, 0x38],
  [0x50, 0x4b, 0x03, 0x04],
  [0x1f, 0x8b],
  [0x28, 0xb5, 0x2f, 0xfd],
  [0xfd, 0x37, 0x7a, 0x58, 0x5a],
  [0x42, 0x5a, 0x68],
  [0x37, 0x7a, 0xbc, 0xaf],
  [0x52, 0x61, 0x72, 0x21],
  [0x52, 0x49, 0x46, 0x46],
  [0x4f, 0x67, 0x67, 0x53],
  [0x66, 0x4c, 0x61, 0x43],
  [0x49, 0x44, 0x33],
  [0x25, 0x50, 0x44, 0x46],
  [0x1a, 0x45, 0xdf, 0xa3],
  [0x53, 0x51, 0x4c, 0x69],
] as const;
/** Of ISO media files (MP4, HEIC) and others the name stands after a length. */
const ftyp = [0x66, 0x74, 0x79, 0x70] as const;

export const sampleBytes = 64 * 1024;
/** Too short to tell. */
const sampleBytesMin = 1024;

/** @param sample the beginning of a file */
export function looksEncrypted(sample: Uint8Array): boolean {
  if (sample.length < sampleBytesMin) return false;
  if (knownHeads.some((head) => beginsWith(sample, 0, head)) || beginsWith(sample, 4, ftyp)) return false;
  const counts = new Uint32Array(256);
  for (const byte of sample) counts[byte] = (counts[byte] ?? 0) + 1;
  const expected = sample.length / 256;
  // Pearson's chi-squared with 255 degrees of freedom: random bytes give 255 ± 23, anything that can be packed far more.
  let chi = 0;
  for (const count of counts) chi += (count - expected) ** 2 / expected;
  return chi < 400;
}

function beginsWith(sample: Uint8Array, at: number, head: readonly number[]): boolean {
  return head.every((byte, index) => sample[at + index] === byte);
}
