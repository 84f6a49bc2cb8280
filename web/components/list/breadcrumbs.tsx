import type { EntryView } from '../../../src/model/api.ts';
import { Icon } from '../icon.tsx';

/** The root has no name of its own. */
export const nameOf = ({ name }: Pick<EntryView, 'name'>) => (name === '' ? 'My drive' : name);

/**
 * Where we are, from the root of the own drive or from what somebody shared; the last one is the
 * heading of the page.
 */
export function Breadcrumbs({ path }: { path: readonly EntryView[] }) {
  const isShared = path[0]?.name !== '';
  return (
    <nav aria-label="Folders">
      <ol class="crumbs">
        {isShared && (
          <li>
            <a href="/shared">Shared</a>
          </li>
        )}
        {path.map((entry, depth) => (
          <li key={entry.id}>
            {(depth > 0 || isShared) && <Icon name="next" class="muted" />}
            {depth === path.length - 1 ? (
              <h1 aria-current="page">{nameOf(entry)}</h1>
            ) : (
              <a href={entry.name === '' ? '/' : `/drive/${entry.id}`}>{nameOf(entry)}</a>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
