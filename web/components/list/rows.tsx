import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from '../icon.tsx';

interface RowsProps {
  label: string;
  /** Said where there is nothing; undefined while it is on its way. */
  empty: string;
  count: number | undefined;
  /** Why there is no answer, or none that is new. */
  error?: Error | undefined;
  children: ComponentChildren;
}

/** A card with a list, or one sentence where the list is empty. */
export function Rows({ label, empty, count, error, children }: RowsProps) {
  return (
    <div class="card" aria-busy={count === undefined && error === undefined}>
      {error && (
        <p class="notice danger" role="alert">
          {error.message}
        </p>
      )}
      {count === 0 && <p class="empty">{empty}</p>}
      <ul aria-label={label}>{children}</ul>
    </div>
  );
}

interface RowProps {
  icon: IconName;
  /** Stands there in its place. */
  picture?: ComponentChildren;
  title: ComponentChildren;
  facts: ComponentChildren;
  /** Buttons. */
  children?: ComponentChildren;
}

export function Row({ icon, picture, title, facts, children }: RowProps) {
  return (
    <li class="device">
      {picture ?? <Icon name={icon} />}
      <div>
        <div class="ellipsis">{title}</div>
        <div class="facts">{facts}</div>
      </div>
      <div class="toolbar">{children}</div>
    </li>
  );
}
