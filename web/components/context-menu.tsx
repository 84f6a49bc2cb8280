import { useLayoutEffect, useRef } from 'preact/hooks';
import { Icon, type IconName } from './icon.tsx';

export type MenuEntry =
  | { kind: 'action'; icon: IconName; label: string; keys?: string; danger?: boolean; run(): void }
  /** Something that the browser saves or opens by itself. */
  | { kind: 'link'; icon: IconName; label: string; href: string }
  | { kind: 'line' };

interface ContextMenuProps {
  label: string;
  entries: readonly MenuEntry[];
  /** Where its corner goes; it stays within the window. */
  at: { x: number; y: number };
  onClose(): void;
}

const gapPx = 4;

/** A menu in the top layer, at a pointer or a button. Arrow keys move, Escape closes, the focus returns. */
export function ContextMenu({ label, entries, at, onClose }: ContextMenuProps) {
  const menu = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = menu.current;
    if (!element) return;
    const before = document.activeElement;
    show(element, at);
    const stopWaiting = afterOpeningPress(() => {
      if (element.isConnected && !element.matches(':popover-open')) show(element, at);
    });
    return () => {
      stopWaiting();
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, [at]);

  const onKeyDown = (event: KeyboardEvent) => {
    const items = [...(menu.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const from = items.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: from + 1, ArrowUp: from - 1, Home: 0, End: items.length - 1 }[event.key];
    event.stopPropagation();
    if (event.key === 'Tab' || event.key === 'Escape') {
      event.preventDefault();
      onClose();
    }
    if (to === undefined) return;
    event.preventDefault();
    items[(to + items.length) % items.length]?.focus();
  };

  return (
    <div
      ref={menu}
      popover="auto"
      class="menu"
      role="menu"
      aria-label={label}
      onToggle={(event: { newState: string }) => event.newState === 'closed' && onClose()}
      onKeyDown={onKeyDown}
    >
      {entries.map((entry, index) => (
        <MenuLine key={entry.kind === 'line' ? index : entry.label} entry={entry} onClose={onClose} />
      ))}
    </div>
  );
}

function show(element: HTMLElement, at: { x: number; y: number }): void {
  element.showPopover();
  const { width, height } = element.getBoundingClientRect();
  const left = at.x + width > innerWidth ? at.x - width : at.x;
  const top = at.y + height > innerHeight ? at.y - height : at.y;
  element.style.left = `${Math.max(gapPx, left)}px`;
  element.style.top = `${Math.max(gapPx, Math.min(top, innerHeight - height - gapPx))}px`;
  element.querySelector<HTMLElement>('[role=menuitem]')?.focus({ preventScroll: true });
}

const rightButton = 2;

/**
 * Where a menu opens while the right button is still down (Linux, macOS), the browser takes the button's release
 * beside the menu, as on its round corner, for a click outside and closes it. This calls back right after
 * that release; a new press means that the opening one is over.
 */
function afterOpeningPress(onRelease: () => void): () => void {
  const stop = new AbortController();
  const options = { capture: true, signal: stop.signal };
  addEventListener('pointerdown', () => stop.abort(), options);
  addEventListener(
    'pointerup',
    ({ button }) => {
      stop.abort();
      if (button === rightButton) onRelease();
    },
    options,
  );
  return () => stop.abort();
}

function MenuLine({ entry, onClose }: { entry: MenuEntry; onClose(): void }) {
  if (entry.kind === 'line') return <hr />;
  if (entry.kind === 'link') {
    return (
      <a role="menuitem" tabIndex={-1} href={entry.href} download onClick={() => setTimeout(onClose)}>
        <Icon name={entry.icon} />
        {entry.label}
      </a>
    );
  }
  return (
    <button
      type="button"
      role="menuitem"
      aria-label={entry.label}
      aria-keyshortcuts={entry.keys}
      tabIndex={-1}
      class={entry.danger ? 'danger' : ''}
      onClick={() => {
        onClose();
        entry.run();
      }}
    >
      <Icon name={entry.icon} />
      {entry.label}
      {entry.keys && <kbd class="muted">{entry.keys}</kbd>}
    </button>
  );
}
