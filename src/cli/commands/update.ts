/** update: replaces this program by a newer one that its makers signed, and goes back where that does not become healthy. */

import { protocolRange } from '../../model/contracts/transport.ts';
import { PeerstorError } from '../../model/errors.ts';
import { homeFolder, type RunFacts, readRunFacts } from '../../node/index.ts';
import {
  checkRelease,
  type Installed,
  ownPack,
  readTrial,
  replaceProgram,
  rollBack,
} from '../../single/index.ts';
import type { GlobalOptions } from '../client/client.ts';
import { happens, mustRun, startedAfter } from '../client/running.ts';
import { CommandFailure } from '../failure.ts';
import { printJson, printLine } from '../terminal/output.ts';
import { terminal } from '../terminal/terminal.ts';
import { isRunning, mustRestart } from './stop.ts';

/** A device that has not said by then that it is healthy gives way. It may have a catalog to read, and a home to migrate. */
const healthyMs = 180_000;
/** A service manager starts what ended again within seconds. */
const goneMs = 20_000;

interface UpdateOptions extends GlobalOptions {
  from?: string;
  check?: boolean;
}

export async function update(options: UpdateOptions): Promise<void> {
  const { from, check, json } = options;
  const installed = thisProgram();
  if (from === undefined) {
    throw new CommandFailure(
      'wrong-usage',
      'Say where releases are with --from: a folder of this machine or an https address. peerstor asks nobody by itself.',
    );
  }
  const signal = terminal().interrupted();
  const offer = await checkRelease(from, installed, signal);
  const { version } = installed;
  const to = offer.release.version;
  if (check || offer.program === undefined) {
    if (json) return printJson({ version, newest: to, isNewer: offer.program !== undefined });
    printLine(
      offer.program
        ? `${to} is there; this is ${version}.`
        : `This is ${version}, and nothing newer is there.`,
    );
    return;
  }
  const running = await runningHere(options);
  if (running) mustRestart();
  await replaceProgram(from, offer, installed, signal);
  if (running) await proveHealthy(running, installed, options);
  if (json) return printJson({ version: to, former: version, restarted: running !== undefined });
  printLine(
    running
      ? `This is ${to} now; the device has started again and is healthy.`
      : `This is ${to} now. Its first start of a device decides: if it fails twice, ${version} comes back.`,
  );
}

/** @throws `bad-input` where something else installed the program */
function thisProgram(): Installed {
  const pack = ownPack();
  if (pack === undefined) {
    throw new PeerstorError(
      'bad-input',
      'This peerstor came by a package, which updates it: npm install --global, apt, or a new image of the container.',
    );
  }
  if (process.platform === 'win32') {
    throw new PeerstorError(
      'bad-input',
      'Windows replaces no program that runs: stop the device, put the newer file in the place of this one, and start it again.',
    );
  }
  return {
    program: process.execPath,
    system: `${process.platform}-${process.arch}`,
    wire: protocolRange,
    ...pack,
  };
}

/** The device in this home, if one runs; it must run by this very program. */
async function runningHere(options: UpdateOptions): Promise<RunFacts | undefined> {
  if ((await readRunFacts(homeFolder(options.home))) === undefined) return undefined;
  try {
    return await mustRun({ home: options.home, url: options.url } as GlobalOptions, 'updated');
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    return undefined;
  }
}

/** The device itself ends the trial once it serves (`start.ts`); this looks on, and brings the former program back. */
async function proveHealthy(
  before: RunFacts,
  { program, version }: Installed,
  options: UpdateOptions,
): Promise<void> {
  process.kill(before.pid, 'SIGUSR2');
  let goneAtMs = Number.POSITIVE_INFINITY;
  let isHealthy = false;
  await happens(async () => {
    const facts = await startedAfter(before, options);
    isHealthy = facts !== undefined && readTrial(program) === undefined;
    const isGone = !isRunning(facts?.pid ?? before.pid);
    goneAtMs = isGone ? Math.min(goneAtMs, performance.now()) : Number.POSITIVE_INFINITY;
    return isHealthy || readTrial(program)?.state === 'failed' || performance.now() - goneAtMs > goneMs;
  }, healthyMs);
  if (isHealthy) return;
  rollBack(program);
  const facts = (await readRunFacts(homeFolder(options.home))) ?? before;
  const isThere = isRunning(facts.pid);
  if (isThere) process.kill(facts.pid, 'SIGUSR2');
  const next = isThere ? 'the device was told to start again by it' : 'start the device again';
  throw new PeerstorError(
    'peer-timeout',
    `The new program did not become healthy, so ${version} is back; ${next}.`,
  );
}
