/** Sends one chunk to one device. */
import { chunkBuffers } from '../../model/chunk-buffers.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import type { ChunkId, DeviceId } from '../../model/ids.ts';
import { releaseMemory } from '../../model/memory.ts';
import { type PutAnswer, putInPlace, readPutAnswer, writePut } from '../wire.ts';

/** A link of 20 KiB/s carries a chunk within this time. */
const answerPatienceMs = 60_000;

/**
 * @param body `chunk/put` as sent over the wire
 * @returns the device's answer: `stored` and `present` mean that the chunk is durable there
 * @throws `peer-unreachable`, `peer-timeout`, or what the device threw
 */
export async function pushChunk(
  transport: Transport,
  device: DeviceId,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<PutAnswer> {
  const options = { lane: 'bulk', signal, timeoutMs: answerPatienceMs } as const;
  return readPutAnswer(await transport.call(device, 'chunk/put', body, options));
}

/** `readForPut`, then `pushChunk`; throws what they throw. */
export async function pushHeld(
  { store, transport }: { store: ChunkStore; transport: Transport },
  device: DeviceId,
  id: ChunkId,
  signal: AbortSignal,
): Promise<PutAnswer> {
  const body = await readForPut(store, id, signal);
  const answer = await pushChunk(transport, device, body, signal);
  // Not after an error: the body may still be in a queue that is being written.
  releasePut(body);
  return answer;
}

/** Gives the memory of what `readForPut` gave back, after it was answered. */
export function releasePut(body: Uint8Array): void {
  if (chunkBuffers.isLent(body)) chunkBuffers.give(body);
  else releaseMemory(body);
}

/**
 * @returns `chunk/put` as sent over the wire: read here and hashed (I3)
 * @throws `chunk-missing`, `chunk-corrupt`, `storage-failed`
 */
export async function readForPut(store: ChunkStore, id: ChunkId, signal: AbortSignal): Promise<Uint8Array> {
  const bytes = await store.get(id, { verify: true, signal, shared: true });
  const inPlace = putInPlace(id, bytes);
  if (inPlace !== undefined) return inPlace;
  const body = writePut(id, bytes);
  releaseMemory(bytes);
  return body;
}
