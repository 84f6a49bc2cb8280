import { useEffect } from 'preact/hooks';
import { redo, undo } from '../client/drive/drive-actions.ts';
import { keyName } from './drive/list/use-entry-keys.ts';

const typedInto = 'input,textarea,select';

/**
 * Ctrl+Z and Ctrl+Shift+Z, wherever the focus is: what was done may have taken it away with a row or a button. Fields
 * undo what was typed into them, and behind an open dialog nothing changes.
 */
export function useUndoKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const act = { 'Mod+KeyZ': undo, 'Mod+Shift+KeyZ': redo }[keyName(event)];
      if (act === undefined || event.defaultPrevented) return;
      if ((event.target as Element).closest(typedInto) || document.querySelector(':modal')) return;
      event.preventDefault();
      void act();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}
