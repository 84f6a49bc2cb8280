/** Chunks: content sealed once, under a key that belongs to exactly this content (FORMAT, I3, I6). */
import { PeerstorError } from '../../model/errors.ts';
import { type ChunkId, chunkId, toHex } from '../../model/ids.ts';
import { chunkBytesMax, sealedChunkBytesMax, sealOverheadBytes } from '../../model/limits.ts';
import { type Bytes, plain } from '../bytes.ts';
import { hkdf, sha256, sha256Async } from '../hash.ts';
import { decryptChunk, decryptInPlace, encryptInPlace } from './chunk-cipher.ts';

/** First byte of a stored chunk; a manifest has another one, so neither is taken for the other. */
export const chunkFormat = 0x01;
const header = Uint8Array.of(chunkFormat);
/** Codec byte and data. */
export const payloadBytesMax = chunkBytesMax + 1;
/** Where the payload begins in a buffer in which it is sealed: the format byte comes before it. */
export const payloadAt = header.length;
/** Format byte and tag: the codec byte belongs to the payload. */
const addedBytes = sealOverheadBytes - 1;

export interface SealedChunk {
  id: ChunkId;
  key: Bytes;
  /** 0x01 ‖ AES-256-GCM ciphertext ‖ 16-byte tag: what is stored and sent. */
  bytes: Bytes;
  /** SHA-256 of the payload, as a by-product: a secret like the content, for the sealed parts only. */
  payloadHash: Bytes;
}

/** A chunk whose bytes lie at the beginning of the buffer in which its payload was. */
export type SealedInPlace = Omit<SealedChunk, 'bytes'> & {
  /** Of the sealed bytes. */
  size: number;
};

/**
 * key = HKDF(dedupeSecret, "chunk/1", SHA-256(payload)), so the same user and the same payload
 * always make the same chunk.
 * @param buffer payload (codec byte ‖ data, 1 byte to 1 MiB + 1) from `payloadAt` on, and room for the tag.
 * Nobody else may touch it meanwhile: its key is derived before it is read for sealing
 * @throws `too-large`, `bad-input` for an empty payload
 */
export function sealInPlace(
  dedupeSecret: Uint8Array,
  buffer: Uint8Array,
  payloadBytes: number,
): SealedInPlace {
  mustBePayload(payloadBytes);
  const payloadHash = sha256(buffer.subarray(payloadAt, payloadAt + payloadBytes));
  const key = hkdf(dedupeSecret, 'chunk/1', payloadHash);
  encryptInPlace(key, header, buffer, payloadBytes);
  const size = payloadBytes + addedBytes;
  return { id: chunkId(toHex(sha256(buffer.subarray(0, size)))), key, size, payloadHash };
}

/** The same for a payload that stays as it is. @throws as `sealInPlace` */
export async function sealChunk(dedupeSecret: Uint8Array, payload: Uint8Array): Promise<SealedChunk> {
  mustBePayload(payload.length);
  const bytes = plain(Buffer.allocUnsafeSlow(payload.length + addedBytes));
  bytes.set(payload, payloadAt);
  const { id, key, payloadHash } = sealInPlace(dedupeSecret, bytes, payload.length);
  return { id, key, bytes, payloadHash };
}

/**
 * Makes a chunk again whose key is known: the same bytes, if the payload is the one that the key was derived from. Whoever uses
 * them checks that (`matchesId`), because under another payload they would reveal both.
 * @throws as `sealInPlace`
 */
export function resealChunk(key: Uint8Array, payload: Uint8Array): Bytes {
  mustBePayload(payload.length);
  const bytes = plain(Buffer.allocUnsafeSlow(payload.length + addedBytes));
  bytes.set(payload, payloadAt);
  encryptInPlace(key, header, bytes, payload.length);
  return bytes;
}

export function mustBePayload(payloadBytes: number): void {
  if (payloadBytes === 0) throw new PeerstorError('bad-input', 'A chunk has at least its codec byte.');
  if (payloadBytes > payloadBytesMax) {
    throw new PeerstorError('too-large', `A chunk holds at most ${chunkBytesMax} bytes.`);
  }
}

/**
 * @param key of this chunk, from the manifest
 * @param bytes as stored; the tag proves them, so they need not be hashed before (I3)
 * @returns the payload: codec byte ‖ data
 * @throws `unsupported-format` for another first byte, `chunk-corrupt` when the tag does not fit
 */
export async function openChunk(key: Uint8Array, bytes: Uint8Array): Promise<Bytes> {
  mustBeSealed(bytes);
  try {
    return await decryptChunk(key, header, bytes.subarray(header.length));
  } catch (cause) {
    throw corrupt(cause);
  }
}

/**
 * The same where the payload takes the place of the sealed bytes, which are lost even when it throws.
 * @returns a view of the payload
 */
export function openChunkInPlace(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  mustBeSealed(bytes);
  try {
    return decryptInPlace(key, header, bytes.subarray(header.length));
  } catch (cause) {
    throw corrupt(cause);
  }
}

function corrupt(cause?: unknown): PeerstorError {
  return new PeerstorError('chunk-corrupt', 'A chunk does not open with its key: this copy is damaged.', {
    cause,
  });
}

function mustBeSealed(bytes: Uint8Array): void {
  if (bytes.length > 0 && bytes[0] !== chunkFormat) {
    throw new PeerstorError(
      'unsupported-format',
      `This chunk has format ${bytes[0]}, which this version cannot read: update peerstor.`,
    );
  }
  if (bytes.length < sealOverheadBytes || bytes.length > sealedChunkBytesMax) throw corrupt();
}

/** The id of sealed bytes: their SHA-256. Off the event loop. */
export async function chunkIdOf(bytes: Uint8Array): Promise<ChunkId> {
  return chunkId(toHex(await sha256Async(bytes)));
}

/** True when the SHA-256 of `bytes` is `id` (I3). Off the event loop. */
export async function matchesId(id: ChunkId, bytes: Uint8Array): Promise<boolean> {
  return (await chunkIdOf(bytes)) === id;
}
