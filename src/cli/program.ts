/** The list of commands with their arguments. */
import { Argument, Command } from 'commander';
import type { GlobalOptions } from './client/client.ts';
import type { Shell } from './completion.ts';
import { addAdopt, addBackup, addSync } from './declare/backup.ts';
import { call } from './declare/call.ts';
import { addNetwork } from './declare/devices.ts';
import { addFiles } from './declare/files.ts';
import { addAccounts, addUsers } from './declare/people.ts';
import { addRecovery } from './declare/recovery.ts';
import { addSharing, addTokens } from './declare/sharing.ts';
import { addService, addStart } from './declare/start.ts';
import { packageVersion } from './package-version.ts';
import { printDrawing, printJson, printLine } from './terminal/output.ts';
import { terminal } from './terminal/terminal.ts';

/**
 * Commands are loaded when they are called, so that `ls` need not load libp2p.
 * @returns the program, and the command that runs where none is named
 */
export function buildProgram(): { program: Command; start: Command } {
  const program = new Command('peerstor')
    .description('One private store made of the devices you already own.')
    .option('--home <folder>', 'home of this device (default: PEERSTOR_HOME or ~/.peerstor)')
    .option('--url <url>', 'talk to the device at this address instead of the local one')
    .option('--json', 'print one JSON value for programs')
    .addHelpText('after', '\n"peerstor" alone runs this device, as "peerstor start" does.')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => terminal().stdout.write(text),
      writeErr: (text) => terminal().stderr.write(text),
      outputError: () => undefined,
    });
  const start = addStart(program);
  addService(program);
  addAccounts(program);
  addUsers(program);
  addRecovery(program);
  addNetwork(program);
  addFiles(program);
  addBackup(program);
  addSync(program);
  addAdopt(program);
  addSharing(program);
  addTokens(program);
  const version = program.command('version').description('print the version of this program');
  call(version, async () => async ({ json }: GlobalOptions) => {
    if (json) printJson({ version: packageVersion() });
    else printLine(packageVersion());
  });
  addCompletion(program);
  return { program, start };
}

function addCompletion(program: Command): void {
  const completion = program
    .command('completion')
    .description('print a script with which a shell completes these commands')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']));
  call(completion, async () => {
    const { completionScript } = await import('./completion.ts');
    return async (shell: Shell) => printDrawing(completionScript(program, shell).trimEnd());
  });
}
