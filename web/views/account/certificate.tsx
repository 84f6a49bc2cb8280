import { t } from '../../words/words.ts';

/** Where the certificate of the network is explained; a page of its own, which needs nothing of this one. */
export function CertificateSection() {
  return (
    <section class="card padded" aria-labelledby="certificate">
      <h2 id="certificate">{t('Certificate')}</h2>
      <p>
        {t(
          'Install the certificate of your network once on each phone and computer, and open all your devices over https.',
        )}
      </p>
      <div>
        <a class="button" href="/install-certificate" target="_blank" rel="noreferrer">
          {t('How to install it')}
        </a>
      </div>
    </section>
  );
}
