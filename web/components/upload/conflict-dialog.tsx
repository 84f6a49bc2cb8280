import { conflictQuestion } from '../../client/uploads/conflicts.ts';
import type { ConflictChoice } from '../../client/uploads/upload-queue.ts';
import { type PlainPhrase, t } from '../../words/words.ts';
import { DialogPanel } from '../dialog.tsx';

/** So many names are shown; the number says how many there are. */
const namesShown = 8;

const choices: readonly { choice: ConflictChoice; label: PlainPhrase; hint: PlainPhrase }[] = [
  {
    choice: 'version',
    label: 'New version',
    hint: 'The file stays one, and its history keeps the old content.',
  },
  { choice: 'rename', label: 'Keep both', hint: 'What you add gets another name.' },
  { choice: 'skip', label: 'Skip', hint: 'What is there stays, and only the others are uploaded.' },
];

/** Asks once for a whole drop what becomes of files that are there already. */
export function ConflictDialog() {
  const question = conflictQuestion.value;
  if (question === null) return null;
  const { taken, files, answer } = question;
  const more = taken.length - namesShown;
  return (
    <DialogPanel
      title={
        files === 1
          ? t('This file is there already')
          : t('{taken} of {count} {count|file|files} are there already', {
              taken: taken.length,
              count: files,
            })
      }
      onClose={() => answer(null)}
    >
      <ul class="conflict-names">
        {taken.slice(0, namesShown).map((name) => (
          <li key={name}>{name}</li>
        ))}
        {more > 0 && <li class="muted">{t('and {more} more', { more })}</li>}
      </ul>
      <dl class="conflict-choices">
        {choices.map(({ choice, label, hint }, index) => (
          <div key={choice}>
            <dt>
              <button
                type="button"
                class={`button ${index === 0 ? 'primary' : ''}`}
                onClick={() => answer(choice)}
              >
                {t(label)}
              </button>
            </dt>
            <dd class="muted">{t(hint)}</dd>
          </div>
        ))}
      </dl>
    </DialogPanel>
  );
}
