/** The thread that hashes and seals chunks: the entry of a worker, started by `sealing-thread.ts`. */
import { parentPort } from 'node:worker_threads';
import { sha256 } from '../hash.ts';
import { payloadAt, sealInPlace } from './chunk.ts';
import type { SealingAnswer, SealingJob } from './sealing-thread.ts';

const port = parentPort;

port?.on('message', (job: SealingJob) => port.postMessage(answerTo(job)));

function answerTo({ number, secret, buffer, length }: SealingJob): SealingAnswer {
  try {
    if (secret === undefined)
      return { number, payloadHash: sha256(buffer.subarray(payloadAt, payloadAt + length)).slice() };
    const sealed = sealInPlace(secret, buffer, length);
    // Small values may be views of a larger buffer, which would be sent whole.
    const [key, payloadHash] = [sealed.key.slice(), sealed.payloadHash.slice()];
    return { number, sealed: { ...sealed, key, payloadHash } };
  } catch (error) {
    return { number, error };
  }
}
