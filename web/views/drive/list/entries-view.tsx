import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { EntryView } from '../../../../src/model/api.ts';
import { api } from '../../../client/api.ts';
import { isCut } from '../../../client/drive/clipboard.ts';
import { namesOf } from '../../../client/drive/drive-actions.ts';
import { noSelection, select, selectAll, selectNone } from '../../../client/drive/selection.ts';
import { layoutOf, type Sorting } from '../../../client/drive/view-settings.ts';
import { memberCount, uploads } from '../../../client/state.ts';
import { newVersion } from '../../../client/uploads/send.ts';
import { ContextMenu, type MenuEntry } from '../../../components/context-menu.tsx';
import { Icon } from '../../../components/icon.tsx';
import { lazyPart } from '../../../components/lazy-part.tsx';
import { EntryGrid, type EntryGridProps } from '../../../components/list/entry-grid.tsx';
import { FileChooser, useFileChooser } from '../../../components/upload/file-chooser.tsx';
import { t } from '../../../words/words.ts';
import type { AskedList } from '../../use-query.ts';
import { type EntriesState, useEntriesState } from './entries-state.ts';
import { entryCommands, entryEvents } from './entry-commands.ts';
import { EntryDialogs } from './entry-dialogs.tsx';
import { entryMenu, folderMenu } from './entry-menu.ts';
import { SelectionBar } from './selection-bar.tsx';
import { type DetailsState, useDetails } from './use-details.ts';
import { type EntryActions, useEntryActions } from './use-entry-actions.ts';
import { useEntryKeys } from './use-entry-keys.ts';

const Details = lazyPart(async () => (await import('../details/details.tsx')).Details);

interface EntriesViewProps {
  label: string;
  list: AskedList<EntryView>;
  /** null in a list that gathers entries of several folders. */
  folder: EntryView | null;
  /** What a chosen layout is kept for: the folder and those around it, from within. */
  places: readonly string[];
  sorting: Sorting | null;
  onSort(sorting: Sorting): void;
  placeOf?(entry: EntryView): string | undefined;
  /** Opens the folder around this one. */
  onUp(): void;
  onSearch(): void;
  onUploadFiles(): void;
  onUploadFolder(): void;
  empty: ComponentChildren;
  /** What stands above the list while nothing is selected. */
  toolbar(actions: EntryActions): ComponentChildren;
}

interface OpenMenu {
  label: string;
  entries: MenuEntry[];
  at: { x: number; y: number };
}

/** A list of entries with everything that can be done to them: by mouse, finger and keyboard. */
export function EntriesView(props: EntriesViewProps) {
  const { list, folder, label } = props;
  const state = useEntriesState(list.items ?? nothing, folder?.id ?? label, list.more);
  const { chosen, selection, setSelection } = state;
  const [menu, setMenu] = useState<OpenMenu | null>(null);
  const replacement = useFileChooser<EntryView>((entry, [file]) => {
    if (file) uploads.add([newVersion(entry, file)]);
  });
  const details = useDetails();
  const does = useEntryActions({
    list,
    folder,
    onReplace: replacement.choose,
    details,
    onUploadFiles: props.onUploadFiles,
    onUploadFolder: props.onUploadFolder,
    onSelectAll: () => void selectEverything(list, state, folder !== null),
  });
  const { actions, asking, setAsking } = does;
  const openMenu = (entry: EntryView, at: OpenMenu['at']) => {
    const isOfMany = selection.ids.has(entry.id) && chosen.length > 1;
    // A menu needs no selection; but others that are selected would be mistaken for what it is about.
    if (!selection.ids.has(entry.id)) {
      setSelection(select(selection, state.order, entry.id, chosen.length > 0 ? 'only' : 'focus'));
    }
    const about = isOfMany ? chosen : [entry];
    setMenu({
      label: t('Actions for {name}', { name: namesOf(about) }),
      entries: entryMenu(about, actions),
      at,
    });
  };
  const openFolderMenu = (event: MouseEvent) => {
    if (!folder || (event.target as Element).closest('.entry, .selection-bar, .details, a, button, input'))
      return;
    event.preventDefault();
    const at = { x: event.clientX, y: event.clientY };
    setMenu({ label: t('Actions for this folder'), entries: folderMenu(folder, actions), at });
  };
  const detailsOf = (entries: readonly EntryView[]) =>
    details.shown && (
      <Details
        entries={entries}
        asSheet={details.asSheet}
        onClose={() => details.show(false)}
        onOpen={actions.open}
        onShare={actions.share}
        onChanged={() => void list.reload()}
        onPreview={(entry, version) => setAsking({ kind: 'preview', entry, version })}
        onCompare={(entry, version) => setAsking({ kind: 'compare', entry, version })}
      />
    );
  const isPreviewing = asking?.kind === 'preview';
  return (
    <section
      class={`entries-view ${details.shown && !details.asSheet ? 'with-details' : ''}`}
      aria-label={t('Files and folders')}
      onContextMenu={openFolderMenu}
    >
      <div class="entries-main">
        <div class="entries-top toolbar">
          {chosen.length > 0 ? (
            <SelectionBar entries={chosen} on={actions} onClear={() => setSelection(selectNone)} />
          ) : (
            <div class="toolbar grow">{props.toolbar(actions)}</div>
          )}
          <DetailsSwitch {...details} />
        </div>
        <div class="card">
          <ListBody {...props}>
            <Grid view={props} state={state} does={does} openMenu={openMenu} />
          </ListBody>
        </div>
      </div>
      {!isPreviewing && detailsOf(state.meant.length > 0 || !folder ? state.meant : [folder])}
      <FileChooser label={t('New version')} chooser={replacement} />
      {menu && menu.entries.length > 0 && <ContextMenu {...menu} onClose={() => setMenu(null)} />}
      {asking && (
        <EntryDialogs
          asking={asking}
          onAsk={setAsking}
          folder={folder}
          list={list}
          onDetails={actions.details}
          detailsOf={(entry) => detailsOf([entry])}
        />
      )}
    </section>
  );
}

