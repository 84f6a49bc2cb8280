/**
 * Files that were edited and then moved between two runs. Their size and times are new, so only the inode tells; but an
 * inode is given to another file as soon as its own is deleted. So the time at which the file was born decides: one that
 * is there for longer than what was saved is the same file.
 */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { KnownFile } from '../profiles/known-files.ts';
import type { Plan, PlannedFile } from '../profiles/plan.ts';

/** Makes one step of two in the plan: such a file is not gone, and keeps its versions. */
export async function followEdited(plan: Plan, folder: string): Promise<void> {
  const lost = new Map<bigint, Plan['gone'][number]>();
  for (const one of plan.gone)
    if (one.file.kind === 'file' && one.file.ino !== 0n) lost.set(one.file.ino, one);
  if (lost.size === 0) return;
  const followed = new Set<string>();
  const added: PlannedFile[] = [];
  for (const planned of plan.added) {
    const from = lost.get(planned.facts.ino);
    if (!from || followed.has(from.key) || !(await isThatFile(join(folder, planned.path), from.file))) {
      added.push(planned);
      continue;
    }
    followed.add(from.key);
    const { path, key, facts } = planned;
    plan.moved.push({ path, key, facts, from });
  }
  plan.added = added;
  plan.gone = plan.gone.filter(({ key }) => !followed.has(key));
}

async function isThatFile(path: string, { ino, ctimeMs }: KnownFile): Promise<boolean> {
  const stats = await lstat(path, { bigint: true }).catch(() => undefined);
  if (!stats || stats.ino !== ino) return false;
  // 0 where the disk does not know; some systems then say the time of the last change, which is too late.
  return stats.birthtimeNs > 0n && Number(stats.birthtimeNs) / 1e6 <= ctimeMs;
}
