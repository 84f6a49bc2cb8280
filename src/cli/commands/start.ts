/** start: runs this device until it is told to stop. */
import {
  boundHeap,
  type RunningDevice,
  readConfig,
  type StartOptions,
  startDevice,
} from '../../node/index.ts';
import { asTyped } from '../failure.ts';
import { packageVersion, programWords } from '../package-version.ts';
import { endTrial, hasFailedTrial } from '../service/trial.ts';
import { printJson, printLine, printNotice } from '../terminal/output.ts';

/** After this time the process ends even if the stop is not clean: nothing acknowledged is at risk. */
const stopTimeoutMs = 10_000;

export async function start(options: StartOptions & { json?: boolean; peer?: string[] }): Promise<void> {
  const letHeapGrow = boundHeap();
  const { peer: peers } = options;
  const config = asTyped(() =>
    readConfig({
      ...options,
      version: packageVersion(),
      takesBack: hasFailedTrial(),
      ...(peers ? { peers } : {}),
    }),
  );
  const device = await startDevice(config);
  letHeapGrow();
  const ready = device.ready();
  if (options.json) printJson({ event: 'ready', ...ready });
  else printWelcome(ready);
  stopOnSignals(device, options.json ?? false);
  await endTrial(device, options.home);
}

function printWelcome(ready: ReturnType<RunningDevice['ready']>): void {
  printLine(`peerstor runs on ${ready.deviceName}`);
  printLine();
  for (const url of ready.urls) printLine(`  ${url}`);
  if (ready.setupCode) {
    printLine();
    printLine('Nothing is set up yet. Create the first account with this link; nobody can without it:');
    printLine(`  ${ready.urls[0]}/setup#${ready.setupCode}`);
    printLine('or join the network of another device:  peerstor join CODE');
  }
  printLine();
  printLine('Ctrl+C stops it.');
}

function stopOnSignals(device: RunningDevice, json: boolean): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    const warning = device.unprotectedWarning();
    if (warning) printNotice(`peerstor: ${warning}`);
    setTimeout(() => process.exit(1), stopTimeoutMs).unref();
    device.stop().then(
      () => {
        if (json) printJson({ event: 'stopped', signal });
        if (signal === 'SIGUSR2') becomeAnew();
        process.exit(0);
      },
      (error: Error) => {
        printNotice(`peerstor: the device did not stop cleanly: ${error.message}`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // Windows knows no such signal, and this one when its console closes.
  if (process.platform === 'win32') process.on('SIGBREAK', stop);
  else process.on('SIGUSR2', () => stop('SIGUSR2'));
}

/** This process runs the program that lies at its path now, with the same words: its terminal and its service manager see no end. */
function becomeAnew(): void {
  const [program = process.execPath, ...rest] = programWords();
  process.execve?.(program, [program, ...rest, ...process.argv.slice(2)], process.env);
}
