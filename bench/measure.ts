/** What benches share: the machine, timing in the same run, memory of a process, tables. */
import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const MiB = 1024 * 1024;

export function machine(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${process.platform}`;
}

export async function seconds(action: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await action();
  return (performance.now() - started) / 1000;
}

/** The same bytes written by dd with one fsync at the end: what the disk can do. */
export async function ddSeconds(from: string, to: string): Promise<number> {
  return seconds(() => run('dd', [`if=${from}`, `of=${to}`, 'bs=1M', 'conv=fsync', 'status=none']));
}

/** Resident memory of a process in MiB: now, and the most it ever had. */
export async function memoryMiB(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const line = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return { now: Math.round(line('VmRSS')), peak: Math.round(line('VmHWM')) };
}

/** Seconds of processor time that a process used so far. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) / 100;
}

/** Runs a program with its standard output thrown away; rejects when it fails. */
export function runQuietly(command: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} exited with ${code}`)),
    );
  });
}

export interface Row {
  what: string;
  value: string;
  /** Against something real in the same run. */
  ratio?: string;
  aim?: string;
}

export function printRows(title: string, rows: Row[]): void {
  console.log(`\n${title}`);
  const cells = [{ what: 'what', value: 'figure', ratio: 'ratio', aim: 'aim' }, ...rows];
  const width = (name: 'what' | 'value' | 'ratio') =>
    Math.max(...cells.map((row) => (row[name] ?? '').length));
  for (const row of cells) {
    console.log(
      `  ${row.what.padEnd(width('what'))}  ${row.value.padEnd(width('value'))}  ${(row.ratio ?? '').padEnd(width('ratio'))}  ${row.aim ?? ''}`.trimEnd(),
    );
  }
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** `--name N` of the command line as a number. */
export function numberFlag(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? fallback : Number(process.argv[at + 1]);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`--${name} needs a number`);
  return value;
}

/** `--name WORD` of the command line. */
export function textFlag(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}
