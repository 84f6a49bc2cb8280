import { Icon } from '../../components/icon.tsx';
import { t } from '../../words/words.ts';

/** Back to the whole timeline. */
export function AllPhotosLink() {
  return (
    <a class="button" href="/photos">
      <Icon name="photos" />
      <span class="label">{t('All photos')}</span>
    </a>
  );
}
