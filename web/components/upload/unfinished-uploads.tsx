import type { PickedFile } from '../../client/picked-files.ts';
import { pickedFiles } from '../../client/picked-files.ts';
import type { UnfinishedFile } from '../../client/uploads/unfinished.ts';
import { t } from '../../words/words.ts';
import { FileChooser, useFileChooser } from './file-chooser.tsx';

interface UnfinishedUploadsProps {
  files: readonly UnfinishedFile[];
  onPicked(files: PickedFile[]): void;
  onForget(): void;
}

const namesShown = 4;

/** Files whose upload a reload ended: they are named, and go on when they are chosen again. */
export function UnfinishedUploads({ files, onPicked, onForget }: UnfinishedUploadsProps) {
  const chosen = (_: true, picked: readonly File[]) => onPicked(pickedFiles(picked));
  const single = useFileChooser<true>(chosen, true);
  const folder = useFileChooser<true>(chosen, true);
  const more = files.length - namesShown;
  const areInFolders = files.some(({ target }) => target.names.length > 1);
  return (
    <section class="uploads unfinished" aria-label={t('Unfinished uploads')}>
      <header>
        <h2 class="grow">
          {t('{count} {count|upload was|uploads were} not finished', { count: files.length })}
        </h2>
      </header>
      <div class="problems stack">
        <p class="muted">
          {t('This page was loaded again. Choose the same files again: they go on where they were.')}
        </p>
        <ul class="conflict-names">
          {files.slice(0, namesShown).map(({ target }) => (
            <li key={target.names.join('/')}>{target.names.join('/')}</li>
          ))}
          {more > 0 && <li class="muted">{t('and {more} more', { more })}</li>}
        </ul>
        <div class="toolbar">
          <button type="button" class="button primary" onClick={() => single.choose(true)}>
            {t('Choose files again')}
          </button>
          {areInFolders && (
            <button type="button" class="button" onClick={() => folder.choose(true)}>
              {t('Choose folder again')}
            </button>
          )}
          <button type="button" class="button quiet" onClick={onForget}>
            {t('Forget them')}
          </button>
        </div>
      </div>
      <FileChooser label={t('Files that go on')} chooser={single} multiple />
      <FileChooser label={t('Folder that goes on')} chooser={folder} folder />
    </section>
  );
}
