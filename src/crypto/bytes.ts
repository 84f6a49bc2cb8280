/** The few byte operations that every file of this room needs. */

export type Bytes = Uint8Array<ArrayBuffer>;

const utf8 = new TextEncoder();

export function textBytes(text: string): Bytes {
  return utf8.encode(text);
}

/**
 * A plain Uint8Array over what node:crypto returned. A Buffer compares and prints differently, and
 * one from the shared pool would show foreign bytes through `.buffer`, so such a one is copied.
 */
export function plain(bytes: Uint8Array | ArrayBuffer): Bytes {
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  const { buffer, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) return new Uint8Array(buffer);
  return new Uint8Array(bytes);
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
