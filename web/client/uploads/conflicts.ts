/** Asks once, before anything is sent, what becomes of files whose names are taken where they go. */
import { signal } from '@preact/signals-core';
import type { EntryView, Page } from '../../../src/model/api.ts';
import { foldName } from '../../../src/model/fold-name.ts';
import { ApiError, ask } from '../request.ts';
import type { ConflictChoice, UploadQueue, UploadSource } from './upload-queue.ts';

/** A page of what a folder has. */
export type ListFolder = (folderId: string, cursor: string | null) => Promise<Page<EntryView>>;

/** Pages of names that are read before a drop begins; beyond, its own names are asked for, one by one. */
const pagesMax = 50;
/** Names that are asked for so; what is beyond becomes new versions. */
const lookUpsMax = 500;

/** The entry at a path below a folder; undefined where nothing is. */
export type FindEntry = (folderId: string, names: readonly string[]) => Promise<EntryView | undefined>;

/** What the dialog shows while a person has to choose. */
export interface ConflictQuestion {
  /** Names of files that are there already, with the folders of the drop. */
  taken: readonly string[];
  /** Files in all. */
  files: number;
  /** null: nothing is sent. */
  answer(choice: ConflictChoice | null): void;
}

export const conflictQuestion = signal<ConflictQuestion | null>(null);

/** Of the drive, or with `/s/SECRET` of what a link shares. */
export function folderLister(base: string): ListFolder {
  return (folderId, cursor) => {
    const query = new URLSearchParams({ limit: '1000', ...(cursor ? { cursor } : {}) });
    return ask('GET', `${base}/entries/${encodeURIComponent(folderId)}/children?${query}`);
  };
}

/** Of the drive. Guests find nothing: a link has no such address. */
export const findBelow: FindEntry = async (folderId, names) => {
  const path = names.map(encodeURIComponent).join('/');
  try {
    return await ask('GET', `/api/v1/entries/${encodeURIComponent(folderId)}/path/${path}`);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
};

/** Adds to the queue what a person put into a folder, once they said what becomes of files that are there already. */
export async function addAsking(
  queue: Pick<UploadQueue, 'add'>,
  sources: readonly UploadSource[],
  list: ListFolder,
  find: FindEntry = async () => undefined,
): Promise<void> {
  const taken = await takenAmong(sources, list, find);
  const choice = taken.size === 0 ? 'version' : await choose([...taken], sources.length);
  if (choice === null) return;
  const wanted = choice === 'skip' ? sources.filter((source) => !taken.has(source)) : sources;
  queue.add(wanted.map((source) => (taken.has(source) ? { ...source, onConflict: choice } : source)));
}

function choose(taken: readonly UploadSource[], files: number): Promise<ConflictChoice | null> {
  conflictQuestion.value?.answer(null);
  return new Promise((resolve) => {
    conflictQuestion.value = {
      taken: taken.map(({ target }) => target.names.join('/')),
      files,
      answer(choice) {
        conflictQuestion.value = null;
        resolve(choice);
      },
    };
  });
}

/** Folders of a drop by folded name, with the files that go into each. */
interface Level {
  files: Map<string, UploadSource[]>;
  folders: Map<string, Level>;
}

/** Files of a drop whose names files have in the drive. Where that cannot be found out, none. */
export async function takenAmong(
  sources: readonly UploadSource[],
  list: ListFolder,
  find: FindEntry = async () => undefined,
): Promise<Set<UploadSource>> {
  const tops = new Map<string, Level>();
  for (const source of sources) {
    const { target, file } = source;
    if (target.kind !== 'below' || file === null) continue;
    place(levelOf(tops, target.folderId), target.names, source);
  }
  const taken = new Set<UploadSource>();
  const look = { taken, list, find, pages: 0, lookUps: 0 };
  try {
    for (const [folderId, level] of tops) await lookInto(look, folderId, level);
  } catch {
    // The drive cannot be asked now: what is sent becomes new versions, and none of them is lost.
  }
  return taken;
}

interface Look {
  taken: Set<UploadSource>;
  list: ListFolder;
  find: FindEntry;
  pages: number;
  lookUps: number;
}

async function lookInto(look: Look, folderId: string, level: Level): Promise<void> {
  let cursor: string | null = null;
  do {
    look.pages += 1;
    if (look.pages > pagesMax) return lookUpEach(look, folderId, level, []);
    const page: Page<EntryView> = await look.list(folderId, cursor);
    for (const { id, kind, name } of page.items) {
      const folded = foldName(name);
      if (kind === 'file') for (const source of level.files.get(folded) ?? []) look.taken.add(source);
      const inner = kind === 'folder' ? level.folders.get(folded) : undefined;
      if (inner) await lookInto(look, id, inner);
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
}

/** In folders of very many names: what is dropped is asked for, not what is there. */
async function lookUpEach(
  look: Look,
  folderId: string,
  level: Level,
  above: readonly string[],
): Promise<void> {
  for (const sources of level.files.values()) {
    const [first] = sources;
    const name = first?.target.names.at(-1);
    if (name === undefined || look.lookUps >= lookUpsMax) return;
    look.lookUps += 1;
    const there = await look.find(folderId, [...above, name]);
    if (there?.kind === 'file') for (const source of sources) look.taken.add(source);
  }
  for (const [folder, inner] of level.folders) await lookUpEach(look, folderId, inner, [...above, folder]);
}

function place(level: Level, names: readonly string[], source: UploadSource): void {
  const [first = '', ...rest] = names;
  if (rest.length > 0) return place(levelOf(level.folders, foldName(first)), rest, source);
  level.files.set(foldName(first), [...(level.files.get(foldName(first)) ?? []), source]);
}

function levelOf(levels: Map<string, Level>, key: string): Level {
  const known = levels.get(key) ?? { files: new Map(), folders: new Map() };
  levels.set(key, known);
  return known;
}
