import type { EntryView } from '../../../../src/model/api.ts';
import { select, selectNone } from '../../../client/drive/selection.ts';
import { changeLayout, layoutOf } from '../../../client/drive/view-settings.ts';
import { mayDo } from '../../../client/sharing.ts';
import { type EntryRowEvents, rowId } from '../../../components/list/entry-row.tsx';
import { dragEntries, draggedEntries } from './dragging.ts';
import type { EntriesState } from './entries-state.ts';
import type { EntryActions } from './use-entry-actions.ts';
import type { EntryCommands } from './use-entry-keys.ts';

type Point = { x: number; y: number };

interface Around {
  folder: EntryView | null;
  places: readonly string[];
  onUp(): void;
  onSearch(): void;
  openMenu(entry: EntryView, at: Point): void;
}

/** What keys do; a command that would be refused does nothing. */
export function entryCommands(
  { focused, meant, setSelection }: EntriesState,
  actions: EntryActions,
  { folder, places, onUp, onSearch, openMenu }: Around,
): EntryCommands {
  const may = folder ? mayDo(folder) : null;
  const ifChangeable = (act: (entries: readonly EntryView[]) => void) => {
    if (meant.length > 0 && meant.every((entry) => mayDo(entry).change)) act(meant);
  };
  return {
    open: actions.open,
    up: onUp,
    rename: () => focused && mayDo(focused).change && actions.rename(focused),
    trash: () => ifChangeable(actions.trash),
    cut: () => ifChangeable(actions.cut),
    copy: () => ifChangeable(actions.copy),
    paste: () => may?.add && actions.paste(),
    newFolder: () => may?.makeFolder && actions.newFolder(),
    uploadFiles: () => may?.add && actions.uploadFiles(),
    uploadFolder: () => may?.add && actions.uploadFolder(),
    share: () => focused && mayDo(focused).share && actions.share(focused),
    details: actions.details,
    tags: () => {
      if (meant.length > 0 && meant.every((entry) => mayDo(entry).tag)) actions.tags(meant);
    },
    star: () => {
      if (meant.length > 0 && meant.every((entry) => mayDo(entry).share)) {
        actions.star(meant, !meant[0]?.starred);
      }
    },
    toggleLayout: () => changeLayout(places, layoutOf(places) === 'list' ? 'tiles' : 'list'),
    menu: () => {
      const row = focused && document.getElementById(rowId(focused.id))?.getBoundingClientRect();
      if (focused && row) openMenu(focused, { x: row.left + 48, y: row.bottom });
    },
    help: actions.help,
    search: onSearch,
    selectAll: actions.selectAll,
    selectNone: () => setSelection(selectNone),
  };
}

/** What mouse and finger do. */
export function entryEvents(
  { order, chosen, selection, setSelection }: EntriesState,
  actions: EntryActions,
  rest: Pick<EntryRowEvents, 'onMenu' | 'onRename' | 'onRenameEnd'>,
): EntryRowEvents {
  return {
    ...rest,
    onOpen(entry, event) {
      // With a modifier it is an ordinary link, or a selection.
      if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation();
      actions.open(entry);
    },
    onPoint(entry, event) {
      const how = event.shiftKey ? 'range' : event.ctrlKey || event.metaKey ? 'toggle' : 'only';
      if (event.detail === 2 && how === 'only') actions.open(entry);
      else setSelection(select(selection, order, entry.id, how));
    },
    onToggle: (entry) => setSelection(select(selection, order, entry.id, 'toggle')),
    onDragStart: (entry, event) => dragEntries(event, selection.ids.has(entry.id) ? chosen : [entry]),
    mayDrop: (entry) =>
      entry.kind === 'folder' &&
      mayDo(entry).add &&
      draggedEntries().length > 0 &&
      !draggedEntries().some(({ id }) => id === entry.id),
    onDropInto: (entry) => actions.moveInto(draggedEntries(), entry),
  };
}
