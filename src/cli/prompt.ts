/** Asks for a password without showing it; or takes it from standard input or PEERSTOR_PASSWORD. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { PeerstorError } from '../model/errors.ts';

export async function readPassword(options: { passwordStdin?: boolean; twice?: boolean }): Promise<string> {
  if (options.passwordStdin) {
    const pieces: Buffer[] = [];
    for await (const piece of process.stdin) pieces.push(piece);
    return Buffer.concat(pieces)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  }
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
