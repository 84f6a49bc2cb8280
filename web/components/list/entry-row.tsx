import { useCallback, useRef } from 'preact/hooks';
import type { EntryView } from '../../../src/model/api.ts';
import { formatFullTime, formatSize, formatTime } from '../../client/words/format.ts';
import { t } from '../../words/words.ts';
import { Icon } from '../icon.tsx';
import { EntryPicture } from './entry-picture.tsx';
import { SafetyBadge } from './safety-badge.tsx';

export interface EntryRowProps {
  entry: EntryView;
  /** From 1, of all rows, the heading counted. */
  rowIndex: number;
  selected: boolean;
  focused: boolean;
  /** Its name is being edited. */
  renaming: boolean;
  /** Cut, and not pasted yet. */
  faded: boolean;
  members: number;
  href: string;
  /** Where it is, in lists that gather entries of several folders. */
  place?: string | undefined;
  on: EntryRowEvents;
}

export interface EntryRowEvents {
  onOpen(entry: EntryView, event: MouseEvent): void;
  onPoint(entry: EntryView, event: MouseEvent): void;
  onToggle(entry: EntryView): void;
  onMenu(entry: EntryView, at: { x: number; y: number }): void;
  /** Gives whether it was done. */
  onRename(entry: EntryView, name: string): Promise<boolean>;
  /** Given up. */
  onRenameEnd(): void;
  onDragStart(entry: EntryView, event: DragEvent): void;
  /** Whether what is dragged may be dropped here. */
  mayDrop(entry: EntryView, event: DragEvent): boolean;
  onDropInto(entry: EntryView, event: DragEvent): void;
}

export const rowId = (id: string) => `entry-${id}`;

/** One entry of a list: a row of a table, or a tile. Keys are handled by the list around it. */
export function EntryRow(props: EntryRowProps) {
  const { entry, rowIndex, selected, focused, renaming, faded, members, place, on } = props;
  return (
    <div
      role="row"
      id={rowId(entry.id)}
      class={`entry ${selected ? 'selected' : ''} ${focused ? 'focused' : ''} ${faded ? 'faded' : ''}`}
      aria-rowindex={rowIndex}
      aria-selected={selected}
      draggable={!renaming}
      onClick={(event) => {
        // A link to everything with that tag.
        if ((event.target as Element).closest('a.tag')) return;
        focusGrid(event.target);
        on.onPoint(entry, event);
      }}
      onContextMenu={(event) => {
        // The field of a new name has the browser's own menu, for pasting.
        if (event.target instanceof HTMLInputElement && event.target.type === 'text') return;
        event.preventDefault();
        focusGrid(event.target);
        on.onMenu(entry, { x: event.clientX, y: event.clientY });
      }}
      onDragStart={(event) => on.onDragStart(entry, event)}
      onDragOver={(event) => {
        if (!on.mayDrop(entry, event)) return;
        event.preventDefault();
        event.currentTarget.classList.add('target');
      }}
      onDragLeave={(event) => event.currentTarget.classList.remove('target')}
      onDrop={(event) => {
        event.currentTarget.classList.remove('target');
        if (!on.mayDrop(entry, event)) return;
        event.preventDefault();
        on.onDropInto(entry, event);
      }}
    >
      <span role="gridcell" class="check">
        <input
          type="checkbox"
          tabIndex={-1}
          checked={selected}
          aria-label={t('Select {name}', { name: entry.name })}
          onClick={(event) => {
            event.stopPropagation();
            focusGrid(event.target);
            on.onToggle(entry);
          }}
        />
      </span>
      <span role="gridcell" class="name">
        <EntryPicture entry={entry} />
        <span class="title">
          {renaming ? <NameInput entry={entry} on={on} /> : <NameLink {...props} />}
          <span class="second numbers">
            {place ??
              [sizeWords(entry), formatTime(entry.modifiedAt)].filter((words) => words !== '').join(' · ')}
          </span>
        </span>
        {entry.starred && <Starred />}
        {entry.tags.length > 0 && <Tags tags={entry.tags} />}
      </span>
      <span role="gridcell" class="size">
        {sizeWords(entry)}
      </span>
      <span role="gridcell" class="time">
        <time dateTime={entry.modifiedAt} title={formatFullTime(entry.modifiedAt)}>
          {formatTime(entry.modifiedAt)}
        </time>
      </span>
      <span role="gridcell" class="safety">
        {entry.safety && <SafetyBadge safety={entry.safety} members={members} />}
      </span>
      <span role="gridcell" class="actions">
        <button
          type="button"
          tabIndex={-1}
          class="button quiet icon-only"
          aria-label={t('Actions for {name}', { name: entry.name })}
          aria-haspopup="menu"
          onClick={(event) => {
            event.stopPropagation();
            focusGrid(event.target);
            const { right, bottom } = event.currentTarget.getBoundingClientRect();
            on.onMenu(entry, { x: right, y: bottom });
          }}
        >
          <Icon name="more" />
        </button>
      </span>
    </div>
  );
}

