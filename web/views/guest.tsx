import { Fragment } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { EntryView, GuestView } from '../../src/model/api.ts';
import { formatFullTime, formatSize } from '../client/format.ts';
import type { GuestLink } from '../client/guest.ts';
import { type PickedFile, pickedFiles } from '../client/picked-files.ts';
import { ApiError } from '../client/request.ts';
import { DropZone } from '../components/drop-zone.tsx';
import { Field } from '../components/field.tsx';
import { Icon } from '../components/icon.tsx';
import { Row, Rows } from '../components/rows.tsx';
import { SubmitForm } from '../components/submit-form.tsx';
import { UploadButton } from '../components/upload-button.tsx';
import { UploadPanel } from '../components/upload-panel.tsx';
import { useAsked } from './use-asked.ts';

/** `/s/SECRET`: what somebody without an account sees who has a link. */
export function GuestPage({ link }: { link: GuestLink }) {
  const [unlocked, setUnlocked] = useState<GuestView | null>(null);
  const asked = useAsked(() => link.view(), []);
  const view = unlocked ?? asked.answer;
  if (view) return <Shared link={link} view={view} />;
  if (asked.error === undefined) return <div class="gate" aria-busy="true" />;
  if (isProblem(asked.error, 'link-password')) {
    return <PasswordGate link={link} onUnlocked={setUnlocked} />;
  }
  return <NoLink error={asked.error} />;
}

function isProblem(error: Error, code: string): boolean {
  return error instanceof ApiError && error.code === code;
}

function NoLink({ error }: { error: Error }) {
  const [title, sentence] = isProblem(error, 'gone')
    ? [
        'This link has ended',
        'It expired, was taken back, or was used as often as it may be. Ask who sent it for a new one.',
      ]
    : isProblem(error, 'not-found')
      ? [
          'There is no such link',
          'Perhaps a part of the address is missing. Ask who sent it to send it again.',
        ]
      : ['This does not work just now', error.message];
  return (
    <Gate title={title}>
      <p>{sentence}</p>
    </Gate>
  );
}

function Gate({ title, children }: { title: string; children: preact.ComponentChildren }) {
  return (
    <main class="gate">
      <div class="gate-card">
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}

function PasswordGate({ link, onUnlocked }: { link: GuestLink; onUnlocked(view: GuestView): void }) {
  const [password, setPassword] = useState('');
  return (
    <Gate title="This link has a password">
      <SubmitForm
        submit="Open"
        busy="Opening…"
        onSubmit={async () => onUnlocked(await link.unlock(password))}
      >
        <Field
          label="Password"
          type="password"
          value={password}
          onInput={setPassword}
          autocomplete="off"
          required
          autofocus
        />
      </SubmitForm>
    </Gate>
  );
}

function Shared({ link, view }: { link: GuestLink; view: GuestView }) {
  const { entry, name, owner, rights, expiresAt } = view;
  useEffect(() => {
    document.title = `${name} · peerstor`;
  }, [name]);
  return (
    <main class="guest">
      <header>
        <h1>{name}</h1>
        <p class="muted">
          {rights === 'upload' ? `${owner} asks you for files` : `Shared by ${owner}`}
          {expiresAt !== null && ` · until ${formatFullTime(expiresAt)}`}
        </p>
      </header>
      {entry === null ? (
        <DropBox link={link} owner={owner} />
      ) : entry.kind === 'file' ? (
        <SharedFile link={link} entry={entry} />
      ) : (
        <SharedFolder link={link} top={entry} canUpload={rights === 'edit'} />
      )}
      <UploadPanel
        items={link.uploads.items.value}
        totals={link.uploads.totals.value}
        members={0}
        onCancel={(id) => link.uploads.cancel(id)}
        onRetry={(id) => link.uploads.retry(id)}
        onClear={() => link.uploads.clear()}
      />
      <p class="muted">Kept with peerstor, on devices of {owner}.</p>
    </main>
  );
}

function DropBox({ link, owner }: { link: GuestLink; owner: string }) {
  const add = (files: PickedFile[]) =>
    link.uploads.add(files.map(({ names, file }) => ({ path: names, file })));
  return (
    // A box takes bare files: what is dropped as a folder comes without it.
    <DropZone onDrop={(transfer) => add(pickedFiles(transfer.files))}>
      <div class="empty">
        <p>Drop files here. Only {owner} will see them.</p>
        <UploadButton label="Choose files" onFiles={(files) => add(pickedFiles(files))} />
      </div>
    </DropZone>
  );
}

function picked(files: FileList | null, above: readonly string[]) {
  return pickedFiles(files).map(({ names, file }) => ({ path: [...above, ...names], file }));
}

function SharedFile({ link, entry }: { link: GuestLink; entry: EntryView }) {
  return (
    <Rows label="Shared file" count={1} empty="">
      <Row icon="file" title={entry.name} facts={formatSize(entry.size)}>
        <DownloadLink link={link} entry={entry} />
      </Row>
    </Rows>
  );
}

function DownloadLink({ link, entry }: { link: GuestLink; entry: EntryView }) {
  return (
    <a
      class="button primary"
      href={link.downloadUrl(entry.id)}
      download
      aria-label={`Download ${entry.name}`}
    >
      <Icon name="download" />
      Download
    </a>
  );
}

interface SharedFolderProps {
  link: GuestLink;
  top: EntryView;
  canUpload: boolean;
}

function SharedFolder({ link, top, canUpload }: SharedFolderProps) {
  const [path, setPath] = useState<readonly EntryView[]>([top]);
  const folder = path.at(-1) ?? top;
  const saved = link.uploads.savedCount.value;
  const { answer: items, error } = useAsked(() => allChildren(link, folder.id), [folder.id, saved]);
  const names = path.slice(1).map((entry) => entry.name);
  return (
    <>
      <div class="toolbar">
        <nav class="grow toolbar" aria-label="Folders">
          {path.length > 1 &&
            path.map((entry, depth) => (
              <Fragment key={entry.id}>
                {depth > 0 && <Icon name="next" class="muted" />}
                <button
                  type="button"
                  class="button quiet"
                  aria-current={entry === folder ? 'page' : undefined}
                  onClick={() => setPath(path.slice(0, depth + 1))}
                >
                  {entry.name}
                </button>
              </Fragment>
            ))}
        </nav>
        {canUpload && (
          <UploadButton label="Upload" onFiles={(files) => link.uploads.add(picked(files, names))} />
        )}
      </div>
      {error && (
        <p class="notice danger" role="alert">
          {error.message}
        </p>
      )}
      <Rows label={`Files in ${folder.name}`} count={items?.length} empty="This folder is empty.">
        {items?.map((entry) =>
          entry.kind === 'folder' ? (
            <Row key={entry.id} icon="folder" title={entry.name} facts="Folder">
              <button
                type="button"
                class="button"
                aria-label={`Open ${entry.name}`}
                onClick={() => setPath([...path, entry])}
              >
                Open
              </button>
            </Row>
          ) : (
            <Row key={entry.id} icon="file" title={entry.name} facts={formatSize(entry.size)}>
              <DownloadLink link={link} entry={entry} />
            </Row>
          ),
        )}
      </Rows>
    </>
  );
}

async function allChildren(link: GuestLink, id: string): Promise<EntryView[]> {
  const items: EntryView[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<GuestLink['children']>> = await link.children(id, cursor);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}
