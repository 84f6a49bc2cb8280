import { Fragment } from 'preact';
import type { EntryView } from '../../../src/model/api.ts';
import { t } from '../../words/words.ts';
import { Icon } from '../icon.tsx';

/** The root has no name of its own. */
export const nameOf = ({ name }: Pick<EntryView, 'name'>) => (name === '' ? t('My drive') : name);

interface BreadcrumbsProps {
  /** From the root of the own drive, or from what somebody shared; the last one is the heading of the page. */
  path: readonly EntryView[];
  mayDrop(target: EntryView): boolean;
  onDrop(target: EntryView): void;
}

/** So many folders are shown; of a longer path the middle is in a menu. */
const shownMax = 4;

export function Breadcrumbs({ path, mayDrop, onDrop }: BreadcrumbsProps) {
  const isShared = path[0]?.name !== '';
  const hidden = path.length > shownMax ? path.slice(1, path.length - 2) : [];
  const shown = path.filter((entry) => !hidden.includes(entry));
  return (
    <nav aria-label={t('Folders')}>
      <ol class="crumbs">
        {isShared && (
          <li>
            <a href="/shared">{t('Shared')}</a>
          </li>
        )}
        {shown.map((entry, depth) => (
          <Fragment key={entry.id}>
            <li>
              {(depth > 0 || isShared) && <Icon name="next" class="muted" />}
              {depth === shown.length - 1 ? (
                <h1 aria-current="page" title={nameOf(entry)}>
                  {nameOf(entry)}
                </h1>
              ) : (
                <a
                  href={hrefOf(entry)}
                  title={nameOf(entry)}
                  onDragOver={(event) => {
                    if (!mayDrop(entry)) return;
                    event.preventDefault();
                    event.currentTarget.classList.add('target');
                  }}
                  onDragLeave={(event) => event.currentTarget.classList.remove('target')}
                  onDrop={(event) => {
                    event.currentTarget.classList.remove('target');
                    if (!mayDrop(entry)) return;
                    event.preventDefault();
                    onDrop(entry);
                  }}
                >
                  {nameOf(entry)}
                </a>
              )}
            </li>
            {depth === 0 && hidden.length > 0 && <HiddenCrumbs path={hidden} />}
          </Fragment>
        ))}
      </ol>
    </nav>
  );
}

const hrefOf = (entry: EntryView) => (entry.name === '' ? '/' : `/drive/${entry.id}`);

function HiddenCrumbs({ path }: { path: readonly EntryView[] }) {
  return (
    <li>
      <Icon name="next" class="muted" />
      <details class="more-crumbs">
        <summary
          class="button quiet icon-only"
          aria-label={t('{count} more {count|folder|folders}', { count: path.length })}
        >
          <Icon name="more" />
        </summary>
        <ul class="menu">
          {path.map((entry) => (
            <li key={entry.id}>
              <a href={hrefOf(entry)}>
                <Icon name="folder" />
                {nameOf(entry)}
              </a>
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
}