function NameLink({ entry, href, on }: EntryRowProps) {
  return (
    <a
      tabIndex={-1}
      href={href}
      draggable={false}
      title={entry.name}
      onClick={(event) => on.onOpen(entry, event)}
    >
      {entry.name}
    </a>
  );
}

/** Enter and leaving the field keep the new name, Escape the old one. */
function NameInput({ entry, on }: Pick<EntryRowProps, 'entry' | 'on'>) {
  const dot = entry.kind === 'file' ? entry.name.lastIndexOf('.') : -1;
  const begin = useCallback((input: HTMLInputElement | null) => {
    input?.focus();
    input?.setSelectionRange(0, dot > 0 ? dot : entry.name.length);
  }, []);
  const isOver = useRef(false);
  const finish = async (input: HTMLInputElement) => {
    if (isOver.current) return;
    isOver.current = true;
    const name = input.value;
    if (name.trim() === '' || name === entry.name) on.onRenameEnd();
    else if (!(await on.onRename(entry, name))) {
      // Refused, as by a name that is taken: the field stays.
      isOver.current = false;
      input.focus();
    }
  };
  return (
    <input
      ref={begin}
      type="text"
      class="rename"
      aria-label={t('New name of {name}', { name: entry.name })}
      defaultValue={entry.name}
      onClick={(event) => event.stopPropagation()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Enter') void finish(event.currentTarget).then(() => focusGrid(event.target));
        if (event.key !== 'Escape') return;
        isOver.current = true;
        focusGrid(event.target);
        on.onRenameEnd();
      }}
      onBlur={(event) => {
        if (document.hasFocus()) void finish(event.currentTarget);
      }}
    />
  );
}

/** The grid answers keys: after a click on something in it, it has the focus again. */
function focusGrid(within: EventTarget | null): void {
  const grid = document.querySelector<HTMLElement>('[role=grid]');
  const isEditing = within instanceof HTMLInputElement && within.type === 'text' && within.isConnected;
  if (!isEditing) grid?.focus({ preventScroll: true });
}

const tagsShown = 2;

function Tags({ tags }: { tags: readonly string[] }) {
  const rest = tags.length - tagsShown;
  return (
    <span class="tags" title={tags.join(', ')}>
      {tags.slice(0, tagsShown).map((tag) => (
        <a
          key={tag}
          class="tag ellipsis"
          tabIndex={-1}
          draggable={false}
          href={`/search?${new URLSearchParams({ q: '', tag })}`}
        >
          {tag}
        </a>
      ))}
      {rest > 0 && <span class="tag">+{rest}</span>}
    </span>
  );
}

function Starred() {
  return (
    <>
      <Icon name="star" class="starred" />
      <span class="visually-hidden">{t('starred')}</span>
    </>
  );
}

/** Of a folder: everything in it, once the device has added it up. */
function sizeWords({ kind, size, totalSize }: EntryView): string {
  if (kind === 'file') return formatSize(size);
  return totalSize === null ? '' : formatSize(totalSize);
}
