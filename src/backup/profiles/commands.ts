/**
 * What the owner of a device lets a backup start before and after each run, such as a dump of a database. It lies in a
 * file of the home (HOME/backups/ID.commands.json) that no route writes: who may add a backup over the network must not
 * get a way to start programs.
 */
import { execFile } from 'node:child_process';
import { PeerstorError } from '../../model/errors.ts';
import type { ProfileFolder } from './profile-state.ts';

export interface Commands {
  before?: readonly string[];
  after?: readonly string[];
  timeoutSeconds?: number;
}

const timeoutSecondsDefault = 600;
const outputBytesMax = 1024 * 1024;

export const commandsFileOf = (id: string): string => `${id}.commands.json`;

/** @returns nothing to start where there is no file. @throws `bad-input` for one that says something else */
export async function readCommands(folder: ProfileFolder, id: string): Promise<Commands> {
  const name = commandsFileOf(id);
  if (!(await folder.names()).includes(name)) return {};
  const value: unknown = JSON.parse(await folder.read(name));
  if (typeof value !== 'object' || value === null) throw wrong(name);
  const { before, after, timeoutSeconds }: Record<string, unknown> = { ...value };
  if (!isWords(before) || !isWords(after)) throw wrong(name);
  if (timeoutSeconds !== undefined && !(typeof timeoutSeconds === 'number' && timeoutSeconds > 0))
    throw wrong(name);
  return {
    ...(before && { before }),
    ...(after && { after }),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
  };
}

/**
 * Starts a program, without a shell, and waits for its end.
 * @throws `conflict` when it cannot be started, ends with another code than 0, or takes too long
 */
export function runCommand(
  words: readonly string[],
  when: 'before' | 'after',
  { timeoutSeconds = timeoutSecondsDefault }: Commands,
  signal: AbortSignal,
): Promise<void> {
  const [program = '', ...rest] = words;
  const options = { timeout: timeoutSeconds * 1000, maxBuffer: outputBytesMax, signal, windowsHide: true };
  return new Promise((resolve, reject) => {
    execFile(program, rest, options, (error, _stdout, stderr) => {
      if (!error) return resolve();
      const why = error.killed ? `it took longer than ${timeoutSeconds} s` : error.message.split('\n')[0];
      const said = stderr.trim().split('\n').at(-1)?.slice(0, 200);
      const sentence = `The command ${when} the run failed: ${why}${said ? ` (${said})` : ''}.`;
      reject(new PeerstorError('conflict', sentence, { cause: error }));
    });
  });
}

function isWords(value: unknown): value is readonly string[] | undefined {
  if (value === undefined) return true;
  return Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === 'string');
}

function wrong(name: string): PeerstorError {
  return new PeerstorError(
    'bad-input',
    `${name} must be like {"before": ["program", "argument"], "after": […], "timeoutSeconds": 600}.`,
  );
}
