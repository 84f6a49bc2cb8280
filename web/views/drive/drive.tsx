import { useRef, useState } from 'preact/hooks';
import type { EntryView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { droppedFiles, type PickedFile, pickedFiles } from '../../client/picked-files.ts';
import { ApiError } from '../../client/request.ts';
import { mayDo, rightsWords } from '../../client/sharing.ts';
import { attempt, entriesRevision, memberCount, say, uploads } from '../../client/state.ts';
import { below, newVersion } from '../../client/uploads.ts';
import { Dialog } from '../../components/dialog.tsx';
import { Field } from '../../components/form/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { Breadcrumbs, nameOf } from '../../components/list/breadcrumbs.tsx';
import { EntryList, type Sorting } from '../../components/list/entry-list.tsx';
import { UploadButton } from '../../components/upload/upload-button.tsx';
import { useDropTarget } from '../drop-target.ts';
import { ShareDialog } from '../people/share.tsx';
import { useList, useQuery } from '../use-query.ts';
import { EntryDetails } from './entry-details.tsx';

interface Folder {
  entry: EntryView;
  /** From the root to the folder itself. */
  path: EntryView[];
}

/** The folder and its ancestors, as far as they may be seen: those of a shared folder end with it. */
async function loadFolder(id: string | undefined, signal: AbortSignal): Promise<Folder> {
  const entry = id === undefined ? await api.root() : await api.entry(id, signal);
  const path = [entry];
  for (let parentId = entry.parentId; parentId !== null; ) {
    const parent = await api.entry(parentId, signal).catch((error: unknown) => {
      if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return null;
      throw error;
    });
    if (parent) path.unshift(parent);
    parentId = parent?.parentId ?? null;
  }
  return { entry, path };
}

type Asking = { kind: 'new-folder' } | { kind: 'rename'; entry: EntryView } | null;

export function DriveView({ id }: { id?: string }) {
  const { answer: folder, error: failure } = useQuery(
    (signal) => loadFolder(id, signal),
    [id],
    entriesRevision.value,
  );
  const [sorting, setSorting] = useState<Sorting>({ sort: 'name', order: 'asc' });
  const [asking, setAsking] = useState<Asking>(null);
  const [sharing, setSharing] = useState<EntryView | null>(null);
  const [detailed, setDetailed] = useState<EntryView | null>(null);
  const replacement = useReplacement();
  const may = folder ? mayDo(folder.entry) : null;
  const folderId = may?.look ? folder?.entry.id : undefined;
  const listing = useList(
    folderId === undefined
      ? null
      : (cursor, limit, signal) => api.children(folderId, { ...sorting, cursor, limit }, signal),
    [folderId, sorting],
    entriesRevision.value + uploads.savedCount,
  );
  // By its id: the folder may be renamed, moved or trashed elsewhere while this page shows it.
  const upload = (files: PickedFile[]) => {
    if (folder) uploads.add(below(folder.entry.id, files));
  };
  useDropTarget(
    folder && may?.add
      ? {
          place: nameOf(folder.entry),
          onDrop: (transfer) => void attempt(async () => upload(await droppedFiles(transfer))),
        }
      : null,
  );
  const moveToTrash = (entry: EntryView) =>
    attempt(async () => {
      await api.trash(entry.id);
      await listing.reload();
      say(`“${entry.name}” moved to the trash.`, {
        undo: () => void attempt(() => api.restore(entry.id).then(listing.reload)),
      });
    });

  if (failure && !folder) {
    return (
      <div class="notice danger" role="alert">
        {failure.message} <a href="/">Go to your drive</a>
      </div>
    );
  }
  return (
    <>
      <div class="toolbar">
        <div class="grow">{folder && <Breadcrumbs path={folder.path} />}</div>
        {(may?.makeFolder ?? true) && (
          <button
            type="button"
            class="button"
            onClick={() => setAsking({ kind: 'new-folder' })}
            disabled={!folder}
          >
            <Icon name="folder-plus" />
            New folder
          </button>
        )}
        {(may?.add ?? true) && (
          <UploadButton label="Upload" onFiles={(files) => upload(pickedFiles(files))} disabled={!folder} />
        )}
      </div>
      {folder?.entry.owner && <SharedNotice {...folder.entry} owner={folder.entry.owner} />}
      {may?.look !== false && (
        <div class="card">
          <EntryList
            items={listing.items}
            loading={listing.loading}
            error={listing.error?.message ?? null}
            more={listing.more}
            members={memberCount.value}
            sorting={sorting}
            onSort={setSorting}
            onMore={listing.loadMore}
            onRetry={() => void listing.reload()}
            may={mayDo}
            onDetails={setDetailed}
            onReplace={replacement.ask}
            onShare={setSharing}
            onRename={(entry) => setAsking({ kind: 'rename', entry })}
            onTrash={(entry) => void moveToTrash(entry)}
            empty={<EmptyFolder mayAdd={may?.add ?? false} />}
          />
        </div>
      )}
      {replacement.input}
      {detailed && <EntryDetails entry={detailed} onClose={() => setDetailed(null)} />}
      {sharing && <ShareDialog entry={sharing} onClose={() => setSharing(null)} />}
      {asking && folder && (
        <NameDialog
          asking={asking}
          folderId={folder.entry.id}
          onClose={() => setAsking(null)}
          onDone={() => {
            setAsking(null);
            void listing.reload();
          }}
        />
      )}
    </>
  );
}

function EmptyFolder({ mayAdd }: { mayAdd: boolean }) {
  return (
    <div class="empty">
      <p>This folder is empty.</p>
      {mayAdd && <p>Drop files anywhere on this page, or choose Upload.</p>}
    </div>
  );
}

/** The owner of a shared folder, and what the viewer may do in it. */
function SharedNotice({ owner, rights }: Pick<EntryView, 'rights'> & { owner: string }) {
  if (rights === 'upload') {
    return (
      <p class="notice">
        This is a drop box of {owner}. You can add files; only {owner} can see them.
      </p>
    );
  }
  return (
    <p class="muted">
      Shared by {owner}. You {rightsWords[rights ?? 'view']}.
    </p>
  );
}

/** Asks for a file that becomes the new version of another. */
function useReplacement() {
  const input = useRef<HTMLInputElement>(null);
  const wanted = useRef<EntryView | null>(null);
  const replace = (file: File | undefined) => {
    const entry = wanted.current;
    if (entry && file) uploads.add([newVersion(entry, file)]);
  };
  return {
    ask(entry: EntryView) {
      wanted.current = entry;
      input.current?.click();
    },
    input: (
      <input
        ref={input}
        type="file"
        hidden
        aria-label="New version"
        onChange={(event) => {
          replace(event.currentTarget.files?.[0]);
          event.currentTarget.value = '';
        }}
      />
    ),
  };
}

interface NameDialogProps {
  asking: Exclude<Asking, null>;
  folderId: string;
  onClose(): void;
  onDone(): void;
}

function NameDialog({ asking, folderId, onClose, onDone }: NameDialogProps) {
  const old = asking.kind === 'rename' ? asking.entry.name : '';
  const [name, setName] = useState(old);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const ending = asking.kind === 'rename' && asking.entry.kind === 'file' ? old.lastIndexOf('.') : -1;

  const confirm = async () => {
    setBusy(true);
    try {
      if (asking.kind === 'rename') await api.rename(asking.entry.id, name);
      else await api.createFolder(folderId, name);
      onDone();
    } catch (cause) {
      setError((cause as Error).message);
      setBusy(false);
    }
  };

  return (
    <Dialog
      title={asking.kind === 'rename' ? `Rename “${old}”` : 'New folder'}
      confirm={asking.kind === 'rename' ? 'Rename' : 'Create folder'}
      busy={busy}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <Field
        label="Name"
        value={name}
        onInput={setName}
        required
        autofocus
        selectFirst={ending > 0 ? ending : old.length}
      />
      {error && (
        <p class="notice danger" role="alert">
          {error}
        </p>
      )}
    </Dialog>
  );
}
