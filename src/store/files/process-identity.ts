/** Which process this is, so that another one can tell whether it still runs. */
import { readFileSync } from 'node:fs';
import { hostname, uptime } from 'node:os';

/** A process as it is named in the lock of a volume. */
export interface ProcessFacts {
  pid: number;
  host: string;
  /** On Linux which boot of the system and when it began in it; elsewhere the minute of the boot. */
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
    return isSameStart(started, startOf(pid));
  },
};

/** Clocks are set and uptimes are rounded: two minutes of a boot that are closer are one boot. */
const bootMinutesApart = 5;

/** Unequal starts show that another process got the number of a dead one. */
function isSameStart(a: string, b: string): boolean {
  const minutes = [a, b].map((text) => Number(/^boot (\d+)$/.exec(text)?.[1] ?? Number.NaN));
  const [first = Number.NaN, second = Number.NaN] = minutes;
  return a === b || Math.abs(first - second) <= bootMinutesApart;
}

/** proc_pid_stat(5), field 22. */
function startOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return ticks === undefined ? '' : `${boot} ${ticks}`;
  } catch {
    // Not Linux: a system that was started since runs none of its earlier processes.
    return `boot ${Math.round((Date.now() / 1000 - uptime()) / 60)}`;
  }
}
