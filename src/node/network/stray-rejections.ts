/**
 * js-libp2p 3.x rejects some of its own promises, which nobody outside can catch, with Event objects
 * (a StreamResetEvent is no Error). Unhandled, such a one ends the process and prints the buffers it
 * holds to stderr. This guard takes exactly those: it writes down the name and nothing of the object.
 * Every other unhandled rejection still ends the process, as Node would without a guard.
 */
import { StreamCloseEvent } from '@libp2p/interface';
import type { Log } from '../../model/log.ts';

const logs = new Set<Log>();

/** Starts guarding; the answer ends it. Several transports in one process share one guard. */
export function guardStrayRejections(log: Log): () => void {
  if (logs.size === 0) process.on('unhandledRejection', onRejection);
  logs.add(log);
  return () => {
    logs.delete(log);
    if (logs.size === 0) process.off('unhandledRejection', onRejection);
  };
}

function onRejection(reason: unknown): void {
  // The base of StreamAbortEvent and StreamResetEvent too.
  if (!(reason instanceof StreamCloseEvent)) throw reason;
  const [log] = logs;
  log?.warn({ name: reason.constructor.name }, 'libp2p dropped a rejection');
}
