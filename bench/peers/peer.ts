/** What the comparison asks of each program that keeps files. */
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runQuietly } from '../measure.ts';

/** A program under comparison, running. Paths of files on it are relative, without a leading slash. */
export interface Peer {
  readonly name: string;
  /** Stores a local file. */
  up(file: string, path: string): Promise<void>;
  /** Reads a file and throws it away. */
  down(path: string): Promise<void>;
  /** Stores every file of the folders, one connection for each folder. */
  upFolders(folders: readonly string[], path: string): Promise<void>;
  /** Reads all of them into `into`, one connection for each folder. */
  downFolders(folders: readonly string[], path: string, into: string): Promise<void>;
  /**
   * Makes what was stored under the path survive a power cut, where the program did not do so before it answered.
   * @param wholeFileSystem instead of one file
   */
  sync(path: string, wholeFileSystem: boolean): Promise<void>;
  /** Removes what was stored, where that can be had at once. */
  forget(path: string): Promise<void>;
  /** Processor time in seconds of the program and its children so far. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

/** User and system time of a process, its children that ended, and those that live, in seconds. */
export async function treeCpuSeconds(root: number): Promise<number> {
  const stats = new Map<number, { parent: number; ticks: number }>();
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    stats.set(pid, { parent: Number(fields[1]), ticks });
  }
  const isBelow = (pid: number): boolean => {
    for (let at = pid; at > 1; at = stats.get(at)?.parent ?? 0) if (at === root) return true;
    return false;
  };
  let ticks = 0;
  for (const [pid, stat] of stats) if (isBelow(pid)) ticks += stat.ticks;
  return ticks / 100;
}

/** `sync` of a file, or of the file system with `-f`. */
export function syncPath(path: string, wholeFileSystem: boolean): Promise<void> {
  return runQuietly('sync', wholeFileSystem ? ['-f', path] : [path]);
}

/** Runs curl over one connection for each of the configurations; a configuration is a list of its options. */
export async function curlAll(configs: readonly string[][], scratch: string): Promise<void> {
  await mkdir(scratch, { recursive: true });
  await Promise.all(
    configs.map(async (lines, at) => {
      const file = join(scratch, `curl-${at}.conf`);
      await writeFile(file, lines.join('\n'), { mode: 0o600 });
      await runQuietly('curl', ['-sSf', '-K', file]);
    }),
  );
  await rm(scratch, { recursive: true, force: true });
}

/** Servers are often not on the path of a user. */
export const runWith = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

/** True when a program is on the path. */
export function isThere(command: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', `command -v ${command}`], { stdio: 'ignore', env: runWith });
    child.once('exit', (code) => resolve(code === 0));
  });
}
