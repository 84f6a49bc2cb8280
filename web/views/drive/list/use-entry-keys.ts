import { useRef } from 'preact/hooks';
import type { EntryView } from '../../../../src/model/api.ts';
import { moved, type Selection, select, typedTo } from '../../../client/drive/selection.ts';

/** What keys can ask for; letters stay for finding names, so actions need a modifier or a named key. */
export interface EntryCommands {
  open(entry: EntryView): void;
  up(): void;
  rename(): void;
  trash(): void;
  cut(): void;
  copy(): void;
  paste(): void;
  newFolder(): void;
  uploadFiles(): void;
  uploadFolder(): void;
  share(): void;
  details(): void;
  tags(): void;
  star(): void;
  toggleLayout(): void;
  menu(): void;
  help(): void;
  search(): void;
  selectAll(): void;
  selectNone(): void;
}

interface Sight {
  columns: number;
  pageRows: number;
}

/** Letters typed within this time make one word. */
const wordMs = 900;

/** `Mod` is Ctrl, or Command on a Mac. Codes of keys, not letters: they hold on every keyboard layout. */
const commandKeys: Readonly<Record<string, keyof EntryCommands>> = {
  'Alt+ArrowUp': 'up',
  Backspace: 'up',
  F2: 'rename',
  Delete: 'trash',
  'Mod+KeyX': 'cut',
  'Mod+KeyC': 'copy',
  'Mod+KeyV': 'paste',
  'Mod+KeyA': 'selectAll',
  Escape: 'selectNone',
  'Alt+Shift+KeyN': 'newFolder',
  'Alt+Shift+KeyU': 'uploadFiles',
  'Alt+Shift+KeyI': 'uploadFolder',
  'Alt+Shift+KeyS': 'share',
  'Alt+Enter': 'details',
  'Alt+Shift+KeyT': 'tags',
  'Alt+Shift+KeyB': 'star',
  'Alt+Shift+KeyG': 'toggleLayout',
  'Shift+F10': 'menu',
  ContextMenu: 'menu',
  'Mod+KeyK': 'search',
};

export function keyName(event: KeyboardEvent): string {
  const mod = event.ctrlKey || event.metaKey ? 'Mod+' : '';
  const key = /^Key[A-Z]$/.test(event.code) ? event.code : event.key;
  return `${mod}${event.altKey ? 'Alt+' : ''}${event.shiftKey ? 'Shift+' : ''}${key}`;
}

interface KeyOptions {
  items: readonly EntryView[];
  selection: Selection;
  onSelect(selection: Selection): void;
  commands: EntryCommands;
}

/** Answers the keys of a list of entries, as in a file manager. */
export function useEntryKeys({ items, selection, onSelect, commands }: KeyOptions) {
  const typed = useRef({ text: '', atMs: 0 });
  const order = () => items.map(({ id }) => id);

  const goTo = (event: KeyboardEvent, id: string | null) => {
    if (id === null) return;
    event.preventDefault();
    const how = event.shiftKey ? 'range' : event.ctrlKey || event.metaKey ? 'focus' : 'only';
    onSelect(select(selection, order(), id, how));
  };

  const typeAhead = (event: KeyboardEvent): void => {
    const nowMs = Date.now();
    const text = nowMs - typed.current.atMs < wordMs ? typed.current.text + event.key : event.key;
    typed.current = { text, atMs: nowMs };
    const found = typedTo(items, selection.focus, text);
    if (found === null) return;
    event.preventDefault();
    onSelect(select(selection, order(), found, 'only'));
  };

  return (event: KeyboardEvent, { columns, pageRows }: Sight): void => {
    // A field or a button inside the grid answers its own keys.
    if (event.target !== event.currentTarget || event.defaultPrevented) return;
    // Another key ends the word that letters were making.
    if (event.key.length > 1) typed.current = { text: '', atMs: 0 };
    const command = commandKeys[keyName(event)];
    if (command === 'copy' && !(getSelection()?.isCollapsed ?? true)) return;
    if (command !== undefined) {
      event.preventDefault();
      (commands[command] as () => void)();
      return;
    }
    const step = stepOf(event.key, columns, pageRows, items.length);
    const focused = items.find(({ id }) => id === selection.focus);
    if (step !== undefined && !event.altKey) goTo(event, moved(order(), selection.focus, step));
    else if (event.key === 'Enter' && focused) {
      event.preventDefault();
      commands.open(focused);
    } else if (event.key === ' ' && typed.current.atMs + wordMs < Date.now()) {
      event.preventDefault();
      const how = event.ctrlKey || selection.ids.has(selection.focus ?? '') ? 'toggle' : 'only';
      if (focused) onSelect(select(selection, order(), focused.id, how));
    } else if (event.key === '/' && !hasModifier(event)) {
      event.preventDefault();
      commands.search();
    } else if (event.key === '?') commands.help();
    else if (event.key.length === 1 && !hasModifier(event)) typeAhead(event);
  };
}

function hasModifier(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey;
}

function stepOf(key: string, columns: number, pageRows: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return columns;
    case 'ArrowUp':
      return -columns;
    case 'ArrowRight':
      return columns > 1 ? 1 : undefined;
    case 'ArrowLeft':
      return columns > 1 ? -1 : undefined;
    case 'PageDown':
      return pageRows * columns;
    case 'PageUp':
      return -pageRows * columns;
    case 'Home':
      return -count;
    case 'End':
      return count;
    default:
      return undefined;
  }
}
