/** Content for tests that is the same in every run. */

/** Bytes that do not compress: xorshift32, four bytes a step. */
export function randomContent(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) | 1;
  for (let i = 0; i < words.length; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** Lines of text that zstd makes much shorter. */
export function textContent(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const numbers = randomContent(length, seed);
  const line = (i: number) => `line ${i}: the value ${(numbers[i] ?? 0) * 31} was measured at noon\n`;
  const lines: string[] = [];
  for (let bytes = 0, i = 0; bytes < length; i += 1) {
    lines.push(line(i));
    bytes += line(i).length;
  }
  return new Uint8Array(new TextEncoder().encode(lines.join('')).slice(0, length));
}
