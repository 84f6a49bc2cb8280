import type { EntryView } from '../../../../src/model/api.ts';
import { exceptOf } from '../../../client/drive/selection.ts';
import { mayDo } from '../../../client/sharing.ts';
import { Icon, type IconName } from '../../../components/icon.tsx';
import { t } from '../../../words/words.ts';
import { downloadAddress, type EntryActions } from './use-entry-actions.ts';

interface SelectionBarProps {
  entries: readonly EntryView[];
  on: EntryActions;
  onClear(): void;
}

/** Takes the place of the toolbar while something is selected. */
export function SelectionBar({ entries, on, onClear }: SelectionBarProps) {
  const [entry] = entries;
  if (!entry) return null;
  const isSingle = entries.length === 1;
  const mayChange = entries.every((one) => mayDo(one).change);
  const mayTag = entries.every((one) => mayDo(one).tag);
  const isOwn = entries.every((one) => mayDo(one).share);
  const isStarred = entries.every(({ starred }) => starred);
  return (
    <div class="toolbar selection-bar" role="toolbar" aria-label={t('Selected entries')}>
      <button
        type="button"
        class="button quiet icon-only"
        aria-label={t('Clear selection')}
        onClick={onClear}
      >
        <Icon name="close" />
      </button>
      <strong class="grow" aria-live="polite">
        {countWords(entries)}
      </strong>
      {isSingle ? (
        <a class="button quiet" href={downloadAddress(entry)} download aria-label={t('Download')}>
          <Icon name="download" />
          <span class="label">{t('Download')}</span>
        </a>
      ) : (
        <BarButton icon="download" label={t('Download')} onClick={() => on.download(entries)} />
      )}
      {isSingle && isOwn && <BarButton icon="share" label={t('Share')} onClick={() => on.share(entry)} />}
      {isOwn && (
        <BarButton
          icon={isStarred ? 'star-off' : 'star'}
          label={isStarred ? t('Remove star') : t('Add star')}
          onClick={() => on.star(entries, !isStarred)}
        />
      )}
      {mayTag && <BarButton icon="tag" label={t('Tags…')} onClick={() => on.tags(entries)} />}
      {mayChange && (
        <>
          <BarButton icon="move" label={t('Move to…')} onClick={() => on.transfer('move', entries)} />
          <BarButton icon="copy" label={t('Copy to…')} onClick={() => on.transfer('copy', entries)} />
          <BarButton icon="trash" label={t('Move to trash')} onClick={() => on.trash(entries)} />
        </>
      )}
    </div>
  );
}

function countWords(entries: readonly EntryView[]): string {
  const except = exceptOf(entries);
  if (except === undefined) return t('{count} selected', { count: entries.length });
  return except.length === 0 ? t('All selected') : t('All selected but {count}', { count: except.length });
}

function BarButton({ icon, label, onClick }: { icon: IconName; label: string; onClick(): void }) {
  return (
    <button type="button" class="button quiet" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
      <span class="label">{label}</span>
    </button>
  );
}
