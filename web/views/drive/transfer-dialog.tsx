import { useState } from 'preact/hooks';
import type { EntryView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { copy, move, namesOf } from '../../client/drive/drive-actions.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { Icon } from '../../components/icon.tsx';
import { nameOf } from '../../components/list/breadcrumbs.tsx';
import { t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';
import { loadFolder } from './folder-path.ts';

interface TransferProps {
  how: 'move' | 'copy';
  entries: readonly EntryView[];
  /** Where the choice begins; the root where it is undefined. */
  startId: string | undefined;
  onClose(): void;
  onDone(): void;
}

/** Chooses the folder that entries move or are copied to. */
export function TransferDialog({ how, entries, startId, onClose, onDone }: TransferProps) {
  const [folderId, setFolderId] = useState(startId);
  const { answer, error } = useQuery((signal) => loadFolder(folderId, signal), [folderId]);
  const folders = useQuery((signal) => foldersIn(folderId ?? 'root', signal), [folderId]);
  const moving = new Set(entries.map(({ id }) => id));
  const target = answer?.entry;
  const isSamePlace = how === 'move' && entries.every(({ parentId }) => parentId === target?.id);
  const place = target ? nameOf(target) : '…';
  const transfer = async () => {
    if (!target) return;
    if (how === 'move') await move(entries, target);
    else await copy(entries, target);
    onDone();
  };
  return (
    <ChangeDialog
      title={
        how === 'move'
          ? t('Move {names}', { names: namesOf(entries) })
          : t('Copy {names}', { names: namesOf(entries) })
      }
      confirm={
        how === 'move' ? t('Move to {folder}', { folder: place }) : t('Copy to {folder}', { folder: place })
      }
      disabled={!target || isSamePlace}
      onConfirm={transfer}
      onClose={onClose}
    >
      <nav aria-label={t('Target folder')}>
        <ol class="crumbs small">
          {answer?.path.map((entry, depth) => (
            <li key={entry.id}>
              {depth > 0 && <Icon name="next" class="muted" />}
              <button
                type="button"
                class="button quiet"
                aria-current={entry.id === target?.id ? 'page' : undefined}
                onClick={() => setFolderId(entry.id)}
              >
                {nameOf(entry)}
              </button>
            </li>
          ))}
        </ol>
      </nav>
      {(error ?? folders.error) && <p class="notice danger">{(error ?? folders.error)?.message}</p>}
      <ul class="pick" aria-label={t('Folders')} aria-busy={folders.loading}>
        {folders.answer?.length === 0 && <li class="muted">{t('This folder has no folders in it.')}</li>}
        {folders.answer?.map((folder) => (
          <li key={folder.id}>
            <button
              type="button"
              class="button quiet"
              disabled={moving.has(folder.id)}
              onClick={() => setFolderId(folder.id)}
            >
              <Icon name="folder" class="folder" />
              <span class="ellipsis">{folder.name}</span>
            </button>
          </li>
        ))}
      </ul>
    </ChangeDialog>
  );
}

/** Folders come before files, so the first file ends the search. */
async function foldersIn(id: string, signal: AbortSignal): Promise<EntryView[]> {
  const folders: EntryView[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof api.children>> = await api.children(
      id,
      { sort: 'name', order: 'asc', cursor, limit: 1000 },
      signal,
    );
    const found = page.items.filter(({ kind }) => kind === 'folder');
    for (const folder of found) folders.push(folder);
    cursor = found.length < page.items.length ? null : page.nextCursor;
  } while (cursor !== null);
  return folders;
}
