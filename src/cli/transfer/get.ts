/** Brings files and folders of the drive to this machine. */
import type { Stats } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { EntryView, VersionView } from '../../model/api.ts';
import { PeerstorError } from '../../model/errors.ts';
import { makeFolders } from '../../node/index.ts';
import type { Client } from '../client/client.ts';
import { childrenOf } from '../client/entries.ts';
import { formatSize } from '../terminal/output.ts';
import { askChoice } from '../terminal/prompt.ts';
import { executableMark, factsAt, nameRulesOf, runnableMode } from './disk-facts.ts';
import { download, inTheWay } from './download.ts';
import type { Exclude } from './exclude.ts';
import { childPath, FolderNames, localName, type NameRules } from './local-names.ts';
import { PartFiles } from './part-files.ts';
import type { TransferReport } from './report.ts';

const downloadsAtOnce = 4;
/** FAT keeps times to two seconds, others to whole ones. */
const coarseTimeMs = 2000;

export interface GetPlan {
  client: Client;
  report: TransferReport;
  signal: AbortSignal;
  platform: NodeJS.Platform;
  exclude: Exclude;
  overwrite: boolean;
  dryRun: boolean;
  /** Settles when a person has answered the last question. */
  asked: Promise<unknown>;
  /** A former version of the one file. */
  version?: Pick<VersionView, 'id' | 'modifiedAt' | 'size' | 'executable'>;
}

interface Job {
  entry: EntryView;
  name: string;
  path: string;
  /** Undefined in a dry run. */
  parts: PartFiles | undefined;
}

/**
 * Brings one file or folder to a local path. Every file is tried; `report` has what failed.
 * @param path where it goes; its folder exists or is made
 */
export async function getEntry(plan: GetPlan, entry: EntryView, path: string): Promise<void> {
  const jobs = walk(plan, entry, path);
  const work = async () => {
    for await (const job of jobs) {
      if (plan.signal.aborted || plan.report.gaveUp) return;
      await getFile(plan, job);
    }
  };
  await Promise.all(Array.from({ length: downloadsAtOnce }, work));
}

async function* walk(plan: GetPlan, entry: EntryView, path: string): AsyncGenerator<Job> {
  if (entry.kind === 'file') {
    const folder = dirname(path);
    if (!plan.dryRun) await makeFolders(folder);
    yield { entry, name: basename(path), path, parts: plan.dryRun ? undefined : await PartFiles.in(folder) };
    return;
  }
  if (!plan.dryRun) await makeFolders(path);
  const exists = (await factsAt(path)) !== undefined;
  const rules = exists
    ? await nameRulesOf(path, plan.platform)
    : { platform: plan.platform, foldsCase: plan.platform !== 'linux' };
  yield* walkFolder(plan, entry, path, [], rules);
}

/** Files of a folder that exists locally (but for a dry run), folder by folder. */
async function* walkFolder(
  plan: GetPlan,
  folder: EntryView,
  path: string,
  names: readonly string[],
  rules: NameRules,
): AsyncGenerator<Job> {
  const taken = new FolderNames(rules);
  const parts = plan.dryRun ? undefined : await PartFiles.in(path);
  try {
    for await (const child of childrenOf(plan.client, folder.id)) {
      if (plan.signal.aborted || plan.report.gaveUp) return;
      const below = [...names, child.name];
      if (plan.exclude(below, child.kind === 'folder')) continue;
      const place = placeFor(plan, taken, path, child, rules);
      if (child.kind === 'file') yield { entry: child, ...place, parts };
      else if (await haveFolder(plan, place.path)) yield* walkFolder(plan, child, place.path, below, rules);
    }
  } catch (error) {
    if (!plan.signal.aborted) plan.report.fail(path, error);
  }
}

function placeFor(
  { report }: GetPlan,
  taken: FolderNames,
  folder: string,
  { name }: EntryView,
  rules: NameRules,
): { name: string; path: string } {
  const local = taken.claim(name);
  try {
    const path = childPath(folder, local);
    if (local !== name) report.note(`"${name}" is saved as "${local}": this disk cannot hold that name.`);
    return { name: local, path };
  } catch {
    // A system with other rules than the one that it says it is.
    const strict = taken.claim(localName(name, 'win32'));
    const path = childPath(folder, strict);
    report.note(`"${name}" is saved as "${strict}": on ${rules.platform} that name is a path.`);
    return { name: strict, path };
  }
}

/** Makes a folder below the target. A link is not followed: what it points to may lie anywhere. */
async function haveFolder({ dryRun, report }: GetPlan, path: string): Promise<boolean> {
  try {
    const there = await factsAt(path);
    if (there?.isSymbolicLink()) {
      throw new PeerstorError('conflict', 'a symbolic link is there; nothing in this folder was downloaded');
    }
    if (there !== undefined && !there.isDirectory()) {
      throw new PeerstorError('conflict', 'a file is there; nothing in this folder was downloaded');
    }
    if (there === undefined && !dryRun) await mkdir(path);
    return true;
  } catch (error) {
    report.fail(path, error);
    return false;
  }
}

async function getFile(plan: GetPlan, job: Job): Promise<void> {
  const { client, report, signal, version } = plan;
  const { entry, path, parts } = job;
  try {
    const { size, modifiedAt, executable } = version ?? entry;
    const wanted = { ...entry, size, modifiedAt };
    const there = await factsAt(path);
    if (there !== undefined && isSame(there, wanted)) {
      if (executable && !plan.dryRun) await makeRunnable(path, there);
      report.unchanged += 1;
      return report.say(`${path}  is here already`);
    }
    if (parts === undefined) {
      if (there !== undefined && !plan.overwrite) throw inTheWay();
      report.saved += 1;
      return report.say(
        `${path}  ${there ? 'would be replaced' : 'would be downloaded'}  ${formatSize(wanted.size)}`,
      );
    }
    const overwrite = there !== undefined && (await mayOverwrite(plan, path, there));
    if (there !== undefined && !overwrite) throw inTheWay();
    report.progress.expect(wanted.size);
    await download(
      client,
      { ...job, parts, overwrite, ...(version && { version }) },
      report.progress,
      signal,
    );
    report.done(path);
  } catch (error) {
    if (signal.aborted) report.cutOff += 1;
    else report.fail(path, error);
  }
}

/** The mark of programs comes to a copy that an older version of peerstor made; none is taken away. */
async function makeRunnable(path: string, there: Stats): Promise<void> {
  if (executableMark(there.mode).executable === false) await chmod(path, runnableMode(there.mode));
}

/** By size and time, as copying programs do. */
function isSame(there: Stats, { size, modifiedAt }: EntryView): boolean {
  if (!there.isFile() || there.size !== size) return false;
  const apartMs = Math.abs(Math.floor(there.mtimeMs) - Date.parse(modifiedAt));
  return apartMs < 1 || (there.mtimeMs % 1000 === 0 && apartMs < coarseTimeMs);
}

/** Asks a person, one file at a time; somebody who cannot be asked keeps the file. */
async function mayOverwrite(plan: GetPlan, path: string, there: Stats): Promise<boolean> {
  if (there.isDirectory()) throw new PeerstorError('conflict', 'a folder is there under this name');
  const answer = plan.asked.then(async () => {
    if (plan.overwrite) return true;
    plan.report.progress.clear();
    const letter = await askChoice(`Replace ${path}? [y]es, [n]o, [a]ll: `, 'yna');
    if (letter === 'a') plan.overwrite = true;
    return letter === 'y' || letter === 'a';
  });
  plan.asked = answer.catch(() => undefined);
  return answer;
}
