import { useEffect, useMemo } from 'preact/hooks';
import { type AskPage, PagedQuery, Query } from '../client/query.ts';
import { ApiError } from '../client/request.ts';
import { feed, sessionEnded } from '../client/state.ts';

export interface Asked<Answer> {
  /** undefined until the first answer. */
  answer: Answer | undefined;
  error: Error | undefined;
  loading: boolean;
  reload(): Promise<void>;
  query: Query<Answer>;
}

export interface AskedList<Item> {
  /** null until the first page. */
  items: readonly Item[] | null;
  error: Error | undefined;
  loading: boolean;
  /** Whether there is more than `items`. */
  more: boolean;
  loadMore(): void;
  /** Loads everything that is not loaded yet. */
  loadAll(): Promise<void>;
  reload(): Promise<void>;
  query: PagedQuery<Item>;
}

/**
 * What a request gives: asked when the view appears and anew when `inputs` change, which forgets the
 * old answer. When `revision` rises it is asked again soon and the old answer stays meanwhile.
 */
export function useQuery<Answer>(
  ask: (signal: AbortSignal) => Promise<Answer>,
  inputs: readonly unknown[] = [],
  revision = 0,
): Asked<Answer> {
  const query = useMemo(() => new Query(ask), inputs);
  useLife(query, revision);
  return {
    answer: query.answer.value,
    error: query.error.value,
    loading: query.loading.value,
    reload: () => query.load(),
    query,
  };
}

/** The same for a list that comes in pages; null as `page` asks for nothing. */
export function useList<Item>(
  page: AskPage<Item> | null,
  inputs: readonly unknown[] = [],
  revision = 0,
): AskedList<Item> {
  const query = useMemo(() => new PagedQuery<Item>(page ?? nothing), inputs);
  useLife(query, revision);
  const answer = query.answer.value;
  return {
    items: answer?.items ?? null,
    error: query.error.value,
    loading: query.loading.value,
    more: answer !== undefined && answer.nextCursor !== null,
    loadMore: () => void query.loadMore(),
    loadAll: () => query.loadMore(true),
    reload: () => query.load(),
    query,
  };
}

const nothing = async () => ({ items: [], nextCursor: null });

function useLife<Answer>(query: Query<Answer>, revision: number): void {
  const error = query.error.value;
  useEffect(() => {
    void query.load();
    return () => query.stop();
  }, [query]);
  useEffect(() => {
    if (revision > 0) query.refresh();
  }, [query, revision]);
  const liveness = feed.liveness.value;
  useEffect(() => {
    // What failed while the device was away is asked again when it is back.
    if (liveness === 'live' && query.error.value) query.refresh();
  }, [query, liveness]);
  useEffect(() => {
    if (error instanceof ApiError && error.status === 401) sessionEnded();
  }, [error]);
}
