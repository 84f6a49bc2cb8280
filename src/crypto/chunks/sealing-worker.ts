/** The thread that hashes and seals chunks: the entry of a worker, started by `sealing-thread.ts`. */
import { parentPort } from 'node:worker_threads';
import { sha256 } from '../hash.ts';
import { sealInPlace } from './chunk.ts';
import type { SealingAnswer, SealingJob } from './sealing-thread.ts';

const port = parentPort;

port?.on('message', (job: SealingJob) => port.postMessage(answerTo(job)));

function answerTo({ number, secret, buffer, length }: SealingJob): SealingAnswer {
  try {
    // Small values may be views of a larger buffer, which would be sent whole.
    if (secret === undefined) return { number, hash: sha256(buffer).slice() };
    const sealed = sealInPlace(secret, buffer, length);
    const [key, payloadHash] = [sealed.key.slice(), sealed.payloadHash.slice()];
    return { number, sealed: { ...sealed, key, payloadHash } };
  } catch (error) {
    return { number, error };
  }
}
