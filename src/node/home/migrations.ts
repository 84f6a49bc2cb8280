/**
 * Brings a home from the format that an older program wrote to that of this one. While that happens, and after it, lie in the home:
 *
 *     migrating/         copies of the files that the step under way may change, and step.json, which makes them complete
 *     before-format-N/   the same after the step from N - 1: the way back for a program that reads N - 1 only
 *
 * A crash at any line is answered by the next start: without step.json nothing was changed yet; with it the files are put back as they
 * were, and the step begins again. The format in config.json is written last and makes the step done. Run under the lock of the home.
 */
import { chmod, cp, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import { replaceFile } from './home.ts';

/** One step, from a format to the next one. */
export interface Migration {
  from: number;
  /**
   * Files and folders of the home that it changes, makes or deletes; config.json always counts. Not `identity.key`, which is read before, nor
   * `db/index`, whose lock is held: what is in there is made again.
   */
  names: readonly string[];
  /** Changes them. May have run before and been cut; finds the files as they were before then. */
  run(folder: string): Promise<void>;
}

/** Every step there has been, oldest first. A step that was released stays for ever, with a golden home of its format (`test/golden`). */
export const migrations: readonly Migration[] = [];

/** The way back is kept for so long. */
const keptMs = 30 * 86_400_000;
const configFile = 'config.json';
const underWay = 'migrating';
const stepFile = 'step.json';
const beforeFormat = (format: number) => `before-format-${format}`;

export interface MigratedHome {
  folder: string;
  /** The format that this program writes. */
  format: number;
  steps?: readonly Migration[];
  /** A newer program was tried here and failed: what it did to the home is taken back. */
  takesBack?: boolean;
  log: Log;
}

/**
 * Does nothing to a home that is new or has the format already; leaves one of a newer format for `Home.settings` to refuse.
 * @throws `unsupported-format` where no step leads from its format; what a step threw, after its files were put back
 */
export async function migrateHome(home: MigratedHome): Promise<void> {
  const { folder, format, steps = migrations, log } = home;
  await endCutStep(folder);
  let current = await formatOf(folder);
  if (current === undefined) return;
  if (current > format) {
    if (home.takesBack) await takeBack(home, current);
    return;
  }
  while (current < format) {
    const from = current;
    const step = steps.find((one) => one.from === from);
    if (!step) {
      throw new PeerstorError(
        'unsupported-format',
        `${folder} has format ${from}, and this version reads format ${format}. Start a version between them once, then this one.`,
      );
    }
    log.info({ from, to: from + 1 }, 'bringing the home to a newer format');
    await takeStep(folder, step);
    current += 1;
  }
  await dropOldWays(folder);
}

async function takeStep(folder: string, { from, names, run }: Migration): Promise<void> {
  await copyAside(folder, [configFile, ...names]);
  try {
    await run(folder);
    for (const name of names) await syncAll(join(folder, name));
    await writeFormat(folder, from + 1);
  } catch (cause) {
    await endCutStep(folder);
    throw new PeerstorError(
      'bad-input',
      `${folder} could not be brought to format ${from + 1} and is as it was before: ${sentenceOf(cause)}`,
      { cause },
    );
  }
  await keepAsWayBack(folder, from + 1);
}

interface Step {
  from: number;
  names: string[];
}

async function copyAside(folder: string, names: readonly string[]): Promise<void> {
  const aside = join(folder, underWay);
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { mode: 0o700 });
  for (const name of names) {
    if (!(await exists(join(folder, name)))) continue;
    await cp(join(folder, name), join(aside, name), { recursive: true, preserveTimestamps: true });
    await syncAll(join(aside, name));
  }
  const step: Step = { from: (await formatOf(folder)) ?? 0, names: [...names] };
  await replaceFile(join(aside, stepFile), JSON.stringify(step), 0o600);
  await syncFolder(folder);
}

