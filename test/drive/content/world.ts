/** One line for tests: write content into a memory network, read it back. */
import { contentKeys } from '../../../src/drive/content/content-keys.ts';
import { readContent } from '../../../src/drive/content/content-reader.ts';
import {
  type WriteOptions,
  type WrittenContent,
  writeContent,
} from '../../../src/drive/content/content-writer.ts';
import { MemoryChunkNetwork } from '../../support/memory-chunk-network.ts';

export const entryKey = new Uint8Array(32).fill(0x5a);
export const keys = contentKeys(new Uint8Array(32).fill(0x11));

/** The content in pieces of about `pieceBytes`, in memory that is overwritten for each piece. */
export async function* inPieces(content: Uint8Array, pieceBytes = 65_536): AsyncGenerator<Uint8Array> {
  const memory = new Uint8Array(pieceBytes);
  for (let at = 0; at < content.length; at += pieceBytes) {
    const piece = content.subarray(at, at + pieceBytes);
    memory.set(piece);
    yield memory.subarray(0, piece.length);
  }
}

export async function write(
  content: AsyncIterable<Uint8Array> | Uint8Array,
  network: MemoryChunkNetwork,
  options: Partial<WriteOptions> = {},
): Promise<WrittenContent> {
  const stream = content instanceof Uint8Array ? inPieces(content) : content;
  return await writeContent({ content: stream, keys, entryKey, upload: network, ...options });
}

export async function readAll(
  network: MemoryChunkNetwork,
  written: WrittenContent,
  range?: { start: number; end: number },
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const options = { manifest: written.manifest, entryKey, network };
  for await (const piece of readContent(range ? { ...options, range } : options)) pieces.push(piece);
  return Buffer.concat(pieces);
}

export { MemoryChunkNetwork };
