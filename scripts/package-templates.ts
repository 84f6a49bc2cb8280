/**
 * node scripts/package-templates.ts FOLDER --version VERSION --address URL: fills in the templates of packaging/ for the files of a release in
 * FOLDER, which will lie at URL: homebrew/peerstor.rb for peerstor-VERSION.tgz, winget/ for peerstor-VERSION-win32-x64.exe. What has no file
 * there is left out, and told.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { filledTemplate } from './packages/templates.ts';

const { values, positionals } = parseArgs({
  options: { version: { type: 'string' }, address: { type: 'string' } },
  allowPositionals: true,
});
const [folder = '.'] = positionals;
const { version = '', address = '' } = values;
const templates = new URL('../packaging/', import.meta.url).pathname;
for (const [packager, file] of [
  ['homebrew', `peerstor-${version}.tgz`],
  ['winget', `peerstor-${version}-win32-x64.exe`],
] as const) {
  const path = join(folder, file);
  if (!existsSync(path)) {
    console.log(`${packager}: left out, because there is no ${path}`);
    continue;
  }
  const content = readFileSync(path);
  mkdirSync(join(folder, packager), { recursive: true });
  for (const name of readdirSync(join(templates, packager))) {
    const text = filledTemplate(readFileSync(join(templates, packager, name), 'utf8'), {
      version,
      address,
      content,
    });
    writeFileSync(join(folder, packager, name), text);
    console.log(join(folder, packager, name));
  }
}
