import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { EntryView, VersionView } from '../../../../src/model/api.ts';
import { mayDo } from '../../../client/sharing.ts';
import { formatSize } from '../../../client/words/format.ts';
import { Icon } from '../../../components/icon.tsx';
import { nameOf } from '../../../components/list/breadcrumbs.tsx';
import { t } from '../../../words/words.ts';
import { Activity } from './activity.tsx';
import { Copies } from './copies.tsx';
import { Facts, Picture } from './facts.tsx';
import { People } from './people.tsx';
import { TagEditor } from './tag-editor.tsx';
import { Versions } from './versions.tsx';

export interface DetailsProps {
  /** What is selected, or the folder that is open; none where neither is. */
  entries: readonly EntryView[];
  /** Over the list, as on a phone, in place of beside it. */
  asSheet: boolean;
  onClose(): void;
  onOpen(entry: EntryView): void;
  onShare(entry: EntryView): void;
  /** Something of the entries was changed. */
  onChanged(): void;
  onPreview(entry: EntryView, version: VersionView): void;
  onCompare(entry: EntryView, version: VersionView): void;
}

/** Everything about what is selected: beside the list, or as a sheet over it. */
export function Details(props: DetailsProps) {
  const { entries, asSheet, onClose } = props;
  const [entry] = entries;
  const title =
    entries.length > 1
      ? t('{count} {count|item|items}', { count: entries.length })
      : entry
        ? nameOf(entry)
        : t('Details');
  const content = (
    <>
      <header class="toolbar">
        <h2 id="details-title" class="grow" title={title}>
          {title}
        </h2>
        <button
          type="button"
          class="button quiet icon-only"
          aria-label={t('Close details')}
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </header>
      {entries.length > 1 ? (
        <Several {...props} />
      ) : entry ? (
        <One key={entry.id} entry={entry} {...props} />
      ) : (
        <p class="muted">{t('Select a file or folder to see its details.')}</p>
      )}
    </>
  );
  if (asSheet) return <Sheet onClose={onClose}>{content}</Sheet>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keys too
    <section class="details" aria-label={t('Details')} tabIndex={0}>
      {content}
    </section>
  );
}

function Sheet({ onClose, children }: { onClose(): void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="details sheet" aria-label={t('Details')} onClose={onClose}>
      {children}
    </dialog>
  );
}

function One({ entry, ...on }: DetailsProps & { entry: EntryView }) {
  const isFile = entry.kind === 'file';
  const may = mayDo(entry);
  const isRoot = entry.parentId === null && !entry.owner;
  return (
    <>
      {isFile && <Picture entry={entry} onOpen={() => on.onOpen(entry)} />}
      <Facts entry={entry} />
      {!isRoot && (
        <section class="stack" aria-labelledby="details-tags">
          <h3 id="details-tags">{t('Tags')}</h3>
          <TagEditor entries={[entry]} readOnly={!may.tag} onChanged={on.onChanged} />
        </section>
      )}
      {isFile && <Copies entry={entry} />}
      {isFile && <Versions entry={entry} {...on} />}
      {may.share && !isRoot && <People entry={entry} onShare={() => on.onShare(entry)} />}
      {!isRoot && <Activity entry={entry} />}
    </>
  );
}

function Several({ entries, onChanged }: DetailsProps) {
  const bytes = entries.reduce(
    (sum, { kind, size, totalSize }) => sum + (kind === 'file' ? size : (totalSize ?? 0)),
    0,
  );
  const folders = entries.filter(({ kind }) => kind === 'folder').length;
  return (
    <>
      <dl class="work">
        <dt>{t('Files')}</dt>
        <dd>{t('{count} {count|file|files}', { count: entries.length - folders })}</dd>
        <dt>{t('Folders')}</dt>
        <dd>{t('{count} {count|folder|folders}', { count: folders })}</dd>
        <dt>{t('Size')}</dt>
        <dd>{formatSize(bytes)}</dd>
      </dl>
      <section class="stack" aria-labelledby="details-tags">
        <h3 id="details-tags">{t('Tags of all of them')}</h3>
        <TagEditor
          entries={entries}
          readOnly={!entries.every((entry) => mayDo(entry).tag)}
          onChanged={onChanged}
        />
      </section>
    </>
  );
}
