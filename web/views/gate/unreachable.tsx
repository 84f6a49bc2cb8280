import { begin } from '../../client/state.ts';
import { t } from '../../words/words.ts';
import { OtherPages } from '../other-pages.tsx';
import { Gate } from './gate.tsx';

export function UnreachableView() {
  return (
    <Gate title={t('This device is not answering')}>
      <p class="muted">
        {t('It may be off, still starting, or on another network. Your other devices show the same drive.')}
      </p>
      <OtherPages />
      <button type="button" class="button primary" onClick={() => void begin()}>
        {t('Try again')}
      </button>
    </Gate>
  );
}
