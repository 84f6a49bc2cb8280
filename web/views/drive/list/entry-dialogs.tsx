import type { EntryView } from '../../../../src/model/api.ts';
import { ShareDialog } from '../../people/share.tsx';
import type { AskedList } from '../../use-query.ts';
import { EntryDetails } from '../entry-details.tsx';
import { NewFolderDialog } from '../name-dialog.tsx';
import { PreviewDialog } from '../preview/preview.tsx';
import { TransferDialog } from '../transfer-dialog.tsx';
import { KeyHelp } from './key-help.tsx';
import type { Asking, EntryActions } from './use-entry-actions.ts';

interface EntryDialogsProps {
  asking: Asking;
  onAsk(asking: Asking | null): void;
  folder: EntryView | null;
  list: AskedList<EntryView>;
  actions: EntryActions;
}

/** The dialog that menu, keys or toolbar opened. */
export function EntryDialogs({ asking, onAsk, folder, list, actions }: EntryDialogsProps) {
  const close = () => onAsk(null);
  const done = () => void list.reload();
  switch (asking.kind) {
    case 'new-folder':
      return folder && <NewFolderDialog parentId={folder.id} onClose={close} onDone={done} />;
    case 'share':
      return <ShareDialog entry={asking.entry} onClose={close} />;
    case 'details':
      return <EntryDetails entry={asking.entry} onClose={close} onChanged={done} />;
    case 'transfer': {
      const { how, entries } = asking;
      return (
        <TransferDialog how={how} entries={entries} startId={folder?.id} onClose={close} onDone={done} />
      );
    }
    case 'preview':
      return (
        <PreviewDialog
          entry={asking.entry}
          items={list.items ?? []}
          onShow={(entry) => onAsk({ kind: 'preview', entry })}
          onClose={close}
          onDetails={actions.details}
        />
      );
    case 'keys':
      return <KeyHelp onClose={close} />;
  }
}
