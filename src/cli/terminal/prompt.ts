/** Asks a person on a terminal: for a password that is not shown, or for a choice. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { displayText } from '../../model/display-text.ts';
import { PeerstorError } from '../../model/errors.ts';
import { terminal } from './terminal.ts';

/** Reads one password: from standard input, from PEERSTOR_PASSWORD, or from a person. */
export async function readPassword(options: { passwordStdin?: boolean; twice?: boolean }): Promise<string> {
  const { env, stdin } = terminal();
  if (options.passwordStdin) return (await readStdin()).replace(/\r?\n$/, '');
  if (env.PEERSTOR_PASSWORD !== undefined) return env.PEERSTOR_PASSWORD;
  if (!stdin.isTTY) {
    throw new PeerstorError(
      'bad-input',
      'No password was given: run this on a terminal, or use --password-stdin or PEERSTOR_PASSWORD.',
    );
  }
  const password = await askSecret('Password: ');
  if (options.twice && (await askSecret('The same again: ')) !== password) {
    throw new PeerstorError('bad-input', 'The two passwords differ; nothing was changed.');
  }
  return password;
}

/** Reads the 24 recovery words: from standard input, or from a person. @throws `bad-input` where nobody can be asked */
export async function readWords(options: { wordsStdin?: boolean }): Promise<string> {
  if (options.wordsStdin) return await readStdin();
  if (terminal().stdin.isTTY) return await askSecret('The 24 recovery words: ');
  throw new PeerstorError(
    'bad-input',
    'No recovery words were given: run this on a terminal, or use --words-stdin.',
  );
}

/** The code of an authenticator app; undefined where nobody can be asked. */
export async function askCode(): Promise<string | undefined> {
  if (!terminal().stdin.isTTY) return undefined;
  return await askSecret('Code of your authenticator app: ');
}

/**
 * Reads several secrets: from a person, the last of them twice, or from standard input, a line each.
 * @throws `bad-input` where there are too few lines, or no terminal
 */
export async function readSecrets<Labels extends readonly string[]>(
  labels: Labels,
  options: { passwordStdin?: boolean },
): Promise<{ [At in keyof Labels]: string }> {
  const secrets = options.passwordStdin ? await readLines(labels) : await askEach(labels);
  return secrets as { [At in keyof Labels]: string };
}

/** Is there a person at a terminal? */
export function canAsk(): boolean {
  const { stdin, stderr } = terminal();
  return Boolean(stdin.isTTY && stderr.isTTY);
}

/**
 * Asks a question with one letter as the answer.
 * @returns the letter, or undefined for any other answer and where nobody can be asked
 * @throws `aborted` when the person presses Ctrl+C or closes the input
 */
export async function askChoice(question: string, letters: string): Promise<string | undefined> {
  const { stderr } = terminal();
  if (!canAsk()) return undefined;
  const answer = (await readAnswer(displayText(question), stderr)).trim().toLowerCase().slice(0, 1);
  return answer !== '' && letters.includes(answer) ? answer : undefined;
}

async function readLines(labels: readonly string[]): Promise<string[]> {
  const lines = (await readStdin()).split(/\r?\n/);
  if (lines.length < labels.length) {
    throw new PeerstorError(
      'bad-input',
      `Standard input must have ${labels.length} lines: ${labels.join(', ')}.`,
    );
  }
  return lines.slice(0, labels.length);
}

async function askEach(labels: readonly string[]): Promise<string[]> {
  if (!terminal().stdin.isTTY) {
    throw new PeerstorError('bad-input', 'Run this on a terminal, or use --password-stdin.');
  }
  const secrets: string[] = [];
  for (const label of labels) secrets.push(await askSecret(`${label}: `));
  if ((await askSecret('The same again: ')) !== secrets.at(-1)) {
    throw new PeerstorError('bad-input', 'The two passwords differ; nothing was changed.');
  }
  return secrets;
}

async function readStdin(): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of terminal().stdin) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString('utf8');
}

async function askSecret(question: string): Promise<string> {
  const { stderr } = terminal();
  stderr.write(question);
  const silent = new Writable({ write: (_piece, _encoding, done) => done() });
  try {
    return await readAnswer('', silent);
  } finally {
    stderr.write('\n');
  }
}

/** One line that a person types; what they type is echoed to `echo`. */
async function readAnswer(question: string, echo: Writable): Promise<string> {
  const lines = createInterface({ input: terminal().stdin, output: echo, terminal: true });
  const closed = new Promise<never>((_resolve, reject) => {
    // Ctrl+C closes it too, and an answer would then be waited for without an end.
    lines.once('close', () => reject(new PeerstorError('aborted', 'Stopped: nothing was answered.')));
  });
  try {
    return await Promise.race([lines.question(question), closed]);
  } finally {
    closed.catch(() => undefined);
    lines.close();
  }
}
