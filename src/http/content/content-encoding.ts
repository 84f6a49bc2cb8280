/** Compression on the way out (RFC 9110 section 8.4), for content that gets smaller by it. */
import { pipeline, Readable, type Transform } from 'node:stream';
import { constants, createBrotliCompress, createGzip, createZstdCompress } from 'node:zlib';

const compressors = {
  zstd: () => createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } }),
  // 4 of 11: about gzip's speed and still smaller than gzip.
  br: () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: () => createGzip(),
} as const satisfies Record<string, () => Transform>;

export type Encoding = keyof typeof compressors;
/** Ours first: what is best among those that the client likes equally. */
const preference: readonly Encoding[] = ['zstd', 'br', 'gzip'];

/** The best encoding that the header Accept-Encoding allows; undefined for none. */
export function chooseEncoding(header: string | undefined): Encoding | undefined {
  if (header === undefined) return undefined;
  const weights = new Map<string, number>();
  for (const part of header.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const weight = parameters.find((text) => text.startsWith('q='));
    weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)));
  }
  const weightOf = (encoding: Encoding) => weights.get(encoding) ?? weights.get('*') ?? 0;
  const allowed = preference.filter((encoding) => weightOf(encoding) > 0);
  return allowed.sort((one, other) => weightOf(other) - weightOf(one))[0];
}

/** How many streams are compressed at once: more of them would take the processor from uploads. */
const compressionsMax = 4;
let compressing = 0;

/** Is there a processor left for one more? Without it content goes as it is. */
export function mayCompress(): boolean {
  return compressing < compressionsMax;
}

/** Compresses a stream; leaving the result early also leaves the source. */
export function compress(source: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncIterable<Uint8Array> {
  const compressor = compressors[encoding]();
  compressing += 1;
  // Errors of the source arrive at the reader, because the pipeline destroys the compressor with them.
  pipeline(Readable.from(source), compressor, () => {
    compressing -= 1;
  });
  return compressor;
}
