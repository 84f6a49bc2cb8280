/** Facts of this program, from its package (two folders up, built or not). */
import { readFileSync } from 'node:fs';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';

export function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** The words that start this program: Node and a file, or the single executable, which has both in it. */
export function programWords(): string[] {
  if (isSea()) return [process.execPath];
  return [process.execPath, fileURLToPath(new URL('../../bin/peerstor.js', import.meta.url))];
}
