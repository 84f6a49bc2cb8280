import { changeLayout, layoutOf } from '../../../client/drive/view-settings.ts';
import { Icon } from '../../../components/icon.tsx';
import { t } from '../../../words/words.ts';

/** List or tiles, for a folder and those within it. */
export function LayoutSwitch({ places }: { places: readonly string[] }) {
  const isTiles = layoutOf(places) === 'tiles';
  const label = isTiles ? t('Show as list') : t('Show as tiles');
  return (
    <button
      type="button"
      class="button quiet icon-only"
      aria-label={label}
      title={label}
      onClick={() => changeLayout(places, isTiles ? 'list' : 'tiles')}
    >
      <Icon name={isTiles ? 'list' : 'tiles'} />
    </button>
  );
}
