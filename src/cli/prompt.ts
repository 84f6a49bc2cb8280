/** Asks for a password without showing it; or takes it from standard input or PEERSTOR_PASSWORD. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { PeerstorError } from '../model/errors.ts';

export async function readPassword(options: { passwordStdin?: boolean; twice?: boolean }): Promise<string> {
  if (options.passwordStdin) return (await readStdin()).replace(/\r?\n$/, '');
  if (process.env.PEERSTOR_PASSWORD !== undefined) return process.env.PEERSTOR_PASSWORD;
  if (!process.stdin.isTTY) {
    throw new PeerstorError(
      'bad-input',
      'No password: run this on a terminal, or use --password-stdin or PEERSTOR_PASSWORD.',
    );
  }
  const password = await ask('Password: ');
  if (options.twice && (await ask('The same again: ')) !== password) {
    throw new PeerstorError('bad-input', 'The two passwords differ; nothing was done.');
  }
  return password;
}

/**
 * Asks for several secrets, the last of them twice; or takes them from standard input, a line each.
 * @throws `bad-input` where there are too few lines, or no terminal
 */
export async function readSecrets<Labels extends readonly string[]>(
  labels: Labels,
  options: { passwordStdin?: boolean },
): Promise<{ [At in keyof Labels]: string }> {
  const secrets = options.passwordStdin ? await readLines(labels) : await askEach(labels);
  return secrets as { [At in keyof Labels]: string };
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
  if (!process.stdin.isTTY) {
    throw new PeerstorError('bad-input', 'Run this on a terminal, or use --password-stdin.');
  }
  const secrets: string[] = [];
  for (const label of labels) secrets.push(await ask(`${label}: `));
  if ((await ask('The same again: ')) !== secrets.at(-1)) {
    throw new PeerstorError('bad-input', 'The two passwords differ; nothing was done.');
  }
  return secrets;
}

async function readStdin(): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

async function ask(question: string): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_piece, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
