/**
 * A signature of 128 bits for each name, by which most names that cannot match are passed over without
 * being looked at. Each character and each pair of neighbors sets one bit (a Bloom filter).
 */

export type Signature = readonly [number, number, number, number];

/** The bits of a text that is folded already. */
export function signatureOf(text: string): [number, number, number, number] {
  const bits: [number, number, number, number] = [0, 0, 0, 0];
  let before = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    setBit(bits, Math.imul(code, 0x9e3779b1));
    if (at > 0) setBit(bits, Math.imul(before, 0x85ebca6b) ^ Math.imul(code, 0xc2b2ae35));
    before = code;
  }
  return bits;
}

function setBit(bits: [number, number, number, number], hash: number): void {
  const mixed = (hash ^ (hash >>> 15)) >>> 0;
  const bit = 1 << (mixed & 31);
  switch ((mixed >>> 5) & 3) {
    case 0:
      bits[0] |= bit;
      return;
    case 1:
      bits[1] |= bit;
      return;
    case 2:
      bits[2] |= bit;
      return;
    default:
      bits[3] |= bit;
  }
}

export function bitsIn(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
