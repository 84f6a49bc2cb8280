/** The chunking room's door: where to cut, how a chunk's content is written, which chunks hold a range. */
export { type Offsets, offsetsOf, type Slice, sizeOf, slicesOf } from './assemble.ts';
export { codecRule, compressInPlace, decode, looksCompressible, rawCodec, zstdCodec } from './codec.ts';
export { cutterId, findCut, type GearTable, gearTable, gearTableBytes } from './fastcdc.ts';
