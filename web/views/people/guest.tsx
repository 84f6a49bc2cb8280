import { useEffect, useState } from 'preact/hooks';
import type { EntryView, GuestView } from '../../../src/model/api.ts';
import { type GuestLink, pathTo } from '../../client/guest.ts';
import { droppedFiles, type PickedFile, pickedFiles } from '../../client/picked-files.ts';
import { ApiError } from '../../client/request.ts';
import { addAsking } from '../../client/uploads/conflicts.ts';
import { below } from '../../client/uploads/send.ts';
import { formatFullTime } from '../../client/words/format.ts';
import { Field } from '../../components/form/field.tsx';
import { SubmitForm } from '../../components/form/submit-form.tsx';
import { Icon } from '../../components/icon.tsx';
import { showTitle } from '../../components/shown-text.ts';
import { ConflictDialog } from '../../components/upload/conflict-dialog.tsx';
import { DropAnywhere } from '../../components/upload/drop-anywhere.tsx';
import { UploadButton } from '../../components/upload/upload-button.tsx';
import { UploadPanel } from '../../components/upload/upload-panel.tsx';
import { t } from '../../words/words.ts';
import { Gate } from '../gate/gate.tsx';
import { useList, useQuery } from '../use-query.ts';
import { DownloadButton, FolderLink, GuestFiles } from './guest-files.tsx';
import { useGuestFolder } from './guest-folder.ts';

/** `/s/SECRET`: what somebody without an account sees who has a link. */
export function GuestPage({ link }: { link: GuestLink }) {
  const [unlocked, setUnlocked] = useState<GuestView | null>(null);
  const [ended, setEnded] = useState<Error | null>(null);
  const asked = useQuery(() => link.view());
  const error = ended ?? (unlocked ? undefined : asked.error);
  const view = unlocked ?? asked.answer;
  if (error) {
    if (isProblem(error, 'link-password')) return <PasswordGate link={link} onUnlocked={setUnlocked} />;
    return <NoLink error={error} />;
  }
  if (view) return <Shared link={link} view={view} onEnded={setEnded} />;
  return <div class="gate" aria-busy="true" />;
}

function isProblem(error: Error, code: string): boolean {
  return error instanceof ApiError && error.code === code;
}

/** Why a link opens nothing, in words for somebody who does not know what it is. */
function NoLink({ error }: { error: Error }) {
  const [title, sentence] = isProblem(error, 'gone')
    ? [t('This link has ended'), endedWords(error)]
    : isProblem(error, 'not-found')
      ? [
          t('This link does not exist'),
          t('Part of the address may be missing. Ask the sender to send the link again.'),
        ]
      : isProblem(error, 'unreachable')
        ? [
            t('This device is off or cannot be reached'),
            t(
              'The link itself may be fine. Try again later, or ask the sender for an address of another device.',
            ),
          ]
        : [t('This link cannot be opened right now'), error.message];
  return (
    <Gate title={title}>
      <p>{sentence}</p>
    </Gate>
  );
}

function endedWords(error: Error): string {
  switch (error instanceof ApiError ? error.state : undefined) {
    case 'expired':
      return t('Its time is over. Ask the sender for a new one.');
    case 'revoked':
      return t('The sender took it back. Ask them for a new one.');
    case 'used-up':
      return t('It has been used as often as it may be. Ask the sender for a new one.');
    default:
      return t(
        'It expired, was revoked, or has been used as often as it may be. Ask the sender for a new one.',
      );
  }
}

