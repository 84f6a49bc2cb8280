/**
 * node scripts/package-deb.ts [FOLDER] [--version VERSION]: makes peerstor_VERSION_ARCHITECTURE.deb of this checkout, which must be
 * built, for the machine that it runs on. Native packages are those that npm installed here.
 */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { debPackage } from './packages/deb.ts';
import { programFiles } from './packages/program-files.ts';

const root = new URL('..', import.meta.url).pathname;
const { values, positionals } = parseArgs({
  options: { version: { type: 'string' } },
  allowPositionals: true,
});
const [target = join(root, 'dist')] = positionals;
const { platform, arch } = process;
const architecture = { x64: 'amd64', arm64: 'arm64' }[arch as string];
if (platform !== 'linux' || architecture === undefined)
  throw new Error(`A Debian package is made on Linux for x64 or arm64, not on ${platform} ${arch}.`);

const version =
  values.version ?? String(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
const node = { path: 'node', mode: 0o755, content: readFileSync(process.execPath) };
const files = [...programFiles(root, { platform, arch }, version), node];
const licence = ['LICENSE', 'dist/LICENSES.txt']
  .map((path) => readFileSync(join(root, path), 'utf8'))
  .join('\n');
// The same sources give the same package: the time is that of the sources, or what the builder says.
const epoch = process.env.SOURCE_DATE_EPOCH;
const atMs = epoch ? Number(epoch) * 1000 : Math.floor(statSync(join(root, 'package.json')).mtimeMs);
const deb = debPackage({ version, architecture, files, licence, atMs });
mkdirSync(target, { recursive: true });
const path = join(target, `peerstor_${version}_${architecture}.deb`);
writeFileSync(path, deb);
console.log(path);
