/** Sending one chunk to one device. */
import type { Transport } from '../model/contracts/transport.ts';
import type { DeviceId } from '../model/ids.ts';
import { type PutAnswer, readPutAnswer } from './wire.ts';

/** A link of 20 KiB/s carries a chunk in this time. */
const answerPatienceMs = 60_000;

/**
 * @param body `chunk/put` as it goes over the wire
 * @returns what the device answered: `stored` and `present` mean that it is durable there
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
