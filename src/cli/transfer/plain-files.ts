/** Writes a drive that is open in this process as plain files. */
import { lstat, mkdir, open, rename, rm, utimes } from 'node:fs/promises';
import type { EntryView } from '../../model/api.ts';
import type { Drive, OpenContent } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import { entryId } from '../../model/ids.ts';
import { listLimitMax } from '../../model/limits.ts';
import { formatSize } from '../terminal/output.ts';
import { factsAt, nameRulesOf, runnableMode } from './disk-facts.ts';
import { inTheWay } from './download.ts';
import { childPath, FolderNames, type NameRules } from './local-names.ts';
import { PartFiles } from './part-files.ts';
import type { TransferReport } from './report.ts';

export interface PlainFilesPlan {
  drive: Pick<Drive, 'root' | 'children' | 'open'>;
  report: TransferReport;
  signal: AbortSignal;
  /** Reads everything and writes nothing: says what could be saved. */
  dryRun: boolean;
  platform: NodeJS.Platform;
}

/**
 * Saves every file below the root of the drive. What cannot be read whole is not saved, and `report` says why.
 * @param to an existing folder; what is there already and has the size and time of the file is left
 */
export async function savePlainFiles(plan: PlainFilesPlan, to: string): Promise<void> {
  const rules = plan.dryRun
    ? { platform: plan.platform, foldsCase: plan.platform !== 'linux' }
    : await nameRulesOf(to, plan.platform);
  await saveFolder(plan, await plan.drive.root(), { path: to, shown: '' }, rules);
}

/** The local path to write to, and the path in the drive, for messages. */
interface Place {
  path: string;
  shown: string;
}

async function saveFolder(
  plan: PlainFilesPlan,
  folder: EntryView,
  place: Place,
  rules: NameRules,
): Promise<void> {
  const { report, signal } = plan;
  try {
    if (!plan.dryRun) await haveFolder(place.path);
    const names = new FolderNames(rules);
    const parts = plan.dryRun ? undefined : await PartFiles.in(place.path);
    for await (const child of childrenOf(plan, folder)) {
      if (signal.aborted) return;
      const shown = `${place.shown}/${child.name}`;
      const local = names.claim(child.name);
      if (local !== child.name)
        report.note(`"${shown}" is saved as "${local}": this disk cannot hold that name.`);
      const below = { path: childPath(place.path, local), shown };
      if (child.kind === 'folder') await saveFolder(plan, child, below, rules);
      else await saveFile(plan, child, below, parts);
    }
  } catch (error) {
    report.fail(place.shown || '/', error);
  }
}

async function* childrenOf({ drive }: PlainFilesPlan, folder: EntryView): AsyncGenerator<EntryView> {
  let cursor: string | undefined;
  do {
    const options = { sort: 'name', order: 'asc', limit: listLimitMax, ...(cursor && { cursor }) } as const;
    const page = await drive.children(entryId(folder.id), options);
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

async function haveFolder(path: string): Promise<void> {
  const there = await factsAt(path);
  if (there === undefined) return void (await mkdir(path));
  if (!there.isDirectory()) throw new PeerstorError('conflict', 'something that is no folder is there');
}

async function saveFile(
  { drive, report, signal, dryRun }: PlainFilesPlan,
  entry: EntryView,
  { path, shown }: Place,
  parts: PartFiles | undefined,
): Promise<void> {
  try {
    const content = await drive.open(entryId(entry.id));
    const there = parts && (await factsAt(path));
    if (there?.isFile() && there.size === content.size && sameTime(there.mtimeMs, content)) {
      report.unchanged += 1;
      return;
    }
    if (there) throw inTheWay();
    report.progress.expect(content.size);
    if (parts)
      await write(content, entry, path, await parts.claim(entry.name, entry.id, content.etag), signal);
    else for await (const _ of content.read({ start: 0, end: content.size }, signal)) signal.throwIfAborted();
    report.done(`${dryRun ? 'whole: ' : ''}${shown}  ${formatSize(content.size)}`);
  } catch (error) {
    if (signal.aborted) report.cutOff += 1;
    else report.fail(shown, error);
  }
}

/** Under its name only when it is whole. */
async function write(
  content: OpenContent,
  { executable }: EntryView,
  path: string,
  part: string,
  signal: AbortSignal,
): Promise<void> {
  const file = await open(part, 'w');
  try {
    for await (const piece of content.read({ start: 0, end: content.size }, signal))
      await file.writeFile(piece);
    if (executable && process.platform !== 'win32') await file.chmod(runnableMode((await file.stat()).mode));
    await file.datasync();
    await file.close();
    const at = new Date(content.modifiedAtMs);
    await utimes(part, at, at);
    if (
      await lstat(path).then(
        () => true,
        () => false,
      )
    )
      throw inTheWay();
    await rename(part, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}

function sameTime(mtimeMs: number, { modifiedAtMs }: OpenContent): boolean {
  // Some disks keep two seconds, and none keeps less than a millisecond of ours.
  return Math.abs(mtimeMs - modifiedAtMs) < 2000;
}
