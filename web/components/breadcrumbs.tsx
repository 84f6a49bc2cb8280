import type { EntryView } from '../../src/model/api.ts';
import { Icon } from './icon.tsx';

/** Where we are, from the root; the last one is the heading of the page. */
export function Breadcrumbs({ path }: { path: readonly EntryView[] }) {
  const nameOf = (entry: EntryView) => (entry.parentId === null ? 'My drive' : entry.name);
  return (
    <nav aria-label="Folders">
      <ol class="crumbs">
        {path.map((entry, depth) => (
          <li key={entry.id}>
            {depth > 0 && <Icon name="next" class="muted" />}
            {depth === path.length - 1 ? (
              <h1 aria-current="page">{nameOf(entry)}</h1>
            ) : (
              <a href={depth === 0 ? '/' : `/drive/${entry.id}`}>{nameOf(entry)}</a>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
