import { useEffect, useRef, useState } from 'preact/hooks';
import type { EntryView } from '../../src/model/api.ts';
import { api } from '../client/api.ts';
import { droppedFiles, type PickedFile, pickedFiles } from '../client/picked-files.ts';
import { ApiError } from '../client/request.ts';
import { mayDo, rightsWords } from '../client/sharing.ts';
import { attempt, memberCount, say, uploads } from '../client/state.ts';
import { Breadcrumbs } from '../components/breadcrumbs.tsx';
import { Dialog } from '../components/dialog.tsx';
import { DropZone } from '../components/drop-zone.tsx';
import { EntryList, type Sorting } from '../components/entry-list.tsx';
import { Field } from '../components/field.tsx';
import { Icon } from '../components/icon.tsx';
import { UploadButton } from '../components/upload-button.tsx';
import { EntryDetails } from './entry-details.tsx';
import { ShareDialog } from './share.tsx';
import { useListing } from './use-listing.ts';

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
  const [folder, setFolder] = useState<Folder | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [sorting, setSorting] = useState<Sorting>({ sort: 'name', order: 'asc' });
  const [asking, setAsking] = useState<Asking>(null);
  const [sharing, setSharing] = useState<EntryView | null>(null);
  const [detailed, setDetailed] = useState<EntryView | null>(null);
  const replacement = useReplacement();
  const may = folder ? mayDo(folder.entry) : null;
  const listing = useListing(may?.look ? folder?.entry.id : undefined, sorting);

  useEffect(() => {
    const abort = new AbortController();
    setFolder(null);
    setFailure(null);
    loadFolder(id, abort.signal).then(setFolder, (error: Error) => {
      if (!abort.signal.aborted) setFailure(error.message);
    });
    return () => abort.abort();
  }, [id]);

  const upload = (files: PickedFile[]) => {
    if (!folder || files.length === 0) return;
    const isOwn = may?.share ?? false;
    const above = isOwn ? folder.path.slice(1).map((entry) => entry.name) : [];
    const below = isOwn ? {} : { below: folder.entry.id };
    uploads.add(files.map(({ names, file }) => ({ path: [...above, ...names], ...below, file })));
  };
  const moveToTrash = (entry: EntryView) =>
    attempt(async () => {
      await api.trash(entry.id);
      listing.reload();
      say(`“${entry.name}” is in the trash.`, {
        undo: () => void attempt(() => api.restore(entry.id).then(listing.reload)),
      });
    });

  if (failure) {
    return (
      <div class="notice danger" role="alert">
        {failure} <a href="/">Go to your drive</a>
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
        <DropArea
          accepts={may?.add ?? false}
          onDrop={(transfer) => void attempt(async () => upload(await droppedFiles(transfer)))}
        >
          <EntryList
            items={listing.items}
            loading={listing.loading}
            error={listing.error}
            more={listing.more}
            members={memberCount.value}
            sorting={sorting}
            onSort={setSorting}
            onMore={listing.loadMore}
            onRetry={listing.reload}
            may={mayDo}
            onDetails={setDetailed}
            onReplace={replacement.ask}
            onShare={setSharing}
            onRename={(entry) => setAsking({ kind: 'rename', entry })}
            onTrash={(entry) => void moveToTrash(entry)}
            empty={<EmptyFolder mayAdd={may?.add ?? false} />}
          />
        </DropArea>
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
            listing.reload();
          }}
        />
      )}
    </>
  );
}

function EmptyFolder({ mayAdd }: { mayAdd: boolean }) {
  return (
    <div class="empty">
      <p>Nothing is here yet.</p>
      {mayAdd && <p>Drop files here, or choose them with Upload.</p>}
    </div>
  );
}

/** A card that takes dropped files, or only a card. */
function DropArea({ accepts, ...props }: Parameters<typeof DropZone>[0] & { accepts: boolean }) {
  return accepts ? <DropZone {...props} /> : <div class="card">{props.children}</div>;
}

/** Whose folder this is, and what one may do in it. */
function SharedNotice({ owner, rights }: Pick<EntryView, 'rights'> & { owner: string }) {
  if (rights === 'upload') {
    return (
      <p class="notice">
        A drop box of {owner}: you can add files, and only {owner} sees what is in it.
      </p>
    );
  }
  return (
    <p class="muted">
      Shared by {owner}; you {rightsWords[rights ?? 'view'].replace('can', 'may')}.
    </p>
  );
}

/** Asks for a file that becomes the new version of another. */
function useReplacement() {
  const input = useRef<HTMLInputElement>(null);
  const wanted = useRef<EntryView | null>(null);
  const replace = (file: File | undefined) => {
    const entry = wanted.current;
    if (entry && file) uploads.add([{ path: [entry.name], replaces: entry.id, file }]);
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
      confirm={asking.kind === 'rename' ? 'Rename' : 'Make folder'}
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
