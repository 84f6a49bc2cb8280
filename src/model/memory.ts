/**
 * Memory that is given back at once instead of at the next garbage collection.
 *
 * V8 counts the bytes behind buffers with its heap and looks through the whole heap for every 40 to
 * 60 MiB of new ones. A device that lets a gigabyte run through fresh buffers does so up to 85 times:
 * with 80 MB of live objects that was more than half of an upload's CPU time (bench/pipeline.bench.ts).
 */

/** Below this the call costs more than it saves. */
const releasedBytesMin = 16 * 1024;

/**
 * Gives the memory of `bytes` back; their length is 0 afterwards. Only for whoever owns them alone,
 * when nothing reads or writes them any more: not even a file write or hash that is still under way.
 * A view of a part of a larger buffer is left alone, unless it lacks one byte only: who reads a file with one
 * more byte than it should have, to see that it ends there, has such a buffer to itself.
 */
export function releaseMemory(bytes: Uint8Array): void {
  const { buffer, byteLength } = bytes;
  if (byteLength < releasedBytesMin || buffer.byteLength - byteLength > 1) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
