/**
 * Canonical CBOR: DAG-CBOR (RFC 8949 section 4.2, map keys by length then bytes) without links.
 * One value has exactly one encoding and only that encoding is read, so equal values have equal
 * hashes and a signature covers one meaning.
 */
import { encode as encodeCbor } from '@ipld/dag-cbor';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import { frameBytesMax } from '../../model/limits.ts';
import { type Bytes, plain } from '../bytes.ts';
import { depthMax, readCanonical } from './canonical-reader.ts';

/**
 * @param value null, booleans, finite numbers (integers within ±(2^53 − 1)), strings, Uint8Array,
 * arrays and plain objects of these; no `undefined`
 * @throws `bad-record` for anything else, more than 64 levels, or more bytes than a frame takes
 */
export function encode(value: unknown): Bytes {
  const bytes = attempt('cannot be written', () => {
    checkShape(value, 0);
    return plain(encodeCbor(value));
  });
  if (bytes.length > frameBytesMax) throw refusal('cannot be written', 'it is too large');
  return bytes;
}

/**
 * Reads exactly one canonical value. Byte strings are copies.
 * @throws `bad-record` for input that is too large, malformed, or not what `encode` would write
 */
export function decode(bytes: Uint8Array): unknown {
  if (bytes.length > frameBytesMax) throw refusal('cannot be read', 'it is too large');
  return attempt('cannot be read', () => readCanonical(bytes));
}

/** True for a map as `decode` returns it. */
export function isFields(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function checkShape(value: unknown, depth: number): void {
  if (depth > depthMax) throw new Error('it is nested too deep');
  switch (typeof value) {
    case 'boolean':
      return;
    case 'number':
      if (!Number.isFinite(value)) throw new Error(`it holds the number ${value}`);
      return;
    case 'string':
      if (!value.isWellFormed()) throw new Error('it holds text with half a character');
      return;
  }
  if (value === null || value instanceof Uint8Array) return;
  if (Array.isArray(value)) {
    for (const item of value) checkShape(item, depth + 1);
  } else if (isFields(value)) {
    for (const [name, item] of Object.entries(value)) {
      if (!name.isWellFormed()) throw new Error('it holds text with half a character');
      if (item === undefined) throw new Error(`its field ${name} is undefined`);
      checkShape(item, depth + 1);
    }
  } else {
    throw new Error(`it holds a value of type ${typeof value}`);
  }
}

function attempt<Result>(what: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw refusal(what, sentenceOf(error), error);
  }
}

function refusal(what: string, why: string, cause?: unknown): PeerstorError {
  return new PeerstorError('bad-record', `This record ${what}: ${why}.`, { cause });
}
