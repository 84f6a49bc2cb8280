import { readFileSync } from 'node:fs';

/** The parsed rows of test/vectors/NAME.json. */
export function vectors<Rows>(name: string): Rows {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'));
}

/** Byte i is start + 7·i mod 256. */
export function ramp(length: number, start: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (start + 7 * i) & 0xff);
}

/** A copy with one bit of byte `index` turned over. */
export function spoiled(bytes: Uint8Array, index: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}

/** The same bytes in the middle of a larger buffer, as they come out of a network read. */
export function inside(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(bytes.length + 13).fill(0xee);
  larger.set(bytes, 5);
  return larger.subarray(5, 5 + bytes.length);
}
