import type { EntryView } from '../../../../src/model/api.ts';
import { namesOf } from '../../../client/drive/drive-actions.ts';
import { DialogPanel } from '../../../components/dialog.tsx';
import { t } from '../../../words/words.ts';
import { TagEditor } from './tag-editor.tsx';

interface TagsDialogProps {
  entries: readonly EntryView[];
  onClose(): void;
  onChanged(): void;
}

/** Tags of what is selected, where the details are not at hand. */
export function TagsDialog({ entries, onClose, onChanged }: TagsDialogProps) {
  return (
    <DialogPanel title={t('Tags of {names}', { names: namesOf(entries) })} onClose={onClose}>
      <p class="muted">
        {t('A tag finds things again, wherever they are. Choose one to see everything that has it.')}
      </p>
      <TagEditor entries={entries} autofocus onChanged={onChanged} />
    </DialogPanel>
  );
}