/** Ends what a crash, or an error, left of a step. Idempotent. */
async function endCutStep(folder: string): Promise<void> {
  const aside = join(folder, underWay);
  if (!(await exists(aside))) return;
  const step = await readStep(aside);
  // Cut while it was copied: nothing of the home was changed.
  if (!step) return rm(aside, { recursive: true, force: true });
  const format = await formatOf(folder);
  if (format === step.from + 1) return keepAsWayBack(folder, format);
  await putBack(folder, aside, step);
  await rm(aside, { recursive: true, force: true });
}

/** The configuration comes last: its format says of which program the other files are. */
async function putBack(folder: string, aside: string, { names }: Step): Promise<void> {
  for (const name of [...names].reverse()) {
    const [copy, own] = [join(aside, name), join(folder, name)];
    const isThere = await exists(copy);
    if (isThere && (await stat(copy)).isFile()) {
      const { mode } = await stat(copy);
      await replaceFile(own, await readFile(copy), mode & 0o777);
      continue;
    }
    await rm(own, { recursive: true, force: true });
    if (isThere) await cp(copy, own, { recursive: true, preserveTimestamps: true });
    await syncAll(own);
    await syncFolder(dirname(own));
  }
}

async function keepAsWayBack(folder: string, format: number): Promise<void> {
  const kept = join(folder, beforeFormat(format));
  await rm(kept, { recursive: true, force: true });
  await rename(join(folder, underWay), kept);
  await chmod(kept, 0o700);
  await syncFolder(folder);
}

/** Back to the format of this program, one step after the other, as far as the copies lead. */
async function takeBack({ folder, format, log }: MigratedHome, current: number): Promise<void> {
  const steps: { aside: string; step: Step }[] = [];
  for (let at = current; at > format; at -= 1) {
    const aside = join(folder, beforeFormat(at));
    const step = await readStep(aside);
    // Half a way back would be a home that nobody reads.
    if (!step) return;
    steps.push({ aside, step });
  }
  for (const { aside, step } of steps) await putBack(folder, aside, step);
  for (const { aside } of steps) await rm(aside, { recursive: true, force: true });
  log.warn({ from: current, to: format }, 'the home is as it was before the newer program was tried');
}

async function dropOldWays(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^before-format-\d+$/.test(name)) continue;
    const { mtimeMs } = await stat(join(folder, name));
    if (Date.now() - mtimeMs > keptMs) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function readStep(aside: string): Promise<Step | undefined> {
  try {
    const { from, names } = JSON.parse(await readFile(join(aside, stepFile), 'utf8'));
    return Number.isSafeInteger(from) && Array.isArray(names)
      ? { from, names: names.map(String) }
      : undefined;
  } catch {
    return undefined;
  }
}

/** @returns undefined for a home that has no configuration yet, and for one that `Home.settings` will call damaged */
async function formatOf(folder: string): Promise<number | undefined> {
  try {
    const { format } = JSON.parse(await readFile(join(folder, configFile), 'utf8'));
    return Number.isSafeInteger(format) ? format : undefined;
  } catch {
    return undefined;
  }
}

async function writeFormat(folder: string, format: number): Promise<void> {
  const path = join(folder, configFile);
  const config = JSON.parse(await readFile(path, 'utf8'));
  await replaceFile(path, `${JSON.stringify({ ...config, format }, null, 2)}\n`, 0o600);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** I2, of a file, or of all that is in a folder. */
async function syncAll(path: string): Promise<void> {
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isDirectory()) {
    for (const name of await readdir(path)) await syncAll(join(path, name));
    await syncFolder(path);
  } else if (facts?.isFile()) await syncOne(path, 'r+');
}

async function syncFolder(path: string): Promise<void> {
  // Windows opens no folder.
  if (process.platform !== 'win32') await syncOne(path, 'r');
}

async function syncOne(path: string, flags: string): Promise<void> {
  const file = await open(path, flags);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
