/**
 * From a manifest to a stream of plain bytes: read → open → unpack → slice, in order, with chunks read
 * ahead. Nothing leaves here that its tag did not prove, and nothing is padded.
 */

import { decode, slicesOf } from '../../chunking/index.ts';
import { untilStopped } from '../../concurrency/index.ts';
import {
  type ChunkSlot,
  matchesId,
  openChunk,
  openChunkInPlace,
  type Reference,
} from '../../crypto/index.ts';
import type { ChunkNetwork } from '../../model/contracts/replication.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { ChunkId } from '../../model/ids.ts';
import { chunkBytesMax, readAheadBytes, readAheadPoolBytes } from '../../model/limits.ts';
import { keptBuffers, releaseMemory } from '../../model/memory.ts';
import { type ManifestTree, openLeaf, openManifestTree } from './manifest-tree.ts';

type ChunkReader = Pick<ChunkNetwork, 'read' | 'reportCorruptLocal'>;

export interface ReadOptions {
  /** The root manifest's id, or the manifest as `openManifestTree` gave it (for several ranges). */
  manifest: ChunkId | ManifestTree;
  entryKey: Uint8Array;
  /** Other keys of the entry: see `openManifestTree`. */
  otherKeys?: readonly Uint8Array[];
  network: ChunkReader;
  /** Bytes [start, end); everything if absent. */
  range?: { start: number; end: number };
  signal?: AbortSignal | undefined;
}

/** Part of one chunk that is wanted. */
interface WantedSlice {
  reference: Reference;
  slot: ChunkSlot;
  start: number;
  end: number;
}

interface Reading {
  signal: AbortSignal;
  entryKey: Uint8Array;
  otherKeys: readonly Uint8Array[] | undefined;
  network: ChunkReader;
}

/**
 * Pieces of at most 1 MiB, which belong to the consumer; whoever is done with one may give it to `keptBuffers`. Leaving the loop, or an abort, cancels all
 * reads that are under way.
 * @throws before the first piece: `bad-range`, and what `openManifestTree` throws; at any time
 * `chunk-missing`, `chunk-corrupt` (all copies that can be reached), the signal's reason
 */
export async function* readContent(options: ReadOptions): AsyncGenerator<Uint8Array, void, void> {
  const left = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, left.signal]) : left.signal;
  try {
    yield* untilStopped(inOrder(options, signal), signal);
  } finally {
    left.abort(new PeerstorError('aborted', 'The reader left.'));
  }
}

async function* inOrder(options: ReadOptions, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  const { manifest, network, entryKey, otherKeys } = options;
  const reading = { signal, entryKey, otherKeys, network };
  const tree = typeof manifest === 'string' ? await openManifestTree({ manifest, ...reading }) : manifest;
  const { start, end } = options.range ?? { start: 0, end: tree.size };
  if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= tree.size)) {
    throw new PeerstorError(
      'bad-range',
      `This file has ${tree.size} bytes: ${start} to ${end} is not in it.`,
    );
  }
  if (tree.kind === 'inline') {
    if (start < end) yield tree.content.slice(start, end);
    return;
  }
  yield* readAhead(wantedSlices(tree, { start, end }, reading), reading);
}

/** Bytes that all readers of this process hold ahead, beyond the one chunk that each always may. */
let pooledBytes = 0;

/**
 * Reads several chunks at once and gives them out in order. The window of one reader is bounded, and so
 * are those of all readers together: many that do not read on hold a chunk each.
 */
