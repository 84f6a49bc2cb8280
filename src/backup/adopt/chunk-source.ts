/** Where the plain bytes of one chunk lie, and how they were sealed: a row of the index. */
import { idKey, idOfKey } from '../../model/contracts/ordered-store.ts';

export interface ChunkSource {
  /** Hex. */
  profile: string;
  /** The key of the file's row among `KnownFiles`: 16 bytes as a binary string. */
  file: string;
  /** Plain bytes before it in the file, and in it. */
  start: number;
  plainBytes: number;
  sealedBytes: number;
  isCompressed: boolean;
  key: Uint8Array;
}

const keyAt = 16 + 16 + 8 + 4 + 4 + 1;
const rowBytes = keyAt + 32;

export function writeChunkRow(source: ChunkSource): Uint8Array {
  const row = Buffer.alloc(rowBytes);
  row.write(idKey(source.profile), 0, 'latin1');
  row.write(source.file, 16, 'latin1');
  row.writeDoubleBE(source.start, 32);
  row.writeUInt32BE(source.plainBytes, 40);
  row.writeUInt32BE(source.sealedBytes, 44);
  row[48] = source.isCompressed ? 1 : 0;
  row.set(source.key, keyAt);
  return row;
}

export function readChunkRow(bytes: Uint8Array | undefined): ChunkSource | undefined {
  if (bytes?.length !== rowBytes) return undefined;
  const row = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    profile: idOfKey(row.toString('latin1', 0, 16)),
    file: row.toString('latin1', 16, 32),
    start: row.readDoubleBE(32),
    plainBytes: row.readUInt32BE(40),
    sealedBytes: row.readUInt32BE(44),
    isCompressed: row[48] === 1,
    key: Uint8Array.from(row.subarray(keyAt)),
  };
}
