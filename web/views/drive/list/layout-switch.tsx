import { changeLayout, layoutNow } from '../../../client/drive/view-settings.ts';
import { Icon } from '../../../components/icon.tsx';
import { t } from '../../../words/words.ts';

/** List or tiles, for all folders. */
export function LayoutSwitch() {
  const isTiles = layoutNow() === 'tiles';
  const label = isTiles ? t('Show as list') : t('Show as tiles');
  return (
    <button
      type="button"
      class="button quiet icon-only"
      aria-label={label}
      title={label}
      onClick={() => changeLayout(isTiles ? 'list' : 'tiles')}
    >
      <Icon name={isTiles ? 'list' : 'tiles'} />
    </button>
  );
}