function PasswordGate({ link, onUnlocked }: { link: GuestLink; onUnlocked(view: GuestView): void }) {
  const [password, setPassword] = useState('');
  return (
    <Gate title={t('This link has a password')}>
      <SubmitForm
        submit={t('Open^verb')}
        busy={t('Opening…')}
        onSubmit={async () => onUnlocked(await link.unlock(password))}
      >
        <Field
          label={t('Password')}
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

interface SharedProps {
  link: GuestLink;
  view: GuestView;
  /** The link ended while its page was open. */
  onEnded(error: Error): void;
}

function Shared({ link, view, onEnded }: SharedProps) {
  const { entry, name, owner, rights, expiresAt, counted } = view;
  useEffect(() => {
    showTitle(`${name} · peerstor`);
  }, [name]);
  const download = useDownload(link, onEnded);
  return (
    <main class="guest">
      <header>
        <h1>{name}</h1>
        <p class="muted">
          {rights === 'upload'
            ? t('{owner} asks you for files', { owner })
            : t('Shared by {owner}', { owner })}
          {expiresAt !== null && ` · ${t('until {time}', { time: formatFullTime(expiresAt) })}`}
        </p>
      </header>
      {entry === null ? (
        <DropBox link={link} owner={owner} />
      ) : entry.kind === 'file' ? (
        <GuestFiles
          link={link}
          counted={counted}
          label={t('Shared file')}
          items={[entry]}
          asTiles={false}
          folderAddress={() => location.pathname}
          onOpenFolder={() => undefined}
          onDownload={download}
        />
      ) : (
        <SharedFolder
          link={link}
          top={entry}
          counted={counted}
          canUpload={rights === 'edit'}
          onDownload={download}
        />
      )}
      <ConflictDialog />
      <UploadPanel queue={link.uploads} members={0} />
      <p class="muted">{t('Stored with peerstor on devices of {owner}.', { owner })}</p>
    </main>
  );
}

/**
 * Saves a file. The link is asked first: one that was used up or revoked meanwhile says so in words,
 * where a bare address would show an error in place of the page. Afterwards it is asked again, so that
 * the last use ends the page.
 */
function useDownload(link: GuestLink, onEnded: (error: Error) => void) {
  return async (entry: EntryView) => {
    try {
      await link.view();
      await saveFile(link.downloadUrl(entry.id));
      await link.view();
    } catch (error) {
      onEnded(error as Error);
    }
  };
}

/** Resolves once the device has begun to answer: the browser has come back to the page. */
function saveFile(address: string): Promise<void> {
  const anchor = document.createElement('a');
  anchor.href = address;
  anchor.download = '';
  anchor.click();
  return new Promise((done) => setTimeout(done, afterDownloadMs));
}

/** A download counts as a use before its first byte; by then it has. */
const afterDownloadMs = 1500;

function DropBox({ link, owner }: { link: GuestLink; owner: string }) {
  const add = (files: PickedFile[]) => link.uploads.add(below('root', files));
  return (
    <div class="card">
      <DropAnywhere
        place={t('the folder of {owner}', { owner })}
        // A box takes bare files: what is dropped as a folder comes without it.
        onDrop={(transfer) => add(pickedFiles(transfer.files))}
        onRefused={() => undefined}
      />
      <div class="empty">
        <p>{t('Drop files here. Only {owner} will see them.', { owner })}</p>
        <UploadButton label={t('Choose files')} onFiles={(files) => add(pickedFiles(files))} />
      </div>
    </div>
  );
}

interface SharedFolderProps {
  link: GuestLink;
  top: EntryView;
  counted: boolean;
  canUpload: boolean;
  onDownload(entry: EntryView): Promise<void>;
}

function SharedFolder({ link, top, counted, canUpload, onDownload }: SharedFolderProps) {
  const { folderId, addressOf, open } = useGuestFolder(top.id);
  const saved = link.uploads.savedCount;
  const path = useQuery((signal) => pathTo(link, top, folderId, signal), [folderId]);
  const list = useList(
    (cursor, limit, signal) => link.children(folderId, cursor, limit, signal),
    [folderId],
    saved,
  );
  const folder = path.answer?.at(-1) ?? top;
  const pictures = list.items?.filter(({ thumbnail }) => thumbnail !== null).length ?? 0;
  const [layout, setLayout] = useState<'list' | 'tiles'>();
  // A folder of pictures is a gallery, unless the guest wants a list.
  const asTiles = (layout ?? (pictures * 2 > (list.items?.length ?? 0) ? 'tiles' : 'list')) === 'tiles';
  const add = (files: PickedFile[]) =>
    void addAsking(link.uploads, below(folderId, files), (id, cursor) =>
      link.children(id, cursor, 1000, new AbortController().signal),
    );
  return (
    <>
      <div class="toolbar">
        <nav class="grow" aria-label={t('Folders')}>
          <ol class="crumbs">
            {path.answer?.map((entry, depth, all) => (
              <li key={entry.id}>
                {depth > 0 && <Icon name="next" class="muted" />}
                {depth === all.length - 1 ? (
                  <span aria-current="page">{depth > 0 && entry.name}</span>
                ) : (
                  <FolderLink address={addressOf(entry.id)} onOpen={() => open(entry.id)}>
                    {entry.name}
                  </FolderLink>
                )}
              </li>
            ))}
          </ol>
        </nav>
        {pictures > 0 && (
          <button
            type="button"
            class="button quiet icon-only"
            aria-label={asTiles ? t('Show as list') : t('Show as tiles')}
            title={asTiles ? t('Show as list') : t('Show as tiles')}
            onClick={() => setLayout(asTiles ? 'list' : 'tiles')}
          >
            <Icon name={asTiles ? 'list' : 'tiles'} />
          </button>
        )}
        <DownloadButton entry={folder} label={t('Download all')} onDownload={onDownload} />
        {canUpload && <UploadButton label={t('Upload')} onFiles={(files) => add(pickedFiles(files))} />}
      </div>
      {canUpload && (
        <DropAnywhere
          place={folder.name}
          onDrop={(transfer) => void droppedFiles(transfer).then(add)}
          onRefused={() => undefined}
        />
      )}
      <GuestFiles
        link={link}
        counted={counted}
        label={t('Files in {name}', { name: folder.name })}
        items={list.items}
        error={list.error ?? path.error}
        asTiles={asTiles}
        folderAddress={addressOf}
        onOpenFolder={open}
        onDownload={onDownload}
      />
      {list.more && (
        <button type="button" class="button" disabled={list.loading} onClick={list.loadMore}>
          {t('Show more')}
        </button>
      )}
    </>
  );
}
