/**
 * The page's half of its session. Cookies go to every port of a host, and this storage belongs to one
 * origin: who has only the cookie can do nothing.
 */
const storageKey = 'peerstor-proof';
const proofHeader = 'X-Peerstor';
/** The subprotocol of the events; the proof is offered beside it, because a page chooses no headers there. */
const eventsProtocol = 'peerstor';

/** Where storage is forbidden, a session lasts as long as this page. */
let kept: string | undefined;

export function keepProof(proof: string): void {
  kept = proof;
  try {
    localStorage.setItem(storageKey, proof);
  } catch {
    // Private windows may forbid it.
  }
}

export function forgetProof(): void {
  kept = undefined;
  try {
    localStorage.removeItem(storageKey);
  } catch {
    // nothing was kept there
  }
}

/** Read each time: another tab may have signed in anew. */
function proof(): string | undefined {
  try {
    return localStorage.getItem(storageKey) ?? undefined;
  } catch {
    return kept;
  }
}

/** Goes with every request of this page. */
export function proofHeaders(): Record<string, string> {
  const text = proof();
  return text === undefined ? {} : { [proofHeader]: text };
}

/** What the WebSocket of the events offers. */
export function eventProtocols(): string[] {
  const text = proof();
  return text === undefined ? [eventsProtocol] : [eventsProtocol, text];
}

/** An address below an entry that the browser fetches by itself, with the key that stands for the proof. */
export function signedAddress(address: string, { k }: { k?: string }): string {
  return k === undefined
    ? address
    : `${address}${address.includes('?') ? '&' : '?'}k=${encodeURIComponent(k)}`;
}
