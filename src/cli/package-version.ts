/** Facts of this program, from its package (two folders up, built or not). */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** The file that starts this program. */
export function programPath(): string {
  return fileURLToPath(new URL('../../bin/peerstor.js', import.meta.url));
}
