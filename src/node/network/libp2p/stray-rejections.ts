/**
 * js-libp2p 3.x rejects some of its internal promises, which callers cannot catch, with Event objects (a
 * StreamResetEvent is no Error). Unhandled, such a rejection ends the process and prints the buffers it holds
 * to stderr. This guard catches exactly those and logs the name, nothing of the object. Every other unhandled
 * rejection still ends the process, as Node would without a guard.
 */
import { StreamCloseEvent } from '@libp2p/interface';
import type { Log } from '../../../model/log.ts';

const logs = new Set<Log>();

/** Starts guarding; the returned function ends it. Several transports in one process share one guard. */
export function guardStrayRejections(log: Log): () => void {
  if (logs.size === 0) process.on('unhandledRejection', onRejection);
  logs.add(log);
  return () => {
    logs.delete(log);
    if (logs.size === 0) process.off('unhandledRejection', onRejection);
  };
}

function onRejection(reason: unknown): void {
  // Also the base class of StreamAbortEvent and StreamResetEvent.
  if (!(reason instanceof StreamCloseEvent)) throw reason;
  const [log] = logs;
  log?.warn({ name: reason.constructor.name }, 'libp2p dropped a rejection');
}