async function* readAhead(
  wanted: AsyncIterable<WantedSlice>,
  reading: Reading,
): AsyncGenerator<Uint8Array, void, void> {
  const ahead: { content: Promise<Uint8Array>; size: number }[] = [];
  let aheadBytes = 0;
  // Starts small and doubles, so that the first bytes do not share the line with those after them and
  // a reader that only looks at a file's beginning costs little.
  let windowBytes = chunkBytesMax;
  const give = (size: number) => {
    aheadBytes -= size;
    pooledBytes -= size;
  };
  const next = async () => {
    const first = ahead.shift();
    if (!first) return new Uint8Array(0);
    const content = await first.content.finally(() => give(first.size));
    windowBytes = Math.min(windowBytes * 2, readAheadBytes);
    return content;
  };
  const isFull = (size: number) => aheadBytes + size > windowBytes || pooledBytes + size > readAheadPoolBytes;
  try {
    for await (const slice of wanted) {
      const { size } = slice.slot;
      while (ahead.length > 0 && isFull(size)) yield await next();
      const content = readSlice(slice, reading);
      // Awaited in its turn; until then, or if the reader leaves, a failure is not unhandled.
      content.catch(() => undefined);
      ahead.push({ content, size });
      aheadBytes += size;
      pooledBytes += size;
    }
    while (ahead.length > 0) yield await next();
  } finally {
    give(aheadBytes);
  }
}

async function* wantedSlices(
  tree: Exclude<ManifestTree, { kind: 'inline' }>,
  range: { start: number; end: number },
  reading: Reading,
): AsyncGenerator<WantedSlice, void, void> {
  for (const { index, start, end } of slicesOf(tree.offsets, range)) {
    const reference = tree.references[index];
    if (!reference) throw damaged();
    if (tree.kind === 'index') {
      const size = (tree.offsets[index + 1] ?? 0) - (tree.offsets[index] ?? 0);
      const leaf = await openLeaf(size, { manifest: reference.id, ...reading });
      yield* wantedSlices({ ...leaf, size }, { start, end }, reading);
    } else {
      const slot = tree.slots[index];
      if (!slot) throw damaged();
      yield { reference, slot, start, end };
    }
  }
}

async function readSlice(slice: WantedSlice, reading: Reading): Promise<Uint8Array> {
  const content = await readChunk(slice, reading);
  return content.subarray(slice.start, slice.end);
}

/** Local bytes are proved by their tag alone (I3): hashing them too would cost twice as much. */
async function readChunk({ reference, slot }: WantedSlice, reading: Reading): Promise<Uint8Array> {
  const { network, signal } = reading;
  const bytes = await network.read(reference.id, { signal, verify: false, kept: true });
  const isOwn = keptBuffers.isLent(bytes);
  try {
    return isOwn ? await openInPlace(slot, bytes) : await openPlain(slot, bytes);
  } catch (error) {
    const damage = isPeerstorError(error, 'chunk-corrupt') || isPeerstorError(error, 'unsupported-format');
    // Bytes that are what the id names are no better elsewhere: then it is not this copy that is wrong. What was opened in
    // its place is not there any more to be looked at: the store looks at its copy again.
    if (!damage || (!isOwn && (await matchesId(reference.id, bytes)))) throw error;
  }
  await network.reportCorruptLocal(reference.id);
  return await openPlain(slot, await network.read(reference.id, { signal, verify: true }));
}

async function openPlain(slot: ChunkSlot, bytes: Uint8Array): Promise<Uint8Array> {
  const payload = await openChunk(slot.key, bytes);
  const content = await decode(payload, slot.size);
  if (content.buffer !== payload.buffer) releaseMemory(payload);
  if (content.length !== slot.size) throw damaged();
  return content;
}

/** The content lies in the same buffer, if it was not compressed; else the buffer is given back. */
async function openInPlace(slot: ChunkSlot, bytes: Uint8Array): Promise<Uint8Array> {
  let content: Uint8Array | undefined;
  try {
    content = await decode(openChunkInPlace(slot.key, bytes), slot.size);
  } finally {
    if (content?.buffer !== bytes.buffer) keptBuffers.give(bytes);
  }
  if (content.length !== slot.size) throw damaged();
  return content;
}

function damaged(): PeerstorError {
  return new PeerstorError(
    'chunk-corrupt',
    'A chunk of this file does not have the size that was written down.',
  );
}
