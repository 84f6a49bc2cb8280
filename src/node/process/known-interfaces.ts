/**
 * Asking for the addresses of this machine opens a socket, so it fails where no file descriptors are left. Libraries ask
 * in the middle of timers and of received packets (mDNS, libp2p), where nobody can catch what is thrown and the process
 * ends. So the answer is guarded where everybody asks: without a new one, the last one holds (decision 0077).
 */
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { sentenceOf } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';

type Interfaces = ReturnType<typeof os.networkInterfaces>;

const logs = new Set<Log>();
let unguarded: typeof os.networkInterfaces | undefined;
let known: Interfaces = {};
let isFailing = false;

/** Starts guarding; the returned function ends it. Several devices in one process share one guard. */
export function guardInterfaces(log: Log): () => void {
  if (unguarded === undefined) install();
  logs.add(log);
  return () => {
    logs.delete(log);
    if (logs.size === 0) restore();
  };
}

function install(): void {
  unguarded = os.networkInterfaces;
  os.networkInterfaces = ask;
  syncBuiltinESMExports();
}

function restore(): void {
  if (unguarded === undefined) return;
  os.networkInterfaces = unguarded;
  unguarded = undefined;
  syncBuiltinESMExports();
}

function ask(): Interfaces {
  try {
    if (unguarded) known = unguarded();
    isFailing = false;
  } catch (error) {
    complain(error);
  }
  return known;
}

/** Once for each time that it begins to fail: it is asked every few seconds. */
function complain(error: unknown): void {
  if (isFailing) return;
  isFailing = true;
  const [log] = logs;
  log?.warn(
    {},
    `The addresses of this machine cannot be asked for: ${sentenceOf(error)} The last known ones are used. Where there are too many open files, raise their limit (ulimit -n).`,
  );
}
