/** What a user's content is cut and sealed with; both follow from their dedupe secret. */
import { type GearTable, gearTable, gearTableBytes } from '../../chunking/index.ts';
import { hkdf } from '../../crypto/index.ts';

export interface ContentKeys {
  dedupeSecret: Uint8Array;
  gear: GearTable;
}

/** @param dedupeSecret 32 bytes from the user's bundle. Keep the result: it takes 32 rounds of HKDF. */
export function contentKeys(dedupeSecret: Uint8Array): ContentKeys {
  const seed = hkdf(dedupeSecret, 'gear/1', new Uint8Array(0), gearTableBytes);
  return { dedupeSecret, gear: gearTable(seed) };
}
