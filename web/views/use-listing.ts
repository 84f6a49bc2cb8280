import { useSignal } from '@preact/signals';
import { useCallback, useEffect, useRef } from 'preact/hooks';
import type { EntryView } from '../../src/model/api.ts';
import { api, type ChildrenQuery } from '../client/api.ts';
import { entriesRevision, uploads } from '../client/state.ts';

/** Many changes in a row would ask many times: the last one asks. */
const settleMs = 300;
/** What is loaded more at a time, and the most that a device gives at once. */
const [pageSize, pageMax] = [200, 1000];

/**
 * Children of a folder, page by page. Loaded again when entries or their copies change or an upload
 * was saved, as far as they were shown, so that nobody loses their place.
 */
export function useListing(folderId: string | undefined, sorting: Pick<ChildrenQuery, 'sort' | 'order'>) {
  const items = useSignal<EntryView[] | null>(null);
  const cursor = useSignal<string | null>(null);
  const loading = useSignal(false);
  const error = useSignal<string | null>(null);
  const latest = useRef(0);

  const load = useCallback(
    async (from: string | null) => {
      const run = ++latest.current;
      if (folderId === undefined) return;
      loading.value = true;
      const shown = items.value ?? [];
      let loaded = from === null ? [] : shown;
      let next = from;
      try {
        do {
          const limit = Math.min(pageMax, Math.max(pageSize, shown.length - loaded.length));
          const page = await api.children(folderId, { ...sorting, cursor: next, limit });
          if (run !== latest.current) return;
          loaded = [...loaded, ...page.items];
          next = page.nextCursor;
        } while (next !== null && loaded.length < shown.length);
        items.value = loaded;
        cursor.value = next;
        error.value = null;
      } catch (cause) {
        if (run === latest.current) error.value = (cause as Error).message;
      }
      if (run === latest.current) loading.value = false;
    },
    [folderId, sorting],
  );

  useEffect(() => {
    items.value = null;
    void load(null);
  }, [load]);
  // Whoever opened another folder meanwhile wants to see that one.
  const current = useRef(load);
  current.current = load;
  const revision = entriesRevision.value + uploads.savedCount.value;
  useEffect(() => {
    if (revision === 0) return;
    const timer = setTimeout(() => void current.current(null), settleMs);
    return () => clearTimeout(timer);
  }, [revision]);

  return {
    items: items.value,
    loading: loading.value,
    error: error.value,
    more: cursor.value !== null,
    loadMore: () => void load(cursor.value),
    reload: () => void load(null),
  };
}
