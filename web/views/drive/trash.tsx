import { useState } from 'preact/hooks';
import type { EntryView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { restore } from '../../client/drive/drive-actions.ts';
import { iconOf } from '../../client/drive/file-kinds.ts';
import { entriesRevision } from '../../client/state.ts';
import { daysLeft, formatSize } from '../../client/words/format.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { Icon } from '../../components/icon.tsx';
import { useVirtualRows } from '../../components/list/virtual-rows.ts';
import { t } from '../../words/words.ts';
import { useList, useQuery } from '../use-query.ts';

const keepDays = 30;
type Asking = { kind: 'empty' } | { kind: 'purge'; entry: EntryView } | null;

export function TrashView() {
  const [asking, setAsking] = useState<Asking>(null);
  const list = useList((cursor, limit) => api.trashed(cursor, limit), [], entriesRevision.value);
  const { items, error } = list;
  const rows = useVirtualRows<HTMLUListElement>(items?.length ?? 0);
  const bringBack = async (entry: EntryView) => {
    await restore([entry]);
    await list.reload();
  };
  const destroy = async () => {
    if (asking?.kind === 'purge') await api.purge(asking.entry.id);
    else await api.emptyTrash();
    await list.reload();
  };
  if (list.more && !list.loading && rows.end > (items?.length ?? 0) - 30) list.loadMore();

  return (
    <>
      <div class="toolbar heading">
        <h1 class="grow">{t('Trash')}</h1>
        <button
          type="button"
          class="button danger"
          disabled={!items?.length}
          onClick={() => setAsking({ kind: 'empty' })}
        >
          {t('Empty trash')}
        </button>
      </div>
      <p class="muted">
        {t('Items are deleted forever after {count} days in the trash.', { count: keepDays })}
      </p>
      <div class="card" aria-busy={items === null && error === undefined}>
        {error && (
          <p class="notice danger" role="alert">
            {error.message}
          </p>
        )}
        {items?.length === 0 && (
          <div class="empty">
            <Icon name="trash" class="large" />
            <p>{t('The trash is empty.')}</p>
          </div>
        )}
        <ul ref={rows.list} class="trash-rows" style={rows.style} aria-label={t('Trash')}>
          {items?.slice(rows.start, rows.end).map((entry, index) => (
            <TrashRow
              key={entry.id}
              entry={entry}
              position={rows.start + index + 1}
              size={list.more ? -1 : items.length}
              onRestore={() => void bringBack(entry)}
              onPurge={() => setAsking({ kind: 'purge', entry })}
            />
          ))}
        </ul>
      </div>
      {asking && (
        <ChangeDialog
          title={
            asking.kind === 'empty'
              ? t('Empty trash?')
              : t('Delete “{name}” forever?', { name: asking.entry.name })
          }
          confirm={t('Delete forever')}
          tone="danger"
          onConfirm={destroy}
          onClose={() => setAsking(null)}
        >
          <p>{t('This cannot be undone. All copies on all devices are deleted.')}</p>
        </ChangeDialog>
      )}
    </>
  );
}

interface TrashRowProps {
  entry: EntryView;
  position: number;
  /** -1 while not all are loaded. */
  size: number;
  onRestore(): void;
  onPurge(): void;
}

function TrashRow({ entry, position, size, onRestore, onPurge }: TrashRowProps) {
  const place = useQuery(() => placeOf(entry), [entry.parentId]);
  const facts = [
    ...(place.answer ? [t('from {folder}', { folder: place.answer })] : []),
    ...(entry.kind === 'file' ? [formatSize(entry.size)] : []),
    ...(entry.trashedAt
      ? [t('{count} {count|day left|days left}', { count: daysLeft(entry.trashedAt, keepDays) })]
      : []),
  ].join(' · ');
  return (
    <li class="device" aria-posinset={position} aria-setsize={size}>
      <Icon name={iconOf(entry)} class={entry.kind === 'folder' ? 'folder' : 'kind'} />
      <div>
        <div class="ellipsis" title={entry.name}>
          {entry.name}
        </div>
        <div class="facts ellipsis">{facts}</div>
      </div>
      <div class="toolbar">
        <button
          type="button"
          class="button"
          aria-label={t('Restore {name}', { name: entry.name })}
          onClick={onRestore}
        >
          <Icon name="restore" />
          <span class="label">{t('Restore')}</span>
        </button>
        <button
          type="button"
          class="button quiet icon-only"
          aria-label={t('Delete {name} forever', { name: entry.name })}
          onClick={onPurge}
        >
          <Icon name="trash" />
        </button>
      </div>
    </li>
  );
}

/** Names of folders, by id: a trash of a thousand files of one folder asks once. */
const places = new Map<string, Promise<string>>();
const placesMax = 500;

/** The folder that an entry goes back to when it is restored. */
function placeOf({ parentId }: EntryView): Promise<string> {
  if (parentId === null) return Promise.resolve(t('My drive'));
  const known = places.get(parentId);
  if (known) return known;
  if (places.size >= placesMax) places.clear();
  const asked = api.entry(parentId).then(
    ({ name, trashedAt }) =>
      trashedAt === null
        ? name === ''
          ? t('My drive')
          : name
        : t('{name}, which is in the trash too', { name }),
    () => t('a deleted folder'),
  );
  places.set(parentId, asked);
  return asked;
}
