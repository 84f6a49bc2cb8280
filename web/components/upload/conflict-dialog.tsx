import { conflictQuestion } from '../../client/uploads/conflicts.ts';
import type { ConflictChoice } from '../../client/uploads/upload-queue.ts';
import { formatCount } from '../../client/words/format.ts';
import { DialogPanel } from '../dialog.tsx';

/** So many names are shown; the number says how many there are. */
const namesShown = 8;

const choices: readonly { choice: ConflictChoice; label: string; hint: string }[] = [
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
          ? 'This file is there already'
          : `${taken.length} of ${formatCount(files, 'file', 'files')} are there already`
      }
      onClose={() => answer(null)}
    >
      <ul class="conflict-names">
        {taken.slice(0, namesShown).map((name) => (
          <li key={name}>{name}</li>
        ))}
        {more > 0 && <li class="muted">and {more} more</li>}
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
                {label}
              </button>
            </dt>
            <dd class="muted">{hint}</dd>
          </div>
        ))}
      </dl>
    </DialogPanel>
  );
}
