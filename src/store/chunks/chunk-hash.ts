/** Are these bytes the chunk that they claim to be (I3)? */
import { hash } from 'node:crypto';
import { PeerstorError } from '../../model/errors.ts';
import type { ChunkId } from '../../model/ids.ts';
import { shortId, toHex } from '../../model/ids.ts';
import { sealedChunkBytesMax } from '../../model/limits.ts';

/** Below this a trip to the thread pool costs more than the hash. */
const asideBytesMin = 64 * 1024;

/** `hashesTo`, or something in its place. */
export type HashCheck = (id: ChunkId, bytes: Uint8Array) => Promise<boolean>;

/**
 * SHA-256 by WebCrypto, beside the event loop: the bytes are copied when it is called. Small ones, such as
 * manifests, and those in shared memory are hashed at once.
 */
export async function hashesTo(id: ChunkId, bytes: Uint8Array): Promise<boolean> {
  const { buffer, byteOffset, length } = bytes;
  if (length < asideBytesMin || !(buffer instanceof ArrayBuffer)) return hash('sha256', bytes, 'hex') === id;
  const view = new Uint8Array(buffer, byteOffset, length);
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', view))) === id;
}

/** The same, where shared memory is hashed on another thread. @param sha256 of bytes that nobody changes meanwhile */
export function hashCheck(sha256: (bytes: Uint8Array) => Promise<Uint8Array>): HashCheck {
  return async (id, bytes) =>
    bytes.buffer instanceof ArrayBuffer ? await hashesTo(id, bytes) : toHex(await sha256(bytes)) === id;
}

/**
 * @param check undefined where the caller has just computed the id from these very bytes
 * @throws `too-large`, `chunk-corrupt`
 */
export async function mustBeChunk(
  id: ChunkId,
  bytes: Uint8Array,
  check: HashCheck | undefined,
): Promise<void> {
  if (bytes.length > sealedChunkBytesMax) {
    throw new PeerstorError(
      'too-large',
      `A chunk of ${bytes.length} bytes is too large; the largest has ${sealedChunkBytesMax}.`,
    );
  }
  if (check === undefined || (await check(id, bytes))) return;
  throw new PeerstorError(
    'chunk-corrupt',
    `These bytes are not chunk ${shortId(id)}: they were damaged on the way.`,
  );
}
