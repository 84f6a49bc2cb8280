import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { EntryView } from '../../../src/model/api.ts';
import type { Selection } from '../../client/drive/selection.ts';
import type { Layout, Sorting } from '../../client/drive/view-settings.ts';
import { t } from '../../words/words.ts';
import { Icon } from '../icon.tsx';
import { EntryRow, type EntryRowEvents, rowId } from './entry-row.tsx';
import { watchLongPress } from './long-press.ts';
import { useRubberBand } from './rubber-band.ts';
import { useVirtualRows } from './virtual-rows.ts';

export interface EntryGridProps {
  label: string;
  items: readonly EntryView[];
  selection: Selection;
  layout: Layout;
  /** Id of the entry whose name is being edited. */
  renaming: string | null;
  /** Devices in the network. */
  members: number;
  /** null where the order is given, as in recent files. */
  sorting: Sorting | null;
  /** Whether there is more than `items`. */
  more: boolean;
  loading: boolean;
  hrefOf(entry: EntryView): string;
  placeOf?(entry: EntryView): string | undefined;
  isFaded(entry: EntryView): boolean;
  onSort(sorting: Sorting): void;
  onMore(): void;
  onSelectAll(): void;
  /** @param columns entries in a row of tiles, 1 in a list */
  onKey(event: KeyboardEvent, sight: { columns: number; pageRows: number }): void;
  /** A band was drawn around entries. */
  onBand(ids: readonly string[], keep: boolean): void;
  onHold(id: string): void;
  on: EntryRowEvents;
}

/** How many rows before the end of what is loaded the next page is asked for. */
const askAheadRows = 30;

/**
 * Files and folders, as a table or as tiles; only what is in sight is drawn. The grid itself has the
 * focus and names the row that keys act on (`aria-activedescendant`), so that rows may come and go.
 */
export function EntryGrid(props: EntryGridProps) {
  const { items, selection, layout, on } = props;
  const isTiles = layout === 'tiles';
  const rows = useVirtualRows<HTMLDivElement>(items.length, isTiles);
  const { start, end } = rows;
  const grid = useRef<HTMLDivElement>(null);
  const focusAt = selection.focus === null ? -1 : items.findIndex(({ id }) => id === selection.focus);

  useEffect(() => {
    if (focusAt >= 0) rows.reveal(focusAt);
  }, [selection.focus]);
  useEffect(() => {
    if (props.more && !props.loading && end > items.length - askAheadRows) props.onMore();
  }, [end, items.length, props.more, props.loading]);
  useHold(grid, props.onHold);
  const band = useRubberBand(rows, items, { enabled: isTiles, onBand: props.onBand });

  const drawn = items.slice(start, end);
  const focused = items[focusAt];
  const isFocusDrawn = focusAt >= start && focusAt < end;
  return (
    <div
      ref={grid}
      role="grid"
      class={`entries ${isTiles ? 'tiles' : 'table'}`}
      tabIndex={0}
      aria-label={props.label}
      aria-multiselectable
      aria-rowcount={props.more ? -1 : items.length + 1}
      aria-activedescendant={focused && isFocusDrawn ? rowId(focused.id) : undefined}
      onKeyDown={(event) => props.onKey(event, { columns: rows.columns, pageRows: rows.pageRows })}
    >
      <EntryHead {...props} />
      <div
        ref={rows.list}
        role="rowgroup"
        class="entry-rows"
        style={rows.style}
        onPointerDown={band.onPointerDown}
      >
        {drawn.map((entry, index) => (
          <EntryRow
            key={entry.id}
            entry={entry}
            rowIndex={start + index + 2}
            selected={selection.ids.has(entry.id)}
            focused={entry.id === selection.focus}
            renaming={entry.id === props.renaming}
            faded={props.isFaded(entry)}
            members={props.members}
            href={props.hrefOf(entry)}
            place={props.placeOf?.(entry)}
            on={on}
          />
        ))}
      </div>
      {band.box}
    </div>
  );
}

function useHold(grid: { current: HTMLDivElement | null }, onHold: (id: string) => void): void {
  const latest = useRef(onHold);
  latest.current = onHold;
  useEffect(() => {
    if (!grid.current) return;
    return watchLongPress(grid.current, (target) => {
      const row = target.closest('.entry');
      if (row) latest.current(row.id.replace(rowId(''), ''));
    });
  }, []);
}

function EntryHead({ sorting, onSort, items, selection, onSelectAll }: EntryGridProps) {
  const all = items.length > 0 && selection.ids.size >= items.length;
  return (
    <div role="row" class="entry-head" aria-rowindex={1}>
      <span role="columnheader" class="check">
        <input
          type="checkbox"
          aria-label={t('Select all')}
          checked={all}
          ref={(box) => {
            if (box) box.indeterminate = !all && selection.ids.size > 0;
          }}
          onClick={onSelectAll}
        />
      </span>
      <ColumnHead label={t('Name')} column="name" {...{ sorting, onSort }} />
      <ColumnHead label={t('Size')} column="size" {...{ sorting, onSort }} />
      <ColumnHead label={t('Modified')} column="modifiedAt" {...{ sorting, onSort }} />
      <span role="columnheader" class="safety">
        {t('Safety')}
      </span>
      <span role="columnheader" class="actions">
        <span class="visually-hidden">{t('Actions')}</span>
      </span>
    </div>
  );
}

interface ColumnHeadProps extends Pick<EntryGridProps, 'sorting' | 'onSort'> {
  label: string;
  column: Sorting['sort'];
}

const columnClasses = { name: 'name', size: 'size', modifiedAt: 'time' } as const;

/** In lower case, as within a sentence, where the language writes it so. */
function sortWords(label: string, direction: 'ascending' | 'descending' | null): string {
  const column = label.toLowerCase();
  if (direction === null) return t('Sort by {column}', { column });
  return direction === 'ascending'
    ? t('Sort by {column}, sorted ascending', { column })
    : t('Sort by {column}, sorted descending', { column });
}

function ColumnHead({ label, column, sorting, onSort }: ColumnHeadProps): ComponentChildren {
  const active = sorting?.sort === column;
  const direction = active && sorting.order === 'asc' ? 'ascending' : 'descending';
  return (
    <span role="columnheader" class={columnClasses[column]} aria-sort={active ? direction : undefined}>
      {sorting === null ? (
        label
      ) : (
        <button
          type="button"
          aria-label={sortWords(label, active ? direction : null)}
          onClick={() => onSort({ sort: column, order: active && sorting.order === 'asc' ? 'desc' : 'asc' })}
        >
          {label}
          {active && <Icon name={sorting.order === 'asc' ? 'arrow-up' : 'arrow-down'} />}
        </button>
      )}
    </span>
  );
}
