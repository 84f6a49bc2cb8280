/** The program `peerstor`: runs the command that its words name in this process. */
import { run } from './run.ts';

const controller = new AbortController();
let listening = false;

/** Ends what is running; a second signal ends the process at once. */
function interrupt(signal: NodeJS.Signals): void {
  if (controller.signal.aborted) process.exit(1);
  controller.abort(signal);
}

// Reading from a pipe that closed (`peerstor ls | head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  platform: process.platform,
  interrupted() {
    if (!listening) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
    listening = true;
    return controller.signal;
  },
});
