import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';

interface MenuProps {
  label: string;
  children: ComponentChildren;
}

const gapPx = 4;

/** A button that opens a list of actions in the top layer; arrow keys move, Escape closes. */
export function Menu({ label, children }: MenuProps) {
  const id = useId();
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  const place = () => {
    if (!menu.current || !button.current) return;
    const anchor = button.current.getBoundingClientRect();
    const size = menu.current.getBoundingClientRect();
    const below = anchor.bottom + gapPx;
    const top = below + size.height > innerHeight ? anchor.top - gapPx - size.height : below;
    menu.current.style.top = `${Math.max(gapPx, top)}px`;
    menu.current.style.left = `${Math.max(gapPx, anchor.right - size.width)}px`;
    menu.current.querySelector<HTMLElement>('[role=menuitem]')?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const items = [...(menu.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    items[(at + step + items.length) % items.length]?.focus();
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        class="button quiet icon-only"
        aria-label={label}
        aria-haspopup="menu"
        popovertarget={id}
      >
        <Icon name="more" />
      </button>
      <div
        ref={menu}
        id={id}
        popover="auto"
        class="menu"
        role="menu"
        aria-label={label}
        onToggle={(event: { newState: string }) => event.newState === 'open' && place()}
        onKeyDown={onKeyDown}
        onClick={() => menu.current?.hidePopover()}
      >
        {children}
      </div>
    </>
  );
}

interface ItemProps {
  icon: Parameters<typeof Icon>[0]['name'];
  label: string;
  danger?: boolean;
  onChoose(): void;
}

export function MenuItem({ icon, label, danger, onChoose }: ItemProps) {
  return (
    <button type="button" role="menuitem" tabIndex={-1} class={danger ? 'danger' : ''} onClick={onChoose}>
      <Icon name={icon} />
      {label}
    </button>
  );
}

export function MenuLink({ icon, label, href }: { icon: ItemProps['icon']; label: string; href: string }) {
  return (
    <a role="menuitem" tabIndex={-1} href={href} download>
      <Icon name={icon} />
      {label}
    </a>
  );
}
