/** What a run has to do: the scan of the source against what was saved before. Pure. */

import type { KnownFile } from '../profiles/known-files.ts';
import { type FileFacts, type Found, sameContentFacts, sameFacts } from '../source/scanner.ts';

export interface PlannedFile {
  path: string;
  key: string;
  facts: FileFacts;
  before: KnownFile | undefined;
}

export interface PlannedMove {
  path: string;
  key: string;
  facts: FileFacts;
  from: { key: string; file: KnownFile };
}

export interface Plan {
  /** Folders that are not known, parents first. */
  folders: { path: string; key: string }[];
  added: PlannedFile[];
  changed: PlannedFile[];
  /** Files with another path and the same inode, size and time: nothing is read. */
  moved: PlannedMove[];
  /** Known under a path that is now of another kind: they go first, because they have the name. */
  replaced: { key: string; file: KnownFile }[];
  /** Known and not in the source any more; files before folders. */
  gone: { key: string; file: KnownFile }[];
  unchanged: number;
  /** Files that were known before. */
  known: number;
}

export interface PlanInput {
  found: readonly (Found & { key: string })[];
  known: ReadonlyMap<string, KnownFile>;
  /** False while a part of the source could not be read: what is missing may be there. */
  isComplete: boolean;
}

export function planRun({ found, known, isComplete }: PlanInput): Plan {
  const seen = new Set(found.map(({ key }) => key));
  const gone = isComplete ? [...known].filter(([key]) => !seen.has(key)) : [];
  const lost = new Map<string, { key: string; file: KnownFile }>();
  for (const [key, file] of gone)
    if (file.kind === 'file' && file.ino !== 0n) lost.set(identityOf(file), { key, file });
  const plan: Plan = {
    folders: [],
    added: [],
    changed: [],
    moved: [],
    replaced: [],
    gone: [],
    unchanged: 0,
    known: 0,
  };
  for (const file of known.values()) if (file.kind === 'file') plan.known += 1;
  const moved = new Set<string>();
  for (const { kind, path, key, facts } of found) {
    const before = known.get(key);
    if (kind === 'folder') {
      if (before?.kind !== 'folder') plan.folders.push({ path, key });
      continue;
    }
    if (before?.kind === 'file') {
      if (sameFacts(before, facts)) plan.unchanged += 1;
      else plan.changed.push({ path, key, facts, before });
      continue;
    }
    const from = lost.get(identityOf(facts));
    if (from && !moved.has(from.key) && sameContentFacts(from.file, facts)) {
      moved.add(from.key);
      plan.moved.push({ path, key, facts, from });
    } else plan.added.push({ path, key, facts, before: undefined });
  }
  for (const { kind, key } of found) {
    const before = known.get(key);
    if (before && before.kind !== kind) plan.replaced.push({ key, file: before });
  }
  for (const [key, file] of gone) if (!moved.has(key)) plan.gone.push({ key, file });
  plan.gone.sort((left, right) => Number(left.file.kind === 'folder') - Number(right.file.kind === 'folder'));
  return plan;
}

function identityOf({ ino, size, mtimeMs }: FileFacts): string {
  return `${ino} ${size} ${mtimeMs}`;
}
