/** Programs of this machine that tests ask as judges; who lacks one skips what it would have said. */
import { spawn, spawnSync } from 'node:child_process';

/** False, or the reason to skip a test: one of these programs is not here. */
export function skipWithout(...names: string[]): false | string {
  const missing = names.filter((name) => spawnSync('which', [name]).status !== 0);
  return missing.length > 0 && `not installed here: ${missing.join(', ')}`;
}

export interface Ran {
  code: number | null;
  /** What it printed, errors included. */
  text: string;
}

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Written to its standard input. */
  input?: string;
}

/** Runs a program to its end. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { cwd, env = {}, input } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
    const pieces: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
    child.stderr.on('data', (piece: Buffer) => pieces.push(piece));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, text: Buffer.concat(pieces).toString('utf8') }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
