/** What a link to the set-up page brings behind its `#`. It never reaches a server's log there. */

export interface Brought {
  /** From the link that peerstor printed on this device. */
  setupCode: string;
  /** Eight digits of another device that lets this one in. */
  pairingCode: string;
  /** HOST:PORT of that device's page. */
  address: string;
}

/** @param hash `#CODE`, or `#pair=DIGITS&at=HOST:PORT&code=CODE`, each part optional */
export function broughtBy(hash: string): Brought {
  const text = hash.replace(/^#/, '');
  if (!text.includes('=')) return { setupCode: decoded(text), pairingCode: '', address: '' };
  const parts = new URLSearchParams(text);
  return {
    setupCode: parts.get('code') ?? '',
    pairingCode: (parts.get('pair') ?? '').replace(/[^0-9]/g, '').slice(0, 8),
    address: parts.get('at') ?? '',
  };
}

/** Opens the joining page of a new device with the code filled in. */
export function joiningPage(newDevice: string, pairingCode: string, address: string): string {
  return `http://${newDevice}/setup#${new URLSearchParams({ pair: pairingCode, at: address })}`;
}

/** HOST, HOST:PORT or the whole address of a page → HOST:PORT; undefined where it is none. */
export function hostOf(typed: string): string | undefined {
  try {
    const text = typed.trim();
    const url = new URL(/^https?:\/\//i.test(text) ? text : `http://${text}`);
    return url.host === '' ? undefined : url.host;
  } catch {
    return undefined;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
