/** Where the built page lies: beside the bundle, or in dist when the sources run. Undefined: not built. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export function webRoot(): string | undefined {
  const candidates = ['../web', '../../../dist/web'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return candidates.find((path) => existsSync(`${path}/index.html`));
}
