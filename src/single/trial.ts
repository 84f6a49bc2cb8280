/**
 * The trial of a new program. Beside the executable lie, while one is replaced by another:
 *
 *     EXE.new          what was downloaded; runs nothing yet
 *     EXE.previous     the former program, until the new one has proved itself
 *     EXE.update.json  what replaces what, and how often the new one was started
 *
 * EXE itself is at every moment one whole program: it is replaced by a rename. A new one that does not become healthy goes back by the
 * same rename, done by whoever notices first: the command that updates, or the new program at its next start.
 */
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface Trial {
  /** `failed`: the former program is back, and nobody has told the person yet. */
  state: 'trial' | 'failed';
  from: string;
  to: string;
  /** Starts of the new program as a device. */
  starts: number;
}

/** Starts of a device after which a new program that never became healthy gives way. */
export const trialStartsMax = 2;

export const newPath = (program: string): string => `${program}.new`;
export const previousPath = (program: string): string => `${program}.previous`;
const trialPath = (program: string): string => `${program}.update.json`;

/** @returns undefined where no update is under way, and where what says so cannot be read */
export function readTrial(program: string): Trial | undefined {
  try {
    const { state, from, to, starts } = JSON.parse(readFileSync(trialPath(program), 'utf8'));
    const isWhole =
      /^(trial|failed)$/.test(state) &&
      typeof from === 'string' &&
      typeof to === 'string' &&
      Number.isSafeInteger(starts);
    return isWhole ? { state, from, to, starts } : undefined;
  } catch {
    return undefined;
  }
}

function writeTrial(program: string, trial: Trial): void {
  const fresh = `${trialPath(program)}.new`;
  writeFileSync(fresh, `${JSON.stringify(trial)}\n`);
  syncPath(fresh);
  renameSync(fresh, trialPath(program));
  syncPath(dirname(program));
}

/** Puts the checked program at EXE.new in the place of EXE. A crash at any line leaves one of the two there, whole. */
export function swap(program: string, { from, to }: { from: string; to: string }): void {
  const previous = previousPath(program);
  rmSync(previous, { force: true });
  keepAs(program, previous);
  writeTrial(program, { state: 'trial', from, to, starts: 0 });
  syncPath(newPath(program));
  renameSync(newPath(program), program);
  syncPath(dirname(program));
}

function keepAs(program: string, previous: string): void {
  try {
    linkSync(program, previous);
  } catch {
    // Not every file system has hard links.
    copyFileSync(program, previous);
    chmodSync(previous, 0o755);
  }
  syncPath(previous);
}

/** The new program is healthy: the former one goes. Idempotent. */
export function confirmTrial(program: string): void {
  rmSync(trialPath(program), { force: true });
  for (const path of [previousPath(program), newPath(program)]) rmSync(path, { force: true });
}

/**
 * The former program comes back.
 * @returns false where there is none to come back to
 */
export function rollBack(program: string): boolean {
  const trial = readTrial(program);
  if (trial?.state !== 'trial' || !existsSync(previousPath(program))) return false;
  // First the words, then the program: after a crash between them the next start does the rename again.
  writeTrial(program, { ...trial, state: 'failed' });
  renameSync(previousPath(program), program);
  syncPath(dirname(program));
  return true;
}

export interface StartedProgram {
  /** Path of the executable. */
  program: string;
  version: string;
  /** As typed, without the name of the program. */
  words: readonly string[];
}

/**
 * Run by every start of the executable, before anything else of it. A device that is started too often without having become
 * healthy gives way to the former program, in this same process.
 */
export function beginTrial({ program, version, words }: StartedProgram): void {
  const trial = readTrial(program);
  if (!trial || !isDevice(words)) return;
  if (trial.state === 'failed' && version === trial.to && existsSync(previousPath(program))) {
    renameSync(previousPath(program), program);
    restartAs(program, words);
  }
  if (trial.state !== 'trial') return;
  if (version !== trial.to) {
    // The update was cut off before the rename; this is still the former program.
    confirmTrial(program);
    return;
  }
  if (trial.starts < trialStartsMax) {
    writeTrial(program, { ...trial, starts: trial.starts + 1 });
    return;
  }
  if (rollBack(program)) restartAs(program, words);
}

/** `peerstor` alone starts a device, too; other commands are no trial. Its global options may stand before the word. */
export function isDevice(words: readonly string[]): boolean {
  const rest = [...words];
  while (/^--(home|url|json)\b/.test(rest[0] ?? ''))
    rest.splice(0, /^--(home|url)$/.test(rest[0] ?? '') ? 2 : 1);
  const [first = 'start'] = rest;
  return first === 'start' || (first.startsWith('-') && !/^(-h|--help|-V|--version)$/.test(first));
}

/** The process becomes the program that lies at the path now. Where a system has no such call, whoever started it starts it again. */
function restartAs(program: string, words: readonly string[]): void {
  process.execve?.(program, [program, ...words], process.env);
  process.exit(1);
}

/** I2: a rename is durable when the file and its folder are. */
function syncPath(path: string): void {
  // Windows opens no folder.
  const isReadable = process.platform !== 'win32';
  if (!isReadable) return;
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
