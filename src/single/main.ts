/**
 * What the single executable runs first: it unpacks the program that is in it, and starts it. Bundled as CommonJS, because Node takes
 * nothing else there.
 */
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { getAsset } from 'node:sea';
import { pathToFileURL } from 'node:url';
import { type PackIndex, unpackedFolder } from './program-pack.ts';
import { beginTrial } from './trial.ts';

/** A process that this program started to run one of its own files, with the folder that they are in. */
const childOf = process.env.PEERSTOR_CHILD_OF;

function folders(): string[] {
  const { PEERSTOR_PROGRAMS: chosen, XDG_CACHE_HOME: cache, LOCALAPPDATA: local } = process.env;
  if (chosen) return [chosen];
  const own = {
    darwin: () => join(homedir(), 'Library', 'Caches'),
    win32: () => local || join(homedir(), 'AppData', 'Local'),
  }[process.platform as string];
  const caches = own?.() ?? (cache || join(homedir(), '.cache'));
  const shared = join(tmpdir(), `peerstor-${process.getuid?.() ?? 'programs'}`);
  return [join(caches, 'peerstor', 'programs'), shared];
}

async function start(): Promise<void> {
  if (childOf) {
    await enter(childOf, process.argv[2] ?? '');
    return;
  }
  const index = JSON.parse(getAsset('index.json', 'utf8')) as PackIndex;
  beginTrial({ program: process.execPath, version: index.version, words: process.argv.slice(2) });
  const folder = unpackedFolder(index, () => new Uint8Array(getAsset('program.pack')), folders());
  await enter(folder, join(folder, 'bin', 'peerstor.js'));
}

/** The code in the executable may load built-in modules only; a file on disk may import others. */
async function enter(folder: string, file: string): Promise<void> {
  const load = createRequire(join(folder, 'package.json'))('./enter.cjs') as (url: string) => Promise<void>;
  await load(pathToFileURL(file).href);
}

start().catch((error: unknown) => {
  process.stderr.write(`peerstor: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});
