/** Makes the sealed bytes of a chunk again from the plain file that it came from. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { compressInPlace, rawCodec, zstdCodec } from '../../chunking/index.ts';
import { matchesId, resealChunk } from '../../crypto/index.ts';
import type { ChunkId } from '../../model/ids.ts';
import { factsOf } from '../source/scanner.ts';
import type { AdoptedFile } from './adopted-file.ts';
import type { ChunkSource } from './chunk-source.ts';

const noFollow = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;

/** @returns undefined when the file is gone, or not the one any more that the chunk was made of */
export async function resealed(
  id: ChunkId,
  { start, plainBytes, isCompressed, key }: ChunkSource,
  path: string,
  file: Pick<AdoptedFile, 'size' | 'mtimeMs'>,
): Promise<Uint8Array | undefined> {
  const plain = await readRange(path, file, start, plainBytes);
  if (!plain) return undefined;
  const compressed = isCompressed ? await compressInPlace(plain) : 0;
  if (isCompressed && compressed === 0) return undefined;
  const payload = Buffer.concat([
    Uint8Array.of(isCompressed ? zstdCodec : rawCodec),
    plain.subarray(0, compressed || plainBytes),
  ]);
  const bytes = resealChunk(key, payload);
  return (await matchesId(id, bytes)) ? bytes : undefined;
}

async function readRange(
  path: string,
  { size, mtimeMs }: Pick<AdoptedFile, 'size' | 'mtimeMs'>,
  start: number,
  length: number,
): Promise<Uint8Array | undefined> {
  // O_NONBLOCK: a pipe that took the file's place must not hang.
  const flags = constants.O_RDONLY | noFollow | (constants.O_NONBLOCK ?? 0);
  const file = await open(path, flags).catch(() => undefined);
  if (!file) return undefined;
  try {
    const stats = await file.stat({ bigint: true });
    const facts = factsOf(stats);
    if (!stats.isFile() || facts.size !== size || facts.mtimeMs !== mtimeMs) return undefined;
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const { bytesRead } = await file.read(bytes, at, length - at, start + at);
      if (bytesRead === 0) return undefined;
      at += bytesRead;
    }
    return bytes;
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}
