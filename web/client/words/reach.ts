/** From where an address of a device can be opened, by its host alone. */
import { t } from '../../words/words.ts';

export type Reach = 'this-computer' | 'local-network' | 'anywhere';

/** @param host as in a URL, with or without a port */
export function reachOf(host: string): Reach {
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127\./.test(name)) {
    return 'this-computer';
  }
  if (/^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)/.test(name)) return 'local-network';
  // Shared by carriers and used by overlay networks such as Tailscale: no stranger gets there.
  if (/^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(name)) return 'local-network';
  // IPv6: unique local and link local.
  if (/^(f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):/.test(name)) return 'local-network';
  // Names without a dot, and those that routers and mDNS give, are known at home only.
  if (!/[.:]/.test(name) || /\.(local|lan|home|internal|home\.arpa)$/.test(name)) return 'local-network';
  return 'anywhere';
}

/** What somebody should know who sends such an address to others; undefined where it works everywhere. */
export function reachWarning(host: string): string | undefined {
  switch (reachOf(host)) {
    case 'this-computer':
      return t(
        'This address works only on this computer. Open peerstor by the network address of the device, then share again.',
      );
    case 'local-network':
      return t('This link works only in your own network, unless you make a device reachable from outside.');
    case 'anywhere':
      return undefined;
  }
}
