import { changeLayout, layoutNow } from '../../../client/drive/view-settings.ts';
import { Icon } from '../../../components/icon.tsx';

/** List or tiles, for all folders. */
export function LayoutSwitch() {
  const isTiles = layoutNow() === 'tiles';
  const label = isTiles ? 'Show as list' : 'Show as tiles';
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
