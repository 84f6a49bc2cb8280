import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { searchAddress, wantedIn } from '../../client/drive/search.ts';
import { Icon } from '../../components/icon.tsx';
import { t } from '../../words/words.ts';

export function focusSearch(): void {
  document.querySelector<HTMLElement>('[type=search]')?.focus();
}

/** Wait after the last letter before the device is asked. */
const settleMs = 150;

/** In the top bar: searches while one types. */
export function SearchField() {
  const { path, query, route } = useLocation();
  const isSearching = path === '/search';
  const [text, setText] = useState(isSearching ? (query.q ?? '') : '');
  useEffect(() => {
    if (!isSearching) setText('');
  }, [isSearching]);
  useEffect(() => {
    if (text === '' || (isSearching && text === query.q)) return;
    const wanted = { ...wantedIn(isSearching ? query : {}), q: text };
    // One entry in the history for one search, not one for each letter.
    const timer = setTimeout(() => route(searchAddress(wanted), isSearching), settleMs);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <search class="search">
      <Icon name="search" class="muted" />
      <input
        type="search"
        aria-label={t('Search files and folders')}
        placeholder={t('Search')}
        value={text}
        maxLength={1000}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return;
          event.preventDefault();
          document.querySelector<HTMLElement>('[role=grid]')?.focus();
        }}
      />
    </search>
  );
}
