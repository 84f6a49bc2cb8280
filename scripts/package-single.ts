/**
 * node scripts/package-single.ts [FOLDER] [--version VERSION] [--release-key HEX] [--node FILE]: makes the program as one executable
 * file, peerstor-VERSION-SYSTEM, of this checkout, which must be built, for the system that it runs on.
 *
 * It is the Node of that system with the whole program in it (Node's single executable applications): `src/single` unpacks it at its
 * first start. `--release-key` pins the key that signs newer ones; without it the executable takes no updates.
 *
 * Signing for macOS and Windows: what was put into the binary breaks the signature that Node came with. On macOS it is removed before
 * and replaced by one that says nothing (ad hoc); a release signs with its own. On Windows it is told and stays broken until then.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { makePack } from '../src/single/program-pack.ts';
import { programFiles } from './packages/program-files.ts';

/** Of node's own documentation: the mark that the binary looks for, in two parts so that this file has it nowhere whole. */
const fuse = ['NODE_SEA_FUSE', 'fce680ab2cc467b6e072b8b5df1996b2'].join('_');

const root = new URL('..', import.meta.url).pathname;
const { values, positionals } = parseArgs({
  options: { version: { type: 'string' }, 'release-key': { type: 'string' }, node: { type: 'string' } },
  allowPositionals: true,
});
const [target = join(root, 'dist')] = positionals;
const { platform, arch } = process;
const version =
  values.version ?? String(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
const releaseKey = values['release-key'] ?? '';
if (releaseKey !== '' && !/^[0-9a-f]{64}$/.test(releaseKey))
  throw new Error('The key of releases is 64 digits of hex: the public half of an Ed25519 key.');

mkdirSync(target, { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'peerstor-single-'));
try {
  const blob = await prepareBlob();
  const path = join(target, `peerstor-${version}-${platform}-${arch}${platform === 'win32' ? '.exe' : ''}`);
  putInto(path, blob);
  console.log(path);
} finally {
  rmSync(work, { recursive: true });
}

/** What is put into the Node: the code that runs first, and the pack of all files. */
async function prepareBlob(): Promise<string> {
  const enter = {
    path: 'enter.cjs',
    mode: 0o644,
    content: Buffer.from('module.exports = (url) => import(url);\n'),
  };
  const files = programFiles(root, { platform, arch }, version).map(
    ({ content = Buffer.alloc(0), ...one }) => ({
      ...one,
      content,
    }),
  );
  const { index, content } = makePack({ version, releaseKey }, [enter, ...files]);
  const at = (name: string) => join(work, name);
  writeFileSync(at('index.json'), JSON.stringify(index));
  writeFileSync(at('program.pack'), content);
  await build({
    entryPoints: [join(root, 'src/single/main.ts')],
    outfile: at('main.cjs'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    minify: true,
    logLevel: 'warning',
  });
  const config = {
    main: at('main.cjs'),
    output: at('blob'),
    disableExperimentalSEAWarning: true,
    // The process that decodes pictures gets what it may do by NODE_OPTIONS.
    execArgvExtension: 'env',
    assets: { 'index.json': at('index.json'), 'program.pack': at('program.pack') },
  };
  writeFileSync(at('config.json'), JSON.stringify(config));
  execFileSync(process.execPath, ['--experimental-sea-config', at('config.json')], { stdio: 'ignore' });
  return at('blob');
}

function putInto(path: string, blob: string): void {
  copyFileSync(values.node ?? process.execPath, path);
  chmodSync(path, 0o755);
  if (platform === 'darwin') execFileSync('codesign', ['--remove-signature', path]);
  const postject = join(root, 'node_modules/postject/dist/cli.js');
  const words = [path, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse];
  const more = platform === 'darwin' ? ['--macho-segment-name', 'NODE_SEA'] : [];
  // It warns of each section of notes that an ELF file has.
  execFileSync(process.execPath, [postject, ...words, ...more], { stdio: ['ignore', 'ignore', 'pipe'] });
  if (platform === 'darwin') execFileSync('codesign', ['--sign', '-', path]);
}
