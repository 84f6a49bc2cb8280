/** stop: ends the device that runs in this home. */
import { setTimeout as wait } from 'node:timers/promises';
import type { HealthzView } from '../../model/api.ts';
import { PeerstorError } from '../../model/errors.ts';
import { homeFolder, readRunFacts } from '../../node/index.ts';
import { Client, type GlobalOptions } from '../client/client.ts';
import { CommandFailure } from '../failure.ts';
import { printJson, printLine } from '../terminal/output.ts';
import { isSystemError } from '../transfer/disk-facts.ts';

/** A device stops within ten seconds, or ends all the same. */
const stopWaitMs = 15_000;
const pollMs = 100;

export async function stop(options: GlobalOptions): Promise<void> {
  if (options.url !== undefined) {
    throw new CommandFailure('wrong-usage', 'A device is stopped on its own machine: use --home, not --url.');
  }
  const home = homeFolder(options.home);
  const facts = await readRunFacts(home);
  if (facts === undefined) throw new PeerstorError('peer-unreachable', `No device is running in ${home}.`);
  const { pid, deviceId } = facts;
  // A file that a killed device left may name a process that is something else by now.
  const client = await Client.connect(options);
  const alive = await client.json<HealthzView>('/healthz', { as: 'none' });
  if (alive.deviceId !== deviceId) {
    throw new PeerstorError(
      'peer-unreachable',
      `Another device answers at ${facts.url}; nothing was stopped.`,
    );
  }
  process.kill(pid, 'SIGTERM');
  for (let waitedMs = 0; isRunning(pid); waitedMs += pollMs) {
    if (waitedMs >= stopWaitMs) {
      throw new PeerstorError('peer-timeout', `Process ${pid} does not end. "kill -9 ${pid}" ends it.`);
    }
    await wait(pollMs);
  }
  if (options.json) return printJson({ stopped: pid });
  printLine(`The device in ${home} has stopped.`);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isSystemError(error, 'EPERM');
  }
}
