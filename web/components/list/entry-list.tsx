import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { EntryView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { formatFullTime, formatSize, formatTime } from '../../client/format.ts';
import { Icon } from '../icon.tsx';
import { Menu, MenuItem, MenuLink } from '../menu.tsx';
import { SafetyBadge } from './safety-badge.tsx';

export interface Sorting {
  sort: 'name' | 'size' | 'modifiedAt';
  order: 'asc' | 'desc';
}

interface EntryListProps {
  /** null while the first page is on its way. */
  items: readonly EntryView[] | null;
  loading: boolean;
  error: string | null;
  more: boolean;
  members: number;
  sorting: Sorting;
  onSort(sorting: Sorting): void;
  onMore(): void;
  onRetry(): void;
  /** What may be done with an entry. */
  may(entry: EntryView): { share: boolean; replace: boolean; change: boolean };
  onDetails(entry: EntryView): void;
  onReplace(entry: EntryView): void;
  onShare(entry: EntryView): void;
  onRename(entry: EntryView): void;
  onTrash(entry: EntryView): void;
  empty: ComponentChildren;
}

export function EntryList(props: EntryListProps) {
  const { items, error, empty } = props;
  if (error && !items) return <LoadError sentence={error} onRetry={props.onRetry} />;
  if (!items) return <Skeleton />;
  if (items.length === 0) return <>{empty}</>;
  return (
    <section class="entries" aria-label="Files and folders">
      <div class="entry-head">
        <SortButton label="Name" column="name" {...props} />
        <span class="size">
          <SortButton label="Size" column="size" {...props} />
        </span>
        <span class="time">
          <SortButton label="Modified" column="modifiedAt" {...props} />
        </span>
        <span>Safety</span>
        <span class="visually-hidden">Actions</span>
      </div>
      <ul>
        {items.map((entry) => (
          <EntryRow key={entry.id} entry={entry} {...props} />
        ))}
      </ul>
      {error && <LoadError sentence={error} onRetry={props.onRetry} />}
      {props.more && !error && <MoreOnSight onSight={props.onMore} loading={props.loading} />}
    </section>
  );
}

function EntryRow({ entry, ...props }: EntryListProps & { entry: EntryView }) {
  const { members } = props;
  const isFolder = entry.kind === 'folder';
  return (
    <li class="entry">
      {isFolder ? (
        <a class="name" href={`/drive/${entry.id}`}>
          <Icon name="folder" class="folder" />
          <span>{entry.name}</span>
        </a>
      ) : (
        <a class="name" href={api.contentUrl(entry)} download title={`Download ${entry.name}`}>
          <Icon name="file" />
          <span>{entry.name}</span>
        </a>
      )}
      <span class="size">{isFolder ? '' : formatSize(entry.size)}</span>
      <time class="time" dateTime={entry.modifiedAt} title={formatFullTime(entry.modifiedAt)}>
        {formatTime(entry.modifiedAt)}
      </time>
      <span>{entry.safety && <SafetyBadge safety={entry.safety} members={members} />}</span>
      <EntryMenu entry={entry} {...props} />
    </li>
  );
}

function EntryMenu({ entry, may, ...on }: EntryListProps & { entry: EntryView }) {
  const isFile = entry.kind === 'file';
  const { share, replace, change } = may(entry);
  // A folder of somebody else that may only be looked at: there is nothing to do but open it.
  if (!isFile && !share && !change) return <span />;
  return (
    <Menu label={`Actions for ${entry.name}`}>
      {isFile && <MenuLink icon="download" label="Download" href={api.contentUrl(entry)} />}
      {isFile && <MenuItem icon="health" label="Details" onChoose={() => on.onDetails(entry)} />}
      {share && <MenuItem icon="share" label="Share" onChoose={() => on.onShare(entry)} />}
      {isFile && replace && (
        <MenuItem icon="upload" label="Upload a new version" onChoose={() => on.onReplace(entry)} />
      )}
      {change && <MenuItem icon="rename" label="Rename" onChoose={() => on.onRename(entry)} />}
      {change && <MenuItem icon="trash" label="Move to trash" danger onChoose={() => on.onTrash(entry)} />}
    </Menu>
  );
}

type SortButtonProps = Pick<EntryListProps, 'sorting' | 'onSort'> & {
  label: string;
  column: Sorting['sort'];
};

function SortButton({ label, column, sorting, onSort }: SortButtonProps) {
  const active = sorting.sort === column;
  const next = active && sorting.order === 'asc' ? 'desc' : 'asc';
  const state = active ? `, sorted ${sorting.order === 'asc' ? 'up' : 'down'}` : '';
  return (
    <button
      type="button"
      aria-label={`Sort by ${label.toLowerCase()}${state}`}
      onClick={() => onSort({ sort: column, order: next })}
    >
      {label}
      {active && <Icon name={sorting.order === 'asc' ? 'arrow-up' : 'arrow-down'} />}
    </button>
  );
}

/** Asks for the next page when it comes into sight; a button does the same for those who do not scroll. */
function MoreOnSight({ onSight, loading }: { onSight(): void; loading: boolean }) {
  const ref = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const element = ref.current;
    if (!element || loading) return;
    const observer = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && onSight());
    observer.observe(element);
    return () => observer.disconnect();
  }, [loading]);
  return (
    <div class="empty">
      <button ref={ref} type="button" class="button" disabled={loading} onClick={onSight}>
        {loading ? 'Loading…' : 'Show more'}
      </button>
    </div>
  );
}

function LoadError({ sentence, onRetry }: { sentence: string; onRetry(): void }) {
  return (
    <div class="empty" role="alert">
      <p>{sentence}</p>
      <button type="button" class="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}

function Skeleton() {
  return (
    <div class="entries" aria-busy="true">
      {[1, 2, 3, 4].map((row) => (
        <div key={row} class="entry">
          <div class="skeleton" />
        </div>
      ))}
    </div>
  );
}
