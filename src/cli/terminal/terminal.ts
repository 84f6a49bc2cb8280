/**
 * Where a command reads and writes: the streams and the environment of this process, or those that a test
 * gives. Nothing else in `src/cli` touches `process.stdin`, `process.stdout` or `process.stderr`.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Readable, Writable } from 'node:stream';

export interface Terminal {
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean };
  stderr: Writable & { isTTY?: boolean };
  env: Readonly<Record<string, string | undefined>>;
  /** Rules of names and paths that this machine has; tests name another one. */
  platform: NodeJS.Platform;
  /**
   * A signal that is aborted when a person presses Ctrl+C or the process is told to end. A command that asks
   * for it stops by itself; one that does not ends at once, as programs do.
   */
  interrupted(): AbortSignal;
}

const current = new AsyncLocalStorage<Terminal>();

/** Runs a command with other streams than those of this process. */
export function withTerminal<Result>(terminal: Terminal, run: () => Promise<Result>): Promise<Result> {
  return current.run(terminal, run);
}

/** @throws when no command is running */
export function terminal(): Terminal {
  const found = current.getStore();
  if (found === undefined) throw new Error('A command runs inside withTerminal.');
  return found;
}
