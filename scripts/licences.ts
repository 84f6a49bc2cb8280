/** The licences of what is bundled: each package that some bundled file came from, with the text that it came with. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What may be bundled: permissive ones, which ask for their text to be kept. */
const permissive =
  /^\(?(MIT|MIT-0|ISC|0BSD|BSD-2-Clause|BSD-3-Clause|Apache-2\.0|Unlicense|CC0-1\.0|BlueOak-1\.0\.0)\b/;
const textName = /^(licen[cs]e|copying|notice)([-.].*)?$/i;

interface Package {
  name: string;
  version: string;
  licence: string;
  texts: string[];
}

/**
 * @param files paths of everything that went into the bundles; those outside `node_modules` are our own
 * @throws Error naming a package whose licence is not permissive, or is not said
 */
export function licencesOf(files: Iterable<string>): string {
  const folders = new Set<string>();
  for (const file of files) {
    const folder = packageFolder(file);
    if (folder) folders.add(folder);
  }
  const packages = [...folders].map(readPackage);
  const known = new Map(packages.map((one) => [`${one.name} ${one.version}`, one]));
  const sorted = [...known.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, licence } of sorted)
    if (!permissive.test(licence))
      throw new Error(`${name} may not be bundled: its licence is "${licence}".`);
  const head = `peerstor has parts of these ${sorted.length} packages in it, each under its own licence.\n`;
  return [head, ...sorted.map(section)].join(`\n${'-'.repeat(80)}\n\n`);
}

function section({ name, version, licence, texts }: Package): string {
  const text = texts.length > 0 ? texts.join('\n\n') : 'It came without a text of its licence.';
  return `${name} ${version} (${licence})\n\n${text.trim()}\n`;
}

/** The package that a file belongs to; undefined for our own files and virtual ones. */
function packageFolder(file: string): string | undefined {
  const path = file.replace(/^\0+/, '').replace(/\?.*$/, '');
  if (!path.includes('node_modules/')) return undefined;
  for (let folder = dirname(path); folder.includes('node_modules/'); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    // Folders of a package may have a package.json that says only how its files are to be read.
    if (existsSync(manifest) && manifestOf(folder).version !== undefined) return folder;
  }
  return undefined;
}

function readPackage(folder: string): Package {
  const { name = folder, version = '', license = '' } = manifestOf(folder);
  const texts = readdirSync(folder)
    .filter((one) => textName.test(one))
    .sort()
    .map((one) => readFileSync(join(folder, one), 'utf8'));
  return { name, version, licence: license, texts };
}

function manifestOf(folder: string): { name?: string; version?: string; license?: string } {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return { name, version, license: typeof license === 'object' ? license?.type : license };
}
