import { askSystem } from '../../client/network/machine.ts';
import { t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';

/** Which version this is, and whose work it contains. */
export function AboutSection() {
  const { answer } = useQuery(askSystem);
  return (
    <section class="card padded" aria-labelledby="about">
      <h2 id="about">{t('About')}</h2>
      <p>
        peerstor <span class="numbers">{answer?.version}</span>
      </p>
      <p class="muted">
        {t('One private store made of the devices you already own. Free software under the MIT licence.')}
      </p>
      <div class="toolbar">
        <a class="button" href="/licences.txt" target="_blank" rel="noreferrer">
          {t('Licences of all parts')}
        </a>
        <a class="button" href="/api/docs" target="_blank" rel="noreferrer">
          {t('Programming interface')}
        </a>
      </div>
    </section>
  );
}
