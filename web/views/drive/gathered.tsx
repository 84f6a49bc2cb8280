import { useLocation } from 'preact-iso';
import type { EntryView } from '../../../src/model/api.ts';
import {
  ages,
  fileTypes,
  folderOf,
  leastSizes,
  owners,
  recent,
  search,
  searchAddress,
  starred,
  stars,
  type Wanted,
  wantedIn,
} from '../../client/drive/search.ts';
import { knownTags } from '../../client/drive/tags.ts';
import { entriesRevision, uploads, user } from '../../client/state.ts';
import { Select } from '../../components/form/select.tsx';
import { Icon, type IconName } from '../../components/icon.tsx';
import { t, tLabels } from '../../words/words.ts';
import { type AskedList, useList } from '../use-query.ts';
import { EntriesView } from './list/entries-view.tsx';
import { LayoutSwitch } from './list/layout-switch.tsx';
import { focusSearch } from './search-field.tsx';

/** Files modified last. */
export function RecentView() {
  const list = useList<EntryView>(recent, [], entriesRevision.value + uploads.savedCount);
  return (
    <Gathered
      title={t('Recent')}
      list={list}
      icon="clock"
      empty={t('Files that you add or change appear here.')}
    />
  );
}

/** Files and folders with a star. */
export function StarredView() {
  const list = useList<EntryView>(starred, [], entriesRevision.value);
  return (
    <Gathered
      title={t('Starred')}
      list={list}
      icon="star"
      empty={t('Nothing has a star yet. Choose Add star in the menu of a file or folder.')}
    />
  );
}

/** What a search found, narrowed by type and age. The address holds the search, so Back and reload keep it. */
export function SearchView() {
  const { query, route } = useLocation();
  const wanted = wantedIn(query);
  const me = user.value?.username ?? '';
  const list = useList<EntryView>(search(wanted, me), Object.values(wanted), entriesRevision.value);
  const tags = [...new Set([...knownTags.value, ...(wanted.tag === '' ? [] : [wanted.tag])])];
  const narrow = (change: Partial<Wanted>) => route(searchAddress({ ...wanted, ...change }), true);
  return (
    <Gathered
      title={titleOf(wanted)}
      list={list}
      icon="search"
      empty={
        wanted.q === '' && wanted.tag === ''
          ? t('Type a name in the search field.')
          : t('Nothing matches this search.')
      }
    >
      <Select
        label={t('Type')}
        value={wanted.type}
        options={tLabels(fileTypes)}
        onChange={(type) => narrow({ type })}
      />
      <Select
        label={t('Modified')}
        value={wanted.age}
        options={tLabels(ages)}
        onChange={(age) => narrow({ age })}
      />
      <Select
        label={t('Size')}
        value={wanted.size}
        options={tLabels(leastSizes)}
        onChange={(size) => narrow({ size })}
      />
      <Select
        label={t('Owner')}
        value={wanted.owner}
        options={tLabels(owners)}
        onChange={(owner) => narrow({ owner })}
      />
      <Select
        label={t('Star')}
        value={wanted.starred}
        options={tLabels(stars)}
        onChange={(starred) => narrow({ starred })}
      />
      {tags.length > 0 && (
        <Select
          label={t('Tag')}
          value={wanted.tag}
          options={[{ value: '', label: t('Any tag') }, ...tags.map((tag) => ({ value: tag, label: tag }))]}
          onChange={(tag) => narrow({ tag })}
        />
      )}
    </Gathered>
  );
}

function titleOf({ q, tag }: Wanted): string {
  if (q === '') return tag === '' ? t('Search') : t('Tagged “{tag}”', { tag });
  return t('Search results for “{q}”', { q });
}

interface GatheredProps {
  title: string;
  list: AskedList<EntryView>;
  icon: IconName;
  empty: string;
  children?: preact.ComponentChildren;
}

/** What these lists ask for comes with its path. */
function pathOf(entry: EntryView): string {
  return 'path' in entry && typeof entry.path === 'string' ? entry.path : '';
}

/** Entries of several folders in one list; each says where it is. */
function Gathered({ title, list, icon, empty, children }: GatheredProps) {
  const { route } = useLocation();
  return (
    <>
      <div class="toolbar heading">
        <h1 class="grow">{title}</h1>
        <LayoutSwitch places={[icon]} />
      </div>
      <EntriesView
        label={title}
        list={list}
        folder={null}
        places={[icon]}
        sorting={null}
        onSort={() => undefined}
        placeOf={(entry) => folderOf(pathOf(entry)) || t('My drive')}
        onUp={() => route('/')}
        onSearch={focusSearch}
        onUploadFiles={() => undefined}
        onUploadFolder={() => undefined}
        empty={
          <div class="empty">
            <Icon name={icon} class="large" />
            <p>{empty}</p>
          </div>
        }
        toolbar={() => children}
      />
    </>
  );
}
