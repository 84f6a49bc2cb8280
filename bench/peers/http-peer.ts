/** Files put and got by curl, which peerstor and a WebDAV server have in common. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runQuietly } from '../measure.ts';
import { curlAll } from './peer.ts';

export interface HttpPeer {
  /** Ends with a slash; paths follow it. */
  base: string;
  /** Sent with each request. */
  headers: readonly string[];
  scratch: string;
}

export function httpCalls({ base, headers, scratch }: HttpPeer) {
  // Else curl asks before each body whether it may send it, and waits for the answer: no other client does for small files.
  const all = ['Expect:', ...headers];
  const headerArgs = all.flatMap((header) => ['-H', header]);
  const headerLines = all.map((header) => `header = "${header}"`);
  const each = async (folders: readonly string[], lines: (name: string, folder: string) => string[]) => {
    const configs = folders.map(async (folder) => {
      const names = (await readdir(folder)).sort();
      return [...headerLines, ...names.flatMap((name) => lines(name, folder))];
    });
    await curlAll(await Promise.all(configs), scratch);
  };
  return {
    up: (file: string, path: string) =>
      runQuietly('curl', ['-sSf', '-o', '/dev/null', ...headerArgs, '-T', file, base + path]),
    down: (path: string) => runQuietly('curl', ['-sSf', '-o', '/dev/null', ...headerArgs, base + path]),
    upFolders: (folders: readonly string[], path: string) =>
      each(folders, (name, folder) => [
        `upload-file = "${join(folder, name)}"`,
        `url = "${base}${path}/${basename(folder)}/${name}"`,
        'output = "/dev/null"',
      ]),
    downFolders: (folders: readonly string[], path: string, into: string) =>
      each(folders, (name, folder) => [
        `url = "${base}${path}/${basename(folder)}/${name}"`,
        `output = "${join(into, `${basename(folder)}-${name}`)}"`,
      ]),
  };
}
