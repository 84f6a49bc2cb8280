/**
 * A hash that is nearly the same for pictures that look nearly the same (the "pHash" of Zauner 2010): the signs of
 * the 64 lowest frequencies of 32 × 32 gray values, each compared with their median.
 */

/** Edge of the picture that is hashed, in pixels. */
export const hashedEdge = 32;
const frequencies = 8;

/** @param gray 32 × 32 bytes, row by row. @returns 8 bytes */
export function perceptualHash(gray: Uint8Array): Uint8Array {
  const values: number[] = [];
  for (let v = 0; v < frequencies; v += 1)
    for (let u = 0; u < frequencies; u += 1) values.push(strength(gray, u, v));
  // The mean brightness is left out of the median: it is far larger than all others.
  const sorted = values.slice(1).sort((left, right) => left - right);
  const median = ((sorted[31] ?? 0) + (sorted[30] ?? 0)) / 2;
  const hash = new Uint8Array(8);
  values.forEach((value, at) => {
    if (value > median) hash[at >> 3] = (hash[at >> 3] ?? 0) | (1 << (at & 7));
  });
  return hash;
}

/** One coefficient of the two-dimensional discrete cosine transform. */
function strength(gray: Uint8Array, u: number, v: number): number {
  let sum = 0;
  for (let y = 0; y < hashedEdge; y += 1) {
    const row = cosines[v * hashedEdge + y] ?? 0;
    let line = 0;
    for (let x = 0; x < hashedEdge; x += 1)
      line += (gray[y * hashedEdge + x] ?? 0) * (cosines[u * hashedEdge + x] ?? 0);
    sum += line * row;
  }
  return sum;
}

const cosines = Float64Array.from({ length: frequencies * hashedEdge }, (_, at) => {
  const frequency = Math.floor(at / hashedEdge);
  const place = at % hashedEdge;
  return Math.cos(((2 * place + 1) * frequency * Math.PI) / (2 * hashedEdge));
});
