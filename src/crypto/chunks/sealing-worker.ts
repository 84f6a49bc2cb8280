/** The thread that hashes and seals chunks: the entry of a worker, started by `sealing-thread.ts`. */
import { parentPort } from 'node:worker_threads';
import { sealChunkNow } from './chunk.ts';
import type { SealingAnswer, SealingJob } from './sealing-thread.ts';

const port = parentPort;

port?.on('message', ({ number, secret, buffer, length }: SealingJob) => {
  let answer: SealingAnswer;
  const transferred: ArrayBuffer[] = [buffer.buffer];
  try {
    const sealed = sealChunkNow(secret, buffer.subarray(0, length));
    transferred.push(sealed.bytes.buffer);
    // Small values may be views of a larger buffer, which would be sent whole.
    const [key, payloadHash] = [sealed.key.slice(), sealed.payloadHash.slice()];
    answer = { number, buffer, sealed: { ...sealed, key, payloadHash } };
  } catch (error) {
    answer = { number, buffer, error };
  }
  port.postMessage(answer, transferred);
});