function DetailsSwitch({ shown, show }: DetailsState) {
  const label = shown ? t('Hide details') : t('Show details');
  return (
    <button
      type="button"
      class="button quiet icon-only"
      aria-label={label}
      title={label}
      aria-expanded={shown}
      onClick={() => show(!shown)}
    >
      <Icon name="info" />
    </button>
  );
}

const nothing: readonly EntryView[] = [];

/** All of the list, also what is not loaded yet; again, and nothing is selected. */
async function selectEverything(
  list: AskedList<EntryView>,
  { selection, setSelection, order }: EntriesState,
  isFolder: boolean,
): Promise<void> {
  if (order.every((id) => selection.ids.has(id)) && (selection.beyond || !list.more)) {
    setSelection(noSelection);
    return;
  }
  // A folder can be named as a whole; what a search found is loaded first.
  if (!isFolder) await list.loadAll();
  const all = (list.query.answer.value?.items ?? []).map(({ id }) => id);
  setSelection((old) => selectAll(all, old, isFolder && list.more));
}

interface GridProps {
  view: EntriesViewProps;
  state: EntriesState;
  does: ReturnType<typeof useEntryActions>;
  openMenu(entry: EntryView, at: OpenMenu['at']): void;
}

function Grid({ view, state, does, openMenu }: GridProps) {
  const { list, folder, places, onUp, onSearch } = view;
  const { selection, setSelection, order } = state;
  const { actions, renaming, setRenaming, finishRename } = does;
  const commands = entryCommands(state, actions, { folder, places, onUp, onSearch, openMenu });
  const onKey = useEntryKeys({ items: state.items, selection, onSelect: setSelection, commands });
  const on = entryEvents(state, actions, {
    onMenu: openMenu,
    onRename: finishRename,
    onRenameEnd: () => setRenaming(null),
  });
  const onBand: EntryGridProps['onBand'] = (ids, keep) =>
    setSelection((old) => ({ ...selectNone(old), ids: new Set(keep ? [...old.ids, ...ids] : ids) }));
  return (
    <EntryGrid
      label={view.label}
      items={state.items}
      selection={selection}
      layout={layoutOf(places)}
      members={memberCount.value}
      sorting={view.sorting}
      renaming={renaming}
      more={list.more}
      loading={list.loading}
      hrefOf={(entry) => (entry.kind === 'folder' ? `/drive/${entry.id}` : api.viewUrl(entry))}
      {...(view.placeOf && { placeOf: view.placeOf })}
      isFaded={(entry) => isCut(entry.id)}
      onSort={view.onSort}
      onMore={list.loadMore}
      onSelectAll={actions.selectAll}
      onKey={onKey}
      onBand={onBand}
      onHold={(id) => setSelection(select(selection, order, id, 'toggle'))}
      on={on}
    />
  );
}

function ListBody({ list, empty, children }: EntriesViewProps & { children: ComponentChildren }) {
  const { items, error } = list;
  const failure = error && (
    <div class="empty" role="alert">
      <p>{error.message}</p>
      <button type="button" class="button" onClick={() => void list.reload()}>
        {t('Try again')}
      </button>
    </div>
  );
  if (items === null) return failure ?? <Skeleton />;
  return (
    <>
      {items.length === 0 ? empty : children}
      {failure}
    </>
  );
}

function Skeleton() {
  return (
    <div class="entries table" aria-busy="true">
      {[1, 2, 3, 4].map((row) => (
        <div key={row} class="entry">
          <span />
          <div class="skeleton" />
        </div>
      ))}
    </div>
  );
}
