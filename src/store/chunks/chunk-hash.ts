/** Are these bytes the chunk that they claim to be (I3)? */
import { hash } from 'node:crypto';
import { PeerstorError } from '../../model/errors.ts';
import type { ChunkId } from '../../model/ids.ts';
import { shortId, toHex } from '../../model/ids.ts';
import { sealedChunkBytesMax } from '../../model/limits.ts';

/** Below this a trip to the thread pool costs more than the hash. */
const asideBytesMin = 64 * 1024;

/**
 * SHA-256 by WebCrypto, beside the event loop: the bytes are copied when it is called. Small ones, such as
 * manifests, are hashed at once.
 */
export async function hashesTo(id: ChunkId, bytes: Uint8Array): Promise<boolean> {
  if (bytes.length < asideBytesMin) return hash('sha256', bytes, 'hex') === id;
  const { buffer, byteOffset, length } = bytes;
  const view = buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, length) : bytes.slice();
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', view))) === id;
}

/** `hashesTo`, or something in its place. */
export type HashCheck = (id: ChunkId, bytes: Uint8Array) => Promise<boolean>;

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
