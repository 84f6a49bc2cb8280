/**
 * Reads canonical CBOR in one pass. Written by hand because a general decoder reads more than the one
 * form, so that its answer had to be written again and compared; a join reads every record of a network.
 * `test/crypto/canonical.test.ts` holds it against that slow way.
 */
import type { Bytes } from '../bytes.ts';

/** A fixed depth, so that all devices agree on what is too deep; the stack's end differs by place. */
export const depthMax = 64;

const major = { uint: 0, negative: 1, bytes: 2, text: 3, list: 4, map: 5, simple: 7 } as const;
const simple = { false: 0xf4, true: 0xf5, null: 0xf6, double: 0xfb } as const;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const notCanonical = 'it is not in canonical form';

/** @throws Error for anything but exactly one value in the form that `encode` writes */
export function readCanonical(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  reader.mustBeAtEnd();
  return value;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  mustBeAtEnd(): void {
    if (this.#at !== this.#bytes.length) throw new Error('something follows it');
  }

  value(depth: number): unknown {
    if (depth > depthMax) throw new Error('it is nested too deep');
    const head = this.#byte();
    switch (head >> 5) {
      case major.uint:
        return this.#argument(head);
      case major.negative:
        return whole(-1 - this.#argument(head));
      case major.bytes:
        return this.#byteString(this.#argument(head));
      case major.text:
        return this.#text(this.#argument(head));
      case major.list:
        return this.#list(this.#argument(head), depth);
      case major.map:
        return this.#map(this.#argument(head), depth);
      case major.simple:
        return this.#simple(head);
      default:
        throw new Error('it has a tag');
    }
  }

  #byte(): number {
    return this.#bytes[this.#skip(1)] ?? 0;
  }

  /** @returns where the skipped bytes begin */
  #skip(count: number): number {
    const start = this.#at;
    if (count > this.#bytes.length - start) throw new Error('it ends too early');
    this.#at = start + count;
    return start;
  }

  /** The number in a head, or behind it in the fewest bytes that hold it. */
  #argument(head: number): number {
    const short = head & 0x1f;
    if (short < 24) return short;
    if (short > 27) throw new Error(notCanonical);
    const length = 1 << (short - 24);
    const start = this.#skip(length);
    const long =
      length < 8
        ? this.#bytes.readUIntBE(start, length)
        : this.#bytes.readUInt32BE(start) * 2 ** 32 + this.#bytes.readUInt32BE(start + 4);
    const least = length === 1 ? 24 : 2 ** (length * 4);
    if (long < least) throw new Error(notCanonical);
    return whole(long);
  }

  #byteString(length: number): Bytes {
    const start = this.#skip(length);
    return new Uint8Array(this.#bytes.subarray(start, start + length));
  }

  #text(length: number): string {
    const start = this.#skip(length);
    const end = start + length;
    for (let at = start; at < end; at += 1) {
      if ((this.#bytes[at] ?? 0) > 0x7f) return utf8.decode(this.#bytes.subarray(start, end));
    }
    return this.#bytes.toString('latin1', start, end);
  }

  #list(length: number, depth: number): unknown[] {
    const items: unknown[] = [];
    for (let index = 0; index < length; index += 1) items.push(this.value(depth + 1));
    return items;
  }

  /** Keys are text, each after the one before: by length, then by bytes. */
  #map(length: number, depth: number): Record<string, unknown> {
    const fields: Record<string, unknown> = {};
    let [before, beforeEnd] = [0, 0];
    for (let index = 0; index < length; index += 1) {
      const start = this.#at;
      const head = this.#byte();
      if (head >> 5 !== major.text) throw new Error('a key of it is not text');
      const name = this.#text(this.#argument(head));
      const end = this.#at;
      if (index > 0 && !this.#isAfter(start, end, before, beforeEnd)) throw new Error(notCanonical);
      [before, beforeEnd] = [start, end];
      put(fields, name, this.value(depth + 1));
    }
    // The writer takes such a map for a link, and refuses it.
    const link = fields['/'] ?? undefined;
    if (link !== undefined && link === fields.bytes) throw new Error('it has a link');
    return fields;
  }

  #isAfter(start: number, end: number, before: number, beforeEnd: number): boolean {
    if (end - start !== beforeEnd - before) return end - start > beforeEnd - before;
    for (let at = start, other = before; at < end; at += 1, other += 1) {
      const difference = (this.#bytes[at] ?? 0) - (this.#bytes[other] ?? 0);
      if (difference !== 0) return difference > 0;
    }
    return false;
  }

  #simple(head: number): boolean | number | null {
    switch (head) {
      case simple.false:
        return false;
      case simple.true:
        return true;
      case simple.null:
        return null;
      case simple.double: {
        const double = this.#bytes.readDoubleBE(this.#skip(8));
        if (!Number.isFinite(double)) throw new Error(`it holds the number ${double}`);
        if (Number.isSafeInteger(double)) throw new Error(notCanonical);
        return double;
      }
      default:
        throw new Error(notCanonical);
    }
  }
}

function whole(value: number): number {
  if (!Number.isSafeInteger(value)) throw new Error('it holds a whole number that is too large');
  return value;
}

/** A key named __proto__ is a key like any other. */
function put(fields: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') fields[name] = value;
  else Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
}
