import { attempt } from '../../client/state.ts';
import { Select } from '../../components/form/select.tsx';
import { chooseLanguage, type LanguageChoice, languageChoice, languages } from '../../words/language.ts';
import { t } from '../../words/words.ts';

/** Languages have their own names: whoever reads only one of them finds it. */
const names = Object.entries(languages).map(([value, label]) => ({ value: value as LanguageChoice, label }));

/** The language of the page. `bare`: the label is only heard. */
export function LanguageSelect({ bare = false }: { bare?: boolean }) {
  return (
    <Select
      label={t('Language')}
      bare={bare}
      value={languageChoice.value}
      options={[{ value: 'browser' as LanguageChoice, label: t('As the browser') }, ...names]}
      onChange={(choice) => void attempt(() => chooseLanguage(choice))}
    />
  );
}

/** It stays in this browser, so that it is known before signing in. */
export function LanguageSection() {
  return (
    <section class="card padded" aria-labelledby="language">
      <h2 id="language">{t('Language')}</h2>
      <LanguageSelect bare />
      <p class="muted">{t('For this browser, before signing in as well.')}</p>
    </section>
  );
}
