/**
 * Uploads that were not over when their page was loaded again. A browser gives a page no file twice, so a person has to
 * choose them again; this says which. Names are in this tab's session storage alone: closing the tab ends them.
 */
import { signal } from '@preact/signals-core';
import type { PickedFile } from '../picked-files.ts';
import type { ConflictChoice, UploadItem, UploadSource, UploadTarget } from './upload-queue.ts';

export interface UnfinishedFile {
  target: UploadTarget;
  size: number;
  modifiedAtMs: number;
  onConflict?: ConflictChoice;
}

const storageKey = 'peerstor.unfinished-uploads';
/** Beyond, the last ones are not named; their folder chosen again brings them all the same. */
const keptMax = 5000;

export const unfinished = signal<readonly UnfinishedFile[]>([]);

/** Writes down what is not over. For the moment before a page goes. */
export function keepUnfinished(userId: string, items: readonly UploadItem[]): void {
  const open = items.flatMap(({ status, canRetry, source }) => {
    const isOpen = status === 'waiting' || status === 'sending' || status === 'paused' || status === 'failed';
    const { file, target, onConflict } = source;
    if (!isOpen || !canRetry || file === null) return [];
    const { size, lastModified: modifiedAtMs } = file;
    return [{ target, size, modifiedAtMs, ...(onConflict && { onConflict }) }];
  });
  const files = [...unfinished.value, ...open].slice(0, keptMax);
  write(files.length === 0 ? null : JSON.stringify({ userId, files }));
}

/** Reads what was written down, if it is of this user. */
export function findUnfinished(userId: string): void {
  try {
    const kept = JSON.parse(sessionStorage.getItem(storageKey) ?? 'null') as {
      userId?: string;
      files?: UnfinishedFile[];
    } | null;
    const files = kept?.userId === userId && Array.isArray(kept.files) ? kept.files : [];
    unfinished.value = files.filter(({ target }) => Array.isArray(target?.names));
  } catch {
    unfinished.value = [];
  }
}

export function forgetUnfinished(): void {
  unfinished.value = [];
  write(null);
}

/** What was added to the queue is not missing any more, however it came there. */
export function foundAgain(sources: readonly UploadSource[]): void {
  if (unfinished.value.length === 0) return;
  const added = new Set(sources.flatMap(({ target, file }) => (file ? [keyOf(target, file)] : [])));
  unfinished.value = unfinished.value.filter(
    ({ target, size, modifiedAtMs }) => !added.has(keyOf(target, { size, lastModified: modifiedAtMs })),
  );
}

/**
 * Which of the chosen files are the missing ones: same name, size and date. A file that was chosen without its folder counts
 * where only one of that name is missing.
 */
export function matchAgain(
  picked: readonly PickedFile[],
  missing: readonly UnfinishedFile[],
): { sources: UploadSource[]; others: number } {
  const byName = new Map<string, UnfinishedFile[]>();
  for (const one of missing) {
    const name = looksOf(one.target.names, one.size, one.modifiedAtMs);
    byName.set(name, [...(byName.get(name) ?? []), one]);
  }
  const sources = picked.flatMap(({ names, file }): UploadSource[] => {
    if (file === null) return [];
    const alike = byName.get(looksOf(names, file.size, file.lastModified)) ?? [];
    const path = names.join('/');
    const exact = alike.find(({ target }) => target.names.join('/') === path);
    const found = exact ?? (alike.length === 1 && names.length === 1 ? alike[0] : undefined);
    if (!found) return [];
    return [{ target: found.target, file, ...(found.onConflict && { onConflict: found.onConflict }) }];
  });
  return { sources, others: picked.length - sources.length };
}

function looksOf(names: readonly string[], size: number, modifiedAtMs: number): string {
  return `${names.at(-1)}\n${size}\n${modifiedAtMs}`;
}

function keyOf(target: UploadTarget, { size, lastModified }: Pick<File, 'size' | 'lastModified'>): string {
  const place = target.kind === 'below' ? target.folderId : target.fileId;
  return [place, ...target.names, size, lastModified].join('\n');
}

function write(text: string | null): void {
  try {
    if (text === null) sessionStorage.removeItem(storageKey);
    else sessionStorage.setItem(storageKey, text);
  } catch {
    // Storage is off or full: the files have to be chosen in their folder, where they go on all the same.
  }
}
