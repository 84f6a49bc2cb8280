import { isExposed, secureAddress } from '../../client/plain-http.ts';

/** A warning where a password would cross the network in the clear, with a way out of it. */
export function PlainHttpWarning() {
  if (!isExposed(location)) return null;
  return (
    <div class="notice warn stack" role="note">
      <p>
        This page came over plain http. Whoever is on the same network could read your password and your
        files.
      </p>
      <p>
        <a href={secureAddress(location)}>Use https</a>. If your browser warns of the certificate,{' '}
        <a href="/install-certificate" target="_blank" rel="noreferrer">
          install it once
        </a>
        .
      </p>
    </div>
  );
}
