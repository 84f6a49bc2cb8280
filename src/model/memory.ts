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

/**
 * Copies source[from … to] into `target` from byte `at` on, by memcpy. `set` takes twenty times as long where the target
 * is shared memory, and so does node's `copy` of a whole buffer, which is `set`: it is copied in two parts.
 */
export function copyInto(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  from = 0,
  to = source.length,
): void {
  const [input, output] = [bufferOf(source), bufferOf(target)];
  const middle = from === 0 && to === source.length ? to >> 1 : from;
  if (middle > from) input.copy(output, at, from, middle);
  input.copy(output, at + middle - from, middle, to);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
