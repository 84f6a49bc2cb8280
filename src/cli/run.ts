/** Runs one command: words to a command, errors to one line and an exit code. */
import { CommanderError } from 'commander';
import { isPeerstorError } from '../model/errors.ts';
import { withDefaultCommand } from './default-command.ts';
import { CommandFailure, exitCodes, failureOf } from './failure.ts';
import { packageVersion } from './package-version.ts';
import { buildProgram } from './program.ts';
import { printJsonNotice, printLine, printNotice } from './terminal/output.ts';
import { type Terminal, withTerminal } from './terminal/terminal.ts';

/**
 * @param words as typed, without the name of the program
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage
 */
export function run(words: readonly string[], terminal: Terminal): Promise<number> {
  return withTerminal(terminal, async () => {
    const json = words.includes('--json');
    try {
      await parse(words);
      return exitCodes.done;
    } catch (error) {
      return fail(error, json, terminal);
    }
  });
}

async function parse(words: readonly string[]): Promise<void> {
  // Not an option of the program: `get F --version 1` means something else.
  if (/^(-V|--version)$/.test(words[0] ?? '')) return printLine(packageVersion());
  const { program, start } = buildProgram();
  await program.parseAsync(withDefaultCommand(program, start, words), { from: 'user' });
}

/** With `--json` standard error gets one JSON value, `{"error": {code, message}}`; else one line. */
function fail(error: unknown, json: boolean, terminal: Terminal): number {
  if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done;
  const usage = error instanceof CommanderError ? usageFailure(error) : undefined;
  const { code, message } = failureOf(usage ?? error);
  if (json) printJsonNotice({ error: { code, message } });
  else if (!(error instanceof CommanderError && isHelp(error))) printNotice(`peerstor: ${message}`);
  if (usage === undefined && !isPeerstorError(error) && terminal.env.PEERSTOR_DEBUG && !json) {
    for (const lineOf of String(error instanceof Error ? error.stack : error).split('\n'))
      printNotice(lineOf);
  }
  return code === 'wrong-usage' ? exitCodes.wrongUsage : exitCodes.failed;
}

function usageFailure(error: CommanderError): CommandFailure {
  const said = error.message.replace(/^error: /, '');
  return new CommandFailure('wrong-usage', isHelp(error) ? 'Name a command: --help lists them.' : said);
}

/** Commander has printed the list of commands already. */
function isHelp({ code }: CommanderError): boolean {
  return code === 'commander.help' || code === 'commander.helpDisplayed';
}
