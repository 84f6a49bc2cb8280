/**
 * What is known of a plain file that stands for chunks: a row of the index. Its path is sealed under a key of the
 * profile: the index names no file.
 */
import { hkdf, open, seal } from '../../crypto/index.ts';
import { idKey, idOfKey } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type ChunkId, chunkId } from '../../model/ids.ts';

export interface AdoptedFile {
  /** From the adopted folder on, joined by `/`. */
  path: string;
  size: number;
  mtimeMs: number;
  /** Those of which all were noted; empty while the file is being read. */
  chunks: readonly ChunkId[];
}

const label = 'adopted-file/1';
const chunkIdBytes = 32;

/** @param salt of the profile, hex */
export function nameKeyOf(salt: string): Uint8Array {
  return hkdf(Buffer.from(salt, 'hex'), 'adopted-names/1', new Uint8Array(0));
}

export function writeFileRow({ path, size, mtimeMs, chunks }: AdoptedFile, nameKey: Uint8Array): Uint8Array {
  const sealed = seal(nameKey, label, Buffer.from(JSON.stringify({ path, size, mtimeMs })));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(sealed.length);
  return Buffer.concat([length, sealed, ...chunks.map((id) => Buffer.from(idKey(id), 'latin1'))]);
}

export function readFileRow(row: Uint8Array | undefined, nameKey: Uint8Array): AdoptedFile | undefined {
  if (!row || row.length < 4) return undefined;
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
  const end = 4 + bytes.readUInt32BE(0);
  try {
    const { path, size, mtimeMs } = JSON.parse(
      Buffer.from(open(nameKey, label, bytes.subarray(4, end))).toString(),
    );
    const chunks: ChunkId[] = [];
    for (let at = end; at + chunkIdBytes <= bytes.length; at += chunkIdBytes)
      chunks.push(chunkId(idOfKey(bytes.toString('latin1', at, at + chunkIdBytes))));
    return { path, size, mtimeMs, chunks };
  } catch (error) {
    // Damaged, or of a profile that was removed: the file is read again.
    if (isPeerstorError(error, 'forbidden')) return undefined;
    throw error;
  }
}
