import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { EntryView } from '../../../src/model/api.ts';
import { previewOf } from '../../client/drive/file-kinds.ts';
import type { GuestLink } from '../../client/guest.ts';
import { type Source, sourceAt } from '../../client/preview/content.ts';
import { formatSize } from '../../client/words/format.ts';
import { Icon } from '../../components/icon.tsx';
import { lazyPart } from '../../components/lazy-part.tsx';
import { EntryPicture } from '../../components/list/entry-picture.tsx';
import { Row, Rows } from '../../components/list/rows.tsx';
import { t } from '../../words/words.ts';

const PreviewDialog = lazyPart(async () => (await import('../drive/preview/preview.tsx')).PreviewDialog);

interface GuestFilesProps {
  link: GuestLink;
  /** Each download is counted, and so is each look at content. */
  counted: boolean;
  label: string;
  items: readonly EntryView[] | null;
  error?: Error | undefined;
  asTiles: boolean;
  folderAddress(id: string): string;
  onOpenFolder(id: string): void;
  onDownload(entry: EntryView): Promise<void>;
}

/** What a link shows, as a list or as a gallery; files are looked at in place. */
export function GuestFiles({ link, counted, label, items, error, asTiles, ...on }: GuestFilesProps) {
  const [shown, setShown] = useState<EntryView | null>(null);
  const canShow = (entry: EntryView) => canShowTo(entry, counted);
  const titleOf = (entry: EntryView): ComponentChildren => {
    if (entry.kind === 'folder') {
      return (
        <FolderLink address={on.folderAddress(entry.id)} onOpen={() => on.onOpenFolder(entry.id)}>
          {entry.name}
        </FolderLink>
      );
    }
    if (!canShow(entry)) return entry.name;
    return (
      <button type="button" class="as-link" onClick={() => setShown(entry)}>
        {entry.name}
      </button>
    );
  };
  return (
    <>
      <Rows label={label} count={items?.length} error={error} empty={t('This folder is empty.')}>
        {items?.map((entry) =>
          asTiles ? (
            <Tile key={entry.id} entry={entry} title={titleOf(entry)} />
          ) : (
            <Row
              key={entry.id}
              icon={entry.kind === 'folder' ? 'folder' : 'file'}
              picture={<EntryPicture entry={entry} />}
              title={titleOf(entry)}
              facts={entry.kind === 'folder' ? t('Folder') : formatSize(entry.size)}
            >
              {entry.kind === 'file' && (
                <DownloadButton entry={entry} label={t('Download')} onDownload={on.onDownload} />
              )}
            </Row>
          ),
        )}
      </Rows>
      {shown && (
        <PreviewDialog
          shown={{ entry: shown }}
          items={(items ?? []).filter(canShow)}
          sourceFor={(entry) => guestSource(link, entry, counted)}
          saveAddress={({ entry }) => link.downloadUrl(entry.id)}
          onShow={({ entry }) => setShown(entry)}
          onClose={() => setShown(null)}
        />
      )}
    </>
  );
}

/** A look at content is a use of the link: where uses are counted, only pictures are shown, which are thumbnails. */
function canShowTo(entry: EntryView, counted: boolean): boolean {
  const kind = previewOf(entry);
  return kind === 'image' ? !counted || entry.thumbnail !== null : kind !== 'none' && !counted;
}

function guestSource(link: GuestLink, entry: EntryView, counted: boolean): Source {
  const { id, version, name, mime, size, thumbnail } = entry;
  const isPicture = previewOf(entry) === 'image' && thumbnail !== null;
  const address = isPicture ? `${thumbnail}?size=${counted ? 720 : 2160}` : link.viewUrl(id);
  return sourceAt({ key: `${id} ${version}`, name, mime, size, address });
}

function Tile({ entry, title }: { entry: EntryView; title: ComponentChildren }) {
  return (
    <li class="guest-tile">
      <EntryPicture entry={entry} />
      <div class="ellipsis">{title}</div>
    </li>
  );
}

interface FolderLinkProps {
  address: string;
  onOpen(): void;
  children: ComponentChildren;
}

/** A real link, so that it opens in a new tab and can be copied; a plain click stays on the page. */
export function FolderLink({ address, onOpen, children }: FolderLinkProps) {
  return (
    <a
      href={address}
      onClick={(event) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        onOpen();
      }}
    >
      {children}
    </a>
  );
}

interface DownloadProps {
  entry: EntryView;
  onDownload(entry: EntryView): Promise<void>;
}

/** Saves a file, or a folder as a ZIP file. */
export function DownloadButton({ entry, label, onDownload }: DownloadProps & { label: string }) {
  const [busy, setBusy] = useState(false);
  const download = async () => {
    setBusy(true);
    await onDownload(entry);
    setBusy(false);
  };
  return (
    <button
      type="button"
      class="button primary"
      aria-label={t('Download {name}', { name: entry.name })}
      disabled={busy}
      onClick={() => void download()}
    >
      <Icon name="download" />
      {label}
    </button>
  );
}
