import { useState } from 'preact/hooks';
import { iconOf, previewOf } from '../../../client/drive/file-kinds.ts';
import type { Source } from '../../../client/preview/content.ts';
import { listZip, readInside, type ZipFile } from '../../../client/preview/zip.ts';
import { formatSize } from '../../../client/words/format.ts';
import { Icon } from '../../../components/icon.tsx';
import { t } from '../../../words/words.ts';
import { useQuery } from '../../use-query.ts';
import { Inside, type Show } from './inside.tsx';

/** Drawn at once; a longer list is narrowed by its filter. */
const shownMax = 500;

/** The files in a ZIP file; one of them can be looked at. Only the list and that one are read. */
export function ZipPreview({ source, show }: { source: Source; show: Show }) {
  const { answer, error } = useQuery((signal) => listZip(source, signal), [source.key]);
  const [open, setOpen] = useState<ZipFile | null>(null);
  const [filter, setFilter] = useState('');
  if (error) {
    return (
      <p class="notice danger" role="alert">
        {error.message}
      </p>
    );
  }
  if (!answer) return <p aria-busy="true">{t('Loading…')}</p>;
  if (open) return <Opened zip={source} file={open} show={show} onBack={() => setOpen(null)} />;
  const files = answer.files.filter(({ path }) => !path.endsWith('/'));
  const words = filter.toLocaleLowerCase();
  const found = files.filter(({ path }) => path.toLocaleLowerCase().includes(words));
  return (
    <div class="text">
      <div class="toolbar">
        <span class="grow">
          {answer.isCut
            ? t('The first {count} files of more', { count: files.length })
            : t('{count} {count|file|files}', { count: files.length })}
        </span>
        <div class="field">
          <input
            type="search"
            aria-label={t('Filter files')}
            placeholder={t('Filter')}
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </div>
      </div>
      <ul class="card scrolls" aria-label={t('Files in the archive')}>
        {found.slice(0, shownMax).map((file) => (
          <li key={file.offset} class="device">
            <Icon name={iconOf({ kind: 'file', name: file.path, mime: null })} class="kind" />
            <div class="ellipsis" title={file.path}>
              {previewOf({ name: file.path, mime: null }) === 'none' ? (
                file.path
              ) : (
                <button type="button" class="as-link" onClick={() => setOpen(file)}>
                  {file.path}
                </button>
              )}
            </div>
            <span class="muted numbers">{formatSize(file.size)}</span>
          </li>
        ))}
        {found.length > shownMax && (
          <li class="device">
            <span />
            <span class="muted">
              {t('{count} more {count|file|files}', { count: found.length - shownMax })}
            </span>
          </li>
        )}
        {found.length === 0 && <li class="empty">{t('No file in it matches.')}</li>}
      </ul>
    </div>
  );
}

interface OpenedProps {
  zip: Source;
  file: ZipFile;
  show: Show;
  onBack(): void;
}

function Opened({ zip, file, show, onBack }: OpenedProps) {
  const { answer, error } = useQuery((signal) => readInside(zip, file, signal), [file]);
  return <Inside name={file.path} outside={zip} bytes={answer} error={error} show={show} onBack={onBack} />;
}
