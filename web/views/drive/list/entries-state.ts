import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { EntryView } from '../../../../src/model/api.ts';
import { kept, meanAll, noSelection, type Selection } from '../../../client/drive/selection.ts';
import { meetTags } from '../../../client/drive/tags.ts';

export interface EntriesState {
  items: readonly EntryView[];
  selection: Selection;
  setSelection(selection: Selection | ((old: Selection) => Selection)): void;
  /** Ids as they are listed. */
  order: readonly string[];
  chosen: readonly EntryView[];
  focused: EntryView | undefined;
  /** What a command means: what is selected, or the row with the focus. */
  meant: readonly EntryView[];
}

/**
 * Keeps the selection while a list is loaded anew; another list begins without one.
 * @param more the list has more than `items`
 */
export function useEntriesState(items: readonly EntryView[], listId: string, more: boolean): EntriesState {
  const [selection, setSelection] = useState<Selection>(noSelection);
  const before = useRef<{ listId: string; order: readonly string[] }>({ listId, order: [] });
  useEffect(() => meetTags(items), [items]);
  // Of a list of 100,000 this takes as long as drawing what is in sight.
  const order = useMemo(() => items.map(({ id }) => id), [items]);
  useEffect(() => {
    if (before.current.listId !== listId) setSelection(noSelection);
    else setSelection((old) => kept(old, order, before.current.order));
    before.current = { listId, order };
  }, [items, listId]);
  const chosen = selection.ids.size === 0 ? [] : items.filter(({ id }) => selection.ids.has(id));
  if (selection.beyond && more) {
    meanAll(
      chosen,
      order.filter((id) => !selection.ids.has(id)),
    );
  }
  const focused = items.find(({ id }) => id === selection.focus);
  const meant = chosen.length > 0 ? chosen : focused ? [focused] : [];
  return { items, selection, setSelection, order, chosen, focused, meant };
}
