/**
 * What keeps a local folder and a folder of the drive the same: for each path what is here, what is there, and what
 * both had when they were last the same. Pure. Nothing is deleted that only one side has seen: an edit beats a
 * deletion, and of two edits both stay.
 */
import type { EntryId, VersionId } from '../../model/ids.ts';
import type { KnownFile } from '../profiles/known-files.ts';
import { type FileFacts, sameContentFacts, sameFacts } from '../source/scanner.ts';

export interface Local {
  kind: 'file' | 'folder';
  facts: FileFacts;
}

export interface Remote {
  kind: 'file' | 'folder';
  entry: EntryId;
  /** Of a file. */
  version: VersionId | undefined;
  size: number;
}

export interface SyncPath {
  path: string;
  local: Local | undefined;
  remote: Remote | undefined;
  base: KnownFile | undefined;
}

export type SyncStep =
  /** The same on both sides, as far as can be told without reading. */
  | { do: 'nothing' }
  /** Both have it, and no common state is known: the same content makes one, other content is a conflict. */
  | { do: 'compare' }
  | { do: 'upload' }
  | { do: 'download' }
  /** Both changed: the drive's keeps the name, the local one gets another. */
  | { do: 'conflict' }
  | { do: 'trash-remote' }
  | { do: 'delete-local' }
  | { do: 'make-remote-folder' }
  | { do: 'make-local-folder' }
  /** A file on one side and a folder on the other: told, and left alone. */
  | { do: 'refuse' }
  /** Gone on both sides. */
  | { do: 'forget' };

export function stepFor({ local, remote, base }: Omit<SyncPath, 'path'>): SyncStep {
  if (local && remote && local.kind !== remote.kind) return { do: 'refuse' };
  const kind = (local ?? remote ?? base)?.kind;
  // What was of another kind says nothing of this one.
  const common = base?.kind === kind ? base : undefined;
  return kind === 'folder' ? folderStep(local, remote, common) : fileStep(local, remote, common);
}

/**
 * The same for a mirror: the folder follows the drive, and nothing goes the other way. What was edited here makes room under another
 * name; what only the folder has stays, and is nobody's.
 */
export function mirrorStepFor(one: Omit<SyncPath, 'path'>): SyncStep {
  const step = stepFor(one);
  switch (step.do) {
    case 'upload':
      if (one.remote) return { do: 'conflict' };
      return { do: one.base ? 'forget' : 'nothing' };
    case 'make-remote-folder':
      return { do: 'nothing' };
    case 'trash-remote':
      return { do: one.remote?.kind === 'folder' ? 'make-local-folder' : 'download' };
    default:
      return step;
  }
}

function folderStep(
  local: Local | undefined,
  remote: Remote | undefined,
  base: KnownFile | undefined,
): SyncStep {
  if (local && remote) return { do: 'nothing' };
  if (local) return { do: base ? 'delete-local' : 'make-remote-folder' };
  if (remote) return { do: base ? 'trash-remote' : 'make-local-folder' };
  return { do: 'forget' };
}

function fileStep(
  local: Local | undefined,
  remote: Remote | undefined,
  base: KnownFile | undefined,
): SyncStep {
  if (!local && !remote) return { do: 'forget' };
  if (!base) return { do: local && remote ? 'compare' : local ? 'upload' : 'download' };
  const isSameHere = local !== undefined && sameFacts(local.facts, base);
  const isSameThere = remote !== undefined && remote.version === base.version;
  if (local && remote) {
    if (isSameHere) return { do: isSameThere ? 'nothing' : 'download' };
    return { do: isSameThere ? 'upload' : 'conflict' };
  }
  if (local) return { do: isSameHere ? 'delete-local' : 'upload' };
  return { do: isSameThere ? 'trash-remote' : 'download' };
}

export interface Rename {
  from: SyncPath;
  to: SyncPath;
}

/**
 * Files that were renamed on one side and are as they were on the other: nothing is sent.
 * @returns renames that the drive has to follow, and those that the local folder has to
 */
export function renamesIn(paths: readonly SyncPath[]): { there: Rename[]; here: Rename[] } {
  const goneHere = new Map<string, SyncPath>();
  const goneThere = new Map<string, SyncPath>();
  for (const one of paths) {
    const { local, remote, base } = one;
    if (base?.kind !== 'file') continue;
    if (!local && remote?.version === base.version && base.ino !== 0n) goneHere.set(identityOf(base), one);
    if (!remote && local && sameFacts(local.facts, base)) goneThere.set(`${base.entry} ${base.version}`, one);
  }
  const there: Rename[] = [];
  const here: Rename[] = [];
  for (const to of paths) {
    const { local, remote, base } = to;
    if (base) continue;
    if (local?.kind === 'file' && !remote) {
      const from = goneHere.get(identityOf(local.facts));
      if (!from?.base || !sameContentFacts(from.base, local.facts)) continue;
      goneHere.delete(identityOf(local.facts));
      there.push({ from, to });
    } else if (remote?.kind === 'file' && !local) {
      const from = goneThere.get(`${remote.entry} ${remote.version}`);
      if (!from) continue;
      goneThere.delete(`${remote.entry} ${remote.version}`);
      here.push({ from, to });
    }
  }
  return { there, here };
}

function identityOf({ ino, size, mtimeMs }: FileFacts): string {
  return `${ino} ${size} ${mtimeMs}`;
}
