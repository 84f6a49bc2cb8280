import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { EntryView, VersionView } from '../../../../src/model/api.ts';
import { api } from '../../../client/api.ts';
import { clip, paste } from '../../../client/drive/clipboard.ts';
import * as drive from '../../../client/drive/drive-actions.ts';
import { previewOf } from '../../../client/drive/file-kinds.ts';
import { exceptOf } from '../../../client/drive/selection.ts';
import { say } from '../../../client/messages.ts';
import { attempt } from '../../../client/state.ts';
import { t } from '../../../words/words.ts';
import type { AskedList } from '../../use-query.ts';
import type { DetailsState } from './use-details.ts';

/** Which dialog is open, over which entries. */
export type Asking =
  | { kind: 'new-folder' }
  | { kind: 'share'; entry: EntryView }
  | { kind: 'preview'; entry: EntryView; version?: VersionView }
  | { kind: 'compare'; entry: EntryView; version: VersionView }
  | { kind: 'tags'; entries: readonly EntryView[] }
  | { kind: 'transfer'; how: 'move' | 'copy'; entries: readonly EntryView[] }
  | { kind: 'keys' };

export interface EntryActions {
  open(entry: EntryView): void;
  /** Saves a file as it is; a folder, or several entries, as one ZIP file. */
  download(entries: readonly EntryView[]): void;
  share(entry: EntryView): void;
  /** Shows details of what is selected, or hides them. */
  details(): void;
  /** Shows them, and leaves them where they are shown. */
  showDetails(): void;
  tags(entries: readonly EntryView[]): void;
  rename(entry: EntryView): void;
  replace(entry: EntryView): void;
  transfer(how: 'move' | 'copy', entries: readonly EntryView[]): void;
  cut(entries: readonly EntryView[]): void;
  copy(entries: readonly EntryView[]): void;
  paste(): void;
  star(entries: readonly EntryView[], starred: boolean): void;
  trash(entries: readonly EntryView[]): void;
  moveInto(entries: readonly EntryView[], target: EntryView): void;
  newFolder(): void;
  uploadFiles(): void;
  uploadFolder(): void;
  selectAll(): void;
  help(): void;
}

interface Options {
  list: AskedList<EntryView>;
  /** Where pasted and new entries go; null in lists that are no folder. */
  folder: EntryView | null;
  onReplace(entry: EntryView): void;
  details: DetailsState;
  onUploadFiles(): void;
  onUploadFolder(): void;
  onSelectAll(): void;
}

/** Everything that menu, keys, toolbar and drops can do with entries, and the dialogs that it opens. */
export function useEntryActions({ list, folder, details, ...on }: Options) {
  const [asking, setAsking] = useState<Asking | null>(null);
  const [renaming, setRenaming] = useState<string | null>(null);
  const { route } = useLocation();

  /** Shows the change at once; the answer of the device, or the reload after a failure, has the last word. */
  const without = (entries: readonly Pick<EntryView, 'id'>[]) => {
    const gone = new Set(entries.map(({ id }) => id));
    list.query.change((old) => ({ ...old, items: old.items.filter(({ id }) => !gone.has(id)) }));
  };
  const reloadAfter = (work: Promise<unknown>) => void work.finally(() => void list.reload());

  /** What is selected beyond what is loaded has to be named, where each entry is changed by itself. */
  const whole = async (entries: readonly EntryView[]): Promise<readonly EntryView[]> => {
    const except = exceptOf(entries);
    if (except === undefined) return entries;
    await list.loadAll();
    const out = new Set(except);
    return (list.query.answer.value?.items ?? []).filter(({ id }) => !out.has(id));
  };
  const withWhole = (entries: readonly EntryView[], act: (all: readonly EntryView[]) => void) =>
    exceptOf(entries) === undefined ? act(entries) : void attempt(async () => act(await whole(entries)));

  const actions: EntryActions = {
    open(entry) {
      if (entry.kind === 'folder') route(`/drive/${entry.id}`);
      else if (previewOf(entry) !== 'none') setAsking({ kind: 'preview', entry });
      else saveFile(api.contentUrl(entry));
    },
    download(entries) {
      const [entry] = entries;
      if (entry === undefined) return;
      if (entries.length === 1) return saveFile(downloadAddress(entry));
      void attempt(async () => {
        const ids = (await whole(entries)).map(({ id }) => id);
        saveFile((await api.archiveAddress(ids)).url);
      });
    },
    share: (entry) => setAsking({ kind: 'share', entry }),
    details: () => details.show(!details.shown),
    showDetails: () => details.show(true),
    tags: (entries) => withWhole(entries, (all) => setAsking({ kind: 'tags', entries: all })),
    rename: (entry) => setRenaming(entry.id),
    replace: on.onReplace,
    transfer(how, entries) {
      if (how === 'move') setAsking({ kind: 'transfer', how, entries });
      else withWhole(entries, (all) => setAsking({ kind: 'transfer', how, entries: all }));
    },
    cut: (entries) =>
      withWhole(entries, (all) => {
        clip.value = { how: 'cut', entries: all };
        say(t('{names} cut. Open a folder and paste with Ctrl+V.', { names: drive.namesOf(all) }));
      }),
    copy: (entries) =>
      withWhole(entries, (all) => {
        clip.value = { how: 'copy', entries: all };
        say(t('{names} copied. Open a folder and paste with Ctrl+V.', { names: drive.namesOf(all) }));
      }),
    paste: () => folder && reloadAfter(paste(folder)),
    star(entries, starred) {
      const chosen = new Set(entries.map(({ id }) => id));
      list.query.change((old) => ({
        ...old,
        items: old.items.map((item) => (chosen.has(item.id) ? { ...item, starred } : item)),
      }));
      withWhole(entries, (all) => reloadAfter(drive.star(all, starred)));
    },
    trash(entries) {
      without(entries);
      reloadAfter(drive.trash(entries));
    },
    moveInto(entries, target) {
      if (entries.some(({ id }) => id === target.id)) return;
      without(entries);
      reloadAfter(drive.move(entries, target));
    },
    newFolder: () => setAsking({ kind: 'new-folder' }),
    uploadFiles: on.onUploadFiles,
    uploadFolder: on.onUploadFolder,
    selectAll: on.onSelectAll,
    help: () => setAsking({ kind: 'keys' }),
  };

  const finishRename = (entry: EntryView, name: string) =>
    attempt(async () => {
      await drive.rename(entry, name);
      list.query.change((old) => ({
        ...old,
        items: old.items.map((item) => (item.id === entry.id ? { ...item, name } : item)),
      }));
      setRenaming(null);
      await list.reload();
    });

  return { actions, asking, setAsking, renaming, setRenaming, finishRename };
}

/** What saves an entry: a file as it is, a folder as a ZIP file. */
export function downloadAddress(entry: EntryView): string {
  return entry.kind === 'folder' ? api.archiveUrl(entry) : api.contentUrl(entry);
}

export function saveFile(address: string): void {
  const anchor = document.createElement('a');
  anchor.href = address;
  anchor.download = '';
  anchor.click();
}
