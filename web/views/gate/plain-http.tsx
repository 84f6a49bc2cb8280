import { isExposed, secureAddress } from '../../client/plain-http.ts';
import { t, tParts } from '../../words/words.ts';

/** A warning where a password would cross the network in the clear, with a way out of it. */
export function PlainHttpWarning() {
  if (!isExposed(location)) return null;
  return (
    <div class="notice warn stack" role="note">
      <p>
        {t(
          'This page came over plain http. Whoever is on the same network could read your password and your files.',
        )}
      </p>
      <p>
        {tParts('{useHttps}. If your browser warns of the certificate, {install}.', {
          useHttps: <a href={secureAddress(location)}>{t('Use https')}</a>,
          install: (
            <a href="/install-certificate" target="_blank" rel="noreferrer">
              {t('install it once')}
            </a>
          ),
        })}
      </p>
    </div>
  );
}
