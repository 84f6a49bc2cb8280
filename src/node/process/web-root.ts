/**
 * The folder of the built page: beside the bundle, or in dist when the sources run. undefined when it is not
 * built.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export function webRoot(): string | undefined {
  const candidates = ['../web', '../../../dist/web'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return candidates.find((path) => existsSync(`${path}/index.html`));
}
