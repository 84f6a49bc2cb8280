/** How often the device waits for the disk, seen by strace. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere, type Peer } from './peer.ts';

const files = 1000;
const connections = 16;

/** Small files while strace looks on, which slows the device, so only the counts say something. @returns a sentence */
export async function syncsOf(peer: Peer, pid: number, folder: string): Promise<string> {
  if (!(await isThere('strace')))
    return 'syncs a file: not counted, strace is not installed (apt-get install strace).';
  const folders = Array.from({ length: connections }, (_, at) => join(folder, 'traced', `c${at}`));
  for (const [at, name] of folders.entries()) {
    await mkdir(name, { recursive: true });
    for (let number = at; number < files; number += connections)
      await writeFile(join(name, `${number}`), randomBytes(4096));
  }
  const log = join(folder, 'strace.log');
  const words = ['-f', '-e', 'trace=fsync,fdatasync,sync_file_range,syncfs', '-o', log, '-p', `${pid}`];
  const tracer = spawn('strace', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => tracer.once('exit', () => resolve()));
  const isAttached = await Promise.race([
    new Promise<boolean>((resolve) =>
      tracer.stderr.once('data', (text) => resolve(/attached/.test(`${text}`))),
    ),
    ended.then(() => false),
  ]);
  if (!isAttached) return 'syncs a file: not counted, strace may not look at the device.';
  await peer.upFolders(folders, 'traced');
  tracer.kill('SIGINT');
  await ended;
  const syncs = (await readFile(log, 'utf8')).split('\n').filter((line) => /sync\w*\(/.test(line)).length;
  return `syncs: ${(syncs / files).toFixed(2)} a file (${files} files of 4 KiB, ${connections} connections)`;
}
