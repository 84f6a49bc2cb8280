/** The files that a program outside npm needs: those of the build, and the packages that are not bundled, without what only their developers need. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TarEntry } from './archives.ts';

export interface ProgramSystem {
  platform: string;
  arch: string;
}

/** What `bin/peerstor.js` reads, beside the packages. */
const parts = ['bin', 'dist/node', 'dist/web', 'dist/LICENSES.txt', 'LICENSE'];
/** Sources of native code and tests; the prebuilt binary is what runs. */
const idleFolders = /^(deps|test|tests|docs|example|install|\.github|types)$/;
/** Programs of these packages are for glibc; where the C library is musl, the npm module serves. */
const idleFiles =
  /(\.(musl\.node|map|d\.[cm]?ts|ts|cc|h|gyp|gypi|md|bnf|mjs\.LEGAL)|^\.[a-z]+rc.*|^CHANGELOG.*)$/i;

/**
 * @param root a built checkout whose packages npm installed for `system`
 * @param version written into package.json, which is where the program finds it
 */
export function programFiles(root: string, system: ProgramSystem, version: string): TarEntry[] {
  if (!existsSync(join(root, 'dist/node/main.js'))) throw new Error('Run "npm run build" first.');
  const manifest = { ...JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')), version };
  const { name, license, type, dependencies, optionalDependencies } = manifest;
  const said = { name, version, license, type, dependencies, optionalDependencies };
  const own = { path: 'package.json', mode: 0o644, content: Buffer.from(JSON.stringify(said, undefined, 2)) };
  const files = parts.flatMap((path) => [...filesBelow(join(root, path), path, () => true)]);
  const packages = packageFolders(root, said).flatMap((path) => [
    ...filesBelow(join(root, path), path, (name, isFolder) => isNeeded(name, isFolder, system)),
  ]);
  const isMap = ({ path }: TarEntry) => path.endsWith('.map');
  return [own, ...files, ...packages].filter((one) => !isMap(one)).sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** Folders of all packages that a program needs at run time, found as Node finds them; optional ones may be absent. */
function packageFolders(root: string, manifest: Manifest): string[] {
  const found = new Set<string>();
  const follow = (from: string, { dependencies = {}, optionalDependencies = {} }: Manifest) => {
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const folder = resolvePackage(root, from, name);
      if (folder === undefined) {
        if (name in optionalDependencies) continue;
        throw new Error(`The package ${name} is not installed: run "npm ci".`);
      }
      if (found.has(folder)) continue;
      found.add(folder);
      follow(folder, JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')));
    }
  };
  follow('', manifest);
  return [...found];
}

function resolvePackage(root: string, from: string, name: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if (existsSync(join(root, folder, 'package.json'))) return folder;
    if (at === '' || at === '.') return undefined;
  }
}

/** Binaries of other systems are left out: `prebuilds/linux-x64`, `prebuilds/darwin-x64+arm64`. */
function isNeeded(name: string, isFolder: boolean, { platform, arch }: ProgramSystem): boolean {
  if (!isFolder) return !idleFiles.test(name);
  const built = /^(darwin|linux|win32|android)-(.+)$/.exec(name);
  if (built) return built[1] === platform && (built[2] ?? '').split('+').includes(arch);
  return name !== 'node_modules' && !idleFolders.test(name);
}

/** Links are followed: a package has files of its own. */
export function* filesBelow(
  from: string,
  path: string,
  isWanted: (name: string, isFolder: boolean) => boolean,
): Generator<TarEntry> {
  const facts = statSync(from);
  if (facts.isFile()) yield { path, mode: facts.mode & 0o100 ? 0o755 : 0o644, content: readFileSync(from) };
  else
    for (const one of readdirSync(from, { withFileTypes: true })) {
      if (isWanted(one.name, one.isDirectory()))
        yield* filesBelow(join(from, one.name), `${path}/${one.name}`, isWanted);
    }
}
