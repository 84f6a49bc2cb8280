import type { ComponentChildren } from 'preact';
import type { EntryView } from '../../../../src/model/api.ts';
import { api } from '../../../client/api.ts';
import { lazyPart } from '../../../components/lazy-part.tsx';
import type { AskedList } from '../../use-query.ts';
import { NewFolderDialog } from '../name-dialog.tsx';
import type { Shown } from '../preview/preview.tsx';
import { KeyHelp } from './key-help.tsx';
import type { Asking } from './use-entry-actions.ts';

// What most visits do not open comes when it is opened.
const PreviewDialog = lazyPart(async () => (await import('../preview/preview.tsx')).PreviewDialog);
const CompareDialog = lazyPart(async () => (await import('../preview/compare-dialog.tsx')).CompareDialog);
const ShareDialog = lazyPart(async () => (await import('../../people/share.tsx')).ShareDialog);
const TransferDialog = lazyPart(async () => (await import('../transfer-dialog.tsx')).TransferDialog);
const TagsDialog = lazyPart(async () => (await import('../details/tags-dialog.tsx')).TagsDialog);

interface EntryDialogsProps {
  asking: Asking;
  onAsk(asking: Asking | null): void;
  folder: EntryView | null;
  list: AskedList<EntryView>;
  /** What stands beside a preview; null while it is hidden. */
  detailsOf(entry: EntryView): ComponentChildren;
  onDetails(): void;
}

/** The dialog that menu, keys or toolbar opened. */
export function EntryDialogs({ asking, onAsk, folder, list, detailsOf, onDetails }: EntryDialogsProps) {
  const close = () => onAsk(null);
  const done = () => void list.reload();
  /** As it is listed now: it may have changed since the dialog was opened. */
  const now = (entry: EntryView) => list.items?.find(({ id }) => id === entry.id) ?? entry;
  switch (asking.kind) {
    case 'new-folder':
      return folder && <NewFolderDialog parentId={folder.id} onClose={close} onDone={done} />;
    case 'share':
      return <ShareDialog entry={asking.entry} onClose={close} />;
    case 'tags':
      return <TagsDialog entries={asking.entries.map(now)} onClose={close} onChanged={done} />;
    case 'transfer': {
      const { how, entries } = asking;
      return (
        <TransferDialog how={how} entries={entries} startId={folder?.id} onClose={close} onDone={done} />
      );
    }
    case 'preview': {
      const { version } = asking;
      const entry = now(asking.entry);
      return (
        <PreviewDialog
          shown={version ? { entry, version } : { entry }}
          items={list.items ?? []}
          saveAddress={saveAddressOf}
          onShow={(shown) => onAsk({ kind: 'preview', ...shown })}
          onClose={close}
          onDetails={onDetails}
          beside={detailsOf(entry)}
        />
      );
    }
    case 'compare':
      return <CompareDialog entry={now(asking.entry)} version={asking.version} onClose={close} />;
    case 'keys':
      return <KeyHelp onClose={close} />;
  }
}

const saveAddressOf = ({ entry, version }: Shown) => api.contentUrl(entry, version?.id);
