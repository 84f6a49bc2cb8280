/**
 * How the content of a chunk is written before it is sealed: payload = codec byte ‖ data, where data
 * is the content itself or its zstd form (RFC 8878).
 */
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { PeerstorError } from '../model/errors.ts';
import { chunkBytesMax } from '../model/limits.ts';
import { copyInto, releaseMemory } from '../model/memory.ts';

/** First byte of a payload. */
export const rawCodec = 0;
export const zstdCodec = 1;

/**
 * The rule when zstd is worth it. Any of these may change without a new format: the codec byte says
 * the compression that was used. A change costs dedupe between old and new chunks, so do not change them lightly.
 */
export const codecRule = {
  /** Fastest level: higher ones cost several times the CPU for a few per cent. */
  level: 1,
  /** Below 5 % the reader's work is not worth the disk it saves. */
  savedRatioMin: 0.05,
  /** The probe looks at 16 stretches of 1 KiB, spread evenly: 20 µs instead of 650 for zstd itself. */
  probeStretches: 16,
  probeStretchBytes: 1024,
  /**
   * The probe counts how often each byte value occurs and from that how likely two bytes are equal,
   * as a multiple of 1/256. Random, encrypted and well compressed bytes give 1.00 ± 0.01; 1.14 is about
   * 7.9 bits a byte, and from there up zstd saves nothing near 5 %. It cannot see content that is even
   * in its counts and only repeats itself: such content stays raw.
   */
  probeUnevennessMin: 1.14,
} as const;

const compressAsync = promisify(zstdCompress);
const decompressAsync = promisify(zstdDecompress);

/**
 * Whether it is worth asking zstd. Deterministic: integer counts over fixed places.
 * @param data content of one chunk
 */
export function looksCompressible(data: Uint8Array): boolean {
  const { probeStretches, probeStretchBytes, probeUnevennessMin } = codecRule;
  const counts = new Uint32Array(256);
  const probed = Math.min(data.length, probeStretches * probeStretchBytes);
  if (probed === data.length) {
    for (const byte of data) counts[byte] = (counts[byte] ?? 0) + 1;
  } else {
    const apart = Math.floor((data.length - probeStretchBytes) / (probeStretches - 1));
    for (let stretch = 0; stretch < probeStretches; stretch += 1) {
      const from = stretch * apart;
      for (let i = from; i < from + probeStretchBytes; i += 1) {
        const byte = data[i] ?? 0;
        counts[byte] = (counts[byte] ?? 0) + 1;
      }
    }
  }
  let squares = 0;
  for (const count of counts) squares += count * count;
  // Pairs of equal bytes, out of all pairs: unlike the plain sum of squares the same for any length.
  return (squares - probed) * 256 >= probeUnevennessMin * probed * (probed - 1);
}

/**
 * Overwrites content with its zstd form if that is at least 5 % shorter. Whether it is depends on the
 * bytes alone (and, near the 5 %, on the release of zstd).
 * @param content of one chunk, 1 byte to 1 MiB; nobody else may touch it until this settles
 * @returns how many bytes its zstd form has, or 0 when the content was left as it is
 */
export async function compressInPlace(content: Uint8Array): Promise<number> {
  // One output buffer: the default of 16 KiB would be a trip to the thread pool for each 16 KiB.
  const outputBytes = content.length + 1024;
  const compressed = await compressAsync(content, {
    chunkSize: outputBytes,
    pledgedSrcSize: content.length,
    params: { [constants.ZSTD_c_compressionLevel]: codecRule.level },
  });
  const { length } = compressed;
  const pays = length <= Math.floor(content.length * (1 - codecRule.savedRatioMin));
  if (pays) copyInto(content, 0, compressed);
  // A short output lies in node's shared pool, which is not ours to give back.
  if (compressed.buffer.byteLength === outputBytes) releaseMemory(new Uint8Array(compressed.buffer));
  return pays ? length : 0;
}

/**
 * @param payload codec byte ‖ data
 * @param sizeMax refuses to unpack more than this many bytes
 * @returns the content; for a raw payload a view of it
 * @throws `chunk-corrupt` for an empty payload, broken zstd or too much content,
 * `unsupported-format` for a codec of a later version
 */
export async function decode(payload: Uint8Array, sizeMax: number = chunkBytesMax): Promise<Uint8Array> {
  const data = payload.subarray(1);
  switch (payload[0]) {
    case rawCodec:
      if (data.length > sizeMax) throw corrupt(`it holds more than ${sizeMax} bytes`);
      return data;
    case zstdCodec:
      return await decompress(data, sizeMax);
    case undefined:
      throw corrupt('it is empty');
    default:
      throw new PeerstorError(
        'unsupported-format',
        `This chunk has codec ${payload[0]}, which this version cannot read: update peerstor.`,
      );
  }
}

async function decompress(data: Uint8Array, sizeMax: number): Promise<Uint8Array> {
  try {
    // One byte more than may come, so that exactly sizeMax bytes need no second output buffer.
    return await decompressAsync(data, { chunkSize: sizeMax + 1, maxOutputLength: sizeMax });
  } catch (cause) {
    throw corrupt('it does not unpack', cause);
  }
}

function corrupt(why: string, cause?: unknown): PeerstorError {
  return new PeerstorError('chunk-corrupt', `The content of this chunk is damaged: ${why}.`, { cause });
}
