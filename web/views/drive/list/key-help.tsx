import { DialogPanel } from '../../../components/dialog.tsx';
import { type PlainPhrase, t } from '../../../words/words.ts';

const keys: readonly (readonly [action: PlainPhrase, keys: PlainPhrase])[] = [
  ['Move through the list', 'Arrow keys, Home, End, Page Up, Page Down'],
  ['Extend the selection', 'Shift + arrow keys'],
  ['Move without selecting', 'Ctrl + arrow keys'],
  ['Select or unselect', 'Space'],
  ['Select all, none', 'Ctrl + A, Esc'],
  ['Find a name', 'Type its first letters'],
  ['Open^verb', 'Enter'],
  ['Parent folder', 'Backspace or Alt + Up'],
  ['Context menu', 'Shift + F10'],
  ['Rename', 'F2'],
  ['Move to trash', 'Delete'],
  ['Cut, copy, paste', 'Ctrl + X, C, V'],
  ['Undo, redo', 'Ctrl + Z, Ctrl + Shift + Z'],
  ['New folder', 'Alt + Shift + N'],
  ['Upload files, a folder', 'Alt + Shift + U, I'],
  ['Share', 'Alt + Shift + S'],
  ['Details and versions', 'Alt + Enter'],
  ['Tags', 'Alt + Shift + T'],
  ['Add or remove a star', 'Alt + Shift + B'],
  ['List or tiles', 'Alt + Shift + G'],
  ['Search', '/ or Ctrl + K'],
];

export function KeyHelp({ onClose }: { onClose(): void }) {
  return (
    <DialogPanel title={t('Keyboard shortcuts')} onClose={onClose}>
      <p class="muted">{t('They work while the list of files has the focus.')}</p>
      <dl class="keys">
        {keys.map(([action, combination]) => (
          <div key={action}>
            <dt>{t(action)}</dt>
            <dd>{t(combination)}</dd>
          </div>
        ))}
      </dl>
    </DialogPanel>
  );
}
