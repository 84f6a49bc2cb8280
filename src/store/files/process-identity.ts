/** Which process this is, so that another one can tell whether it still runs. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process as it is named in the lock of a volume. */
export interface ProcessFacts {
  pid: number;
  host: string;
  /** When it began, by a clock that starts with the system; empty where that cannot be told. */
  started: string;
}

export interface ProcessIdentity {
  readonly self: ProcessFacts;
  /** Does it run? Of a process on another host nothing can be told: false. */
  isRunning(process: ProcessFacts): boolean;
}

export const thisProcess: ProcessIdentity = {
  self: { pid: process.pid, host: hostname(), started: startOf(process.pid) },
  isRunning({ pid, host, started }) {
    if (host !== hostname() || !Number.isSafeInteger(pid) || pid <= 0) return false;
    try {
      process.kill(pid, 0);
    } catch (error) {
      // EPERM: it runs, and belongs to somebody else.
      if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
    }
    return started === '' || started === startOf(pid);
  },
};

/** On Linux, so that a process that got the number of a dead one is told apart; proc_pid_stat(5), field 22. */
function startOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return ticks === undefined ? '' : `${boot} ${ticks}`;
  } catch {
    return '';
  }
}
