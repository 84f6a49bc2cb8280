import { useMemo } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { EntryView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { move } from '../../client/drive/drive-actions.ts';
import { changeSorting, sortingOf } from '../../client/drive/view-settings.ts';
import { droppedFiles, type PickedFile, pickedFiles } from '../../client/picked-files.ts';
import { mayDo, rightsWords } from '../../client/sharing.ts';
import { attempt, entriesRevision, uploads } from '../../client/state.ts';
import { addAsking, findBelow, folderLister } from '../../client/uploads/conflicts.ts';
import { below } from '../../client/uploads/send.ts';
import { Icon, type IconName } from '../../components/icon.tsx';
import { Breadcrumbs, nameOf } from '../../components/list/breadcrumbs.tsx';
import { type Chooser, FileChooser, useFileChooser } from '../../components/upload/file-chooser.tsx';
import { t } from '../../words/words.ts';
import { useDropTarget } from '../drop-target.ts';
import { useList, useQuery } from '../use-query.ts';
import { loadFolder } from './folder-path.ts';
import { draggedEntries } from './list/dragging.ts';
import { EntriesView } from './list/entries-view.tsx';
import { LayoutSwitch } from './list/layout-switch.tsx';
import { useScrollMemory } from './scroll-memory.ts';
import { focusSearch } from './search-field.tsx';

/** One folder of the drive; the root where no id is given. */
export function DriveView({ id }: { id?: string }) {
  const { answer: folder, error } = useQuery((signal) => loadFolder(id, signal), [id], entriesRevision.value);
  const { route } = useLocation();
  const may = folder ? mayDo(folder.entry) : null;
  const folderId = may?.look ? folder?.entry.id : undefined;
  const places = folder?.path.map(({ id }) => id).reverse() ?? [];
  const { list, sorting } = useChildren(folderId);
  const { files, folders } = useUploads(folder?.entry ?? null);
  useScrollMemory(folderId, list.items !== null);

  if (error && !folder) {
    return (
      <div class="notice danger" role="alert">
        {error.message} <a href="/">{t('Go to your drive')}</a>
      </div>
    );
  }
  const parent = folder?.path.at(-2);
  return (
    <>
      <div class="toolbar heading">
        <div class="grow">
          {folder && (
            <Breadcrumbs
              path={folder.path}
              onDrop={(target) => void move(draggedEntries(), target).then(list.reload)}
              mayDrop={(target) => draggedEntries().length > 0 && mayDo(target).add}
            />
          )}
        </div>
        {may?.look !== false && <LayoutSwitch places={places} />}
      </div>
      {folder?.path.length === 1 && !folder.entry.owner && (
        <nav class="toolbar narrow" aria-label={t('Other lists')}>
          <a class="button" href="/recent">
            <Icon name="clock" />
            {t('Recent')}
          </a>
          <a class="button" href="/starred">
            <Icon name="star" />
            {t('Starred')}
          </a>
        </nav>
      )}
      {folder?.entry.owner && <SharedNotice {...folder.entry} owner={folder.entry.owner} />}
      {may?.look === false ? (
        <UploadButtons files={files} folders={folders} disabled={!folder} />
      ) : (
        <EntriesView
          label={folder ? nameOf(folder.entry) : t('Files')}
          list={list}
          folder={folder?.entry ?? null}
          places={places}
          sorting={sorting}
          onSort={(next) => folderId !== undefined && changeSorting(folderId, next)}
          onUp={() => parent && route(parent.name === '' ? '/' : `/drive/${parent.id}`)}
          onSearch={focusSearch}
          onUploadFiles={() => files.choose(true)}
          onUploadFolder={() => folders.choose(true)}
          empty={<EmptyFolder mayAdd={may?.add ?? false} />}
          toolbar={(actions) => (
            <>
              {may?.add !== false && <UploadButtons files={files} folders={folders} disabled={!folder} />}
              {may?.makeFolder !== false && (
                <ToolButton
                  icon="folder-plus"
                  label={t('New folder')}
                  short={t('New^folder')}
                  disabled={!folder}
                  onClick={actions.newFolder}
                />
              )}
            </>
          )}
        />
      )}
      <FileChooser label={t('Files to upload')} chooser={files} multiple />
      <FileChooser label={t('Folder to upload')} chooser={folders} folder />
    </>
  );
}

/** What is in a folder, in the order that was last chosen for it; nothing where it may not be seen. */
function useChildren(folderId: string | undefined) {
  const kept = sortingOf(folderId ?? '');
  const sorting = useMemo(() => kept, [kept.sort, kept.order]);
  const list = useList(
    folderId === undefined
      ? null
      : (cursor, limit, signal) => api.children(folderId, { ...sorting, cursor, limit }, signal),
    [folderId, sorting],
    entriesRevision.value + uploads.savedCount,
  );
  return { list, sorting };
}

/** Uploads go to the folder by its id: it may be renamed, moved or trashed elsewhere while it is shown. */
function useUploads(folder: EntryView | null) {
  const upload = (files: PickedFile[]) => {
    if (folder) void addAsking(uploads, below(folder.id, files), folderLister('/api/v1'), findBelow);
  };
  const files = useFileChooser<true>((_, chosen) => upload(pickedFiles(chosen)), true);
  const folders = useFileChooser<true>((_, chosen) => upload(pickedFiles(chosen)), true);
  useDropTarget(
    folder && mayDo(folder).add
      ? {
          place: nameOf(folder),
          onDrop: (transfer) => void attempt(async () => upload(await droppedFiles(transfer))),
        }
      : null,
  );
  return { files, folders };
}

interface UploadButtonsProps {
  files: Chooser<true>;
  folders: Chooser<true>;
  disabled: boolean;
}

function UploadButtons({ files, folders, disabled }: UploadButtonsProps) {
  return (
    <>
      <button type="button" class="button primary" disabled={disabled} onClick={() => files.choose(true)}>
        <Icon name="upload" />
        {t('Upload')}
      </button>
      <ToolButton
        icon="folder-up"
        label={t('Upload folder')}
        short={t('Folder^upload')}
        disabled={disabled}
        onClick={() => folders.choose(true)}
      />
    </>
  );
}

interface ToolButtonProps {
  icon: IconName;
  label: string;
  /** A part of the label, which the icon makes clear. */
  short: string;
  disabled: boolean;
  onClick(): void;
}

/** One word stays where there is little room. */
function ToolButton({ icon, label, short, disabled, onClick }: ToolButtonProps) {
  return (
    <button
      type="button"
      class="button"
      disabled={disabled}
      title={label}
      aria-label={label}
      onClick={onClick}
    >
      <Icon name={icon} />
      <span class="label">{label}</span>
      <span class="short">{short}</span>
    </button>
  );
}

function EmptyFolder({ mayAdd }: { mayAdd: boolean }) {
  return (
    <div class="empty">
      <Icon name="folder" class="large" />
      <p>{t('This folder is empty.')}</p>
      {mayAdd && <p>{t('Drop files anywhere on this page, or choose Upload.')}</p>}
    </div>
  );
}

/** The owner of a shared folder, and what the viewer may do in it. */
function SharedNotice({ owner, rights }: Pick<EntryView, 'rights'> & { owner: string }) {
  if (rights === 'upload') {
    return (
      <p class="notice">
        {t('This is a drop box of {owner}. You can add files; only {owner} can see them.', { owner })}
      </p>
    );
  }
  return (
    <p class="muted">
      {t('Shared by {owner}. You {rights}.', { owner, rights: t(rightsWords[rights ?? 'view']) })}
    </p>
  );
}
