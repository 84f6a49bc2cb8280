/** Where content lies in a buffer of `chunkBuffers`, in which it is cut, compressed and sealed (decision 0054). */
import { payloadAt } from '../../crypto/index.ts';

/** Where the content begins in a buffer: behind what sealing puts before the payload, and the codec byte. */
export const contentAt = payloadAt + 1;
const codecAt = payloadAt;

export function setCodec(buffer: Uint8Array, codec: number): void {
  buffer[codecAt] = codec;
}
