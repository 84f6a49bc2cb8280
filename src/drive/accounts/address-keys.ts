/**
 * Keys in addresses that a browser fetches without our headers: images, videos, downloads. Such a
 * key replaces the session's proof for one entry and a few days; without the cookie it opens nothing.
 */
import { equalBytes, hkdf, hmacSha256 } from '../../crypto/index.ts';
import type { Clock } from '../../model/clock.ts';
import type { AddressKeys } from '../../model/contracts/drive.ts';

const dayMs = 86_400_000;
/** A key is valid for two to three days. It changes only once a day, so browsers can cache what they fetched. */
const keyDays = 3;
const macBytes = 16;
/** Days since 1970 in base 36, and the MAC in base64url. */
const keyShape = /^([1-9a-z][0-9a-z]{0,5})\.([A-Za-z0-9_-]{22})$/;

/** @param secret of the session; the keys end with it */
export function createAddressKeys(secret: Uint8Array, clock: Clock): AddressKeys {
  const macKey = hkdf(secret, 'session-address/1');
  const macOf = (entryId: string, lastDay: number) =>
    hmacSha256(macKey, new TextEncoder().encode(`${lastDay}\n${entryId}`)).subarray(0, macBytes);
  const today = () => Math.floor(clock.wallMs() / dayMs);
  return {
    keyFor(entryId) {
      const lastDay = today() + keyDays - 1;
      return `${lastDay.toString(36)}.${Buffer.from(macOf(entryId, lastDay)).toString('base64url')}`;
    },
    opens(entryId, key) {
      const [, dayText = '', macText = ''] = keyShape.exec(key) ?? [];
      const lastDay = Number.parseInt(dayText, 36);
      if (!(lastDay >= today())) return false;
      return equalBytes(macOf(entryId, lastDay), new Uint8Array(Buffer.from(macText, 'base64url')));
    },
  };
}
