/** stop and restart: end the device that runs in this home, for good or for a new start. */
import { PeerstorError } from '../../model/errors.ts';
import { homeFolder } from '../../node/index.ts';
import type { GlobalOptions } from '../client/client.ts';
import { happens, mustRun, startedAfter } from '../client/running.ts';
import { printJson, printLine } from '../terminal/output.ts';
import { terminal } from '../terminal/terminal.ts';
import { isSystemError } from '../transfer/disk-facts.ts';

/** A device stops within ten seconds, or ends all the same. */
const stopWaitMs = 15_000;
/** Reading a large catalog after an end that was not clean takes a while. */
const restartWaitMs = 120_000;

export async function stop(options: GlobalOptions): Promise<void> {
  const { pid } = await mustRun(options, 'stopped');
  process.kill(pid, 'SIGTERM');
  if (!(await happens(() => !isRunning(pid), stopWaitMs))) {
    throw new PeerstorError('peer-timeout', `Process ${pid} does not end. "kill -9 ${pid}" ends it.`);
  }
  if (options.json) return printJson({ stopped: pid });
  printLine(`The device in ${homeFolder(options.home)} has stopped.`);
}

export async function restart(options: GlobalOptions): Promise<void> {
  const before = await mustRun(options, 'restarted');
  mustRestart();
  process.kill(before.pid, 'SIGUSR2');
  let url = '';
  const isBack = async () => {
    url = (await startedAfter(before, options))?.url ?? '';
    return url !== '' || !isRunning(before.pid);
  };
  if (!(await happens(isBack, restartWaitMs)) || url === '') {
    throw new PeerstorError(
      'peer-timeout',
      'The device did not come back: look at its log, and start it again.',
    );
  }
  if (options.json) return printJson({ restarted: before.pid, url });
  printLine(`The device in ${homeFolder(options.home)} has started again: ${url}`);
}

/** @throws `bad-input` on a system where no process can become another one */
export function mustRestart(): void {
  if (terminal().platform !== 'win32') return;
  throw new PeerstorError(
    'bad-input',
    'Windows has no restart in place: "peerstor stop", and start it again.',
  );
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isSystemError(error, 'EPERM');
  }
}
