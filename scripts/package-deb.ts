/**
 * node scripts/package-deb.ts [FOLDER]: makes peerstor_VERSION_ARCHITECTURE.deb of this checkout, which must be
 * built, for the machine that it runs on. Native packages are those that npm installed here.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { debPackage } from './packages/deb.ts';

const root = new URL('..', import.meta.url).pathname;
const [target = join(root, 'dist')] = process.argv.slice(2);
const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch as string];
if (process.platform !== 'linux' || architecture === undefined)
  throw new Error(
    `A Debian package is made on Linux for x64 or arm64, not on ${process.platform} ${process.arch}.`,
  );
if (!existsSync(join(root, 'dist/node/main.js'))) throw new Error('Run "npm run build" first.');

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const installed = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
  cwd: root,
  encoding: 'utf8',
});
const packages = installed
  .split('\n')
  .map((path) => relative(root, path.trim()))
  .filter((path) => path.startsWith('node_modules/'))
  // What lies in another package goes with it.
  .filter((path) => !path.slice('node_modules/'.length).includes('node_modules/'));
const parts = [
  'bin',
  'dist/node',
  'dist/web',
  'dist/LICENSES.txt',
  'package.json',
  'LICENSE',
  ...new Set(packages),
];
const content = parts.map((path) => ({ from: join(root, path), to: `usr/lib/peerstor/${path}` }));
const licence = ['LICENSE', 'dist/LICENSES.txt']
  .map((path) => readFileSync(join(root, path), 'utf8'))
  .join('\n');
const node = { from: process.execPath, to: 'usr/lib/peerstor/node' };
const atMs = Number(process.env.SOURCE_DATE_EPOCH ?? 0) * 1000;
const deb = debPackage({ version, architecture, content: [...content, node], licence, atMs });
mkdirSync(target, { recursive: true });
const path = join(target, `peerstor_${version}_${architecture}.deb`);
writeFileSync(path, deb);
console.log(path);
