/**
 * Access keys of S3. A signed request brings the id of a key and a signature under its secret, never the secret; but
 * what opens the drive follows from the secret alone. So the id carries it, sealed under a key that every member
 * device has and nobody outside: decision 0048.
 */
import { hkdf, open, seal } from '../../../crypto/index.ts';
import type { CatalogReader } from '../../../model/contracts/catalog.ts';
import { isPeerstorError } from '../../../model/errors.ts';
import { fromHex, toHex } from '../../../model/ids.ts';
import { tokenBytes, tokenOfBytes } from './grant-secrets.ts';

const label = 's3-access-key/1';
/** A catalog has one genesis, under this id (FORMAT, section 5). */
const genesisId = 'genesis';
const idShape = /^[0-9a-f]{120}$/;

/** @returns hex digits, since clients take little else in such an id */
export function accessKeyOf(catalog: Pick<CatalogReader, 'get'>, token: string): string {
  return toHex(seal(sealingKeyOf(catalog), label, tokenBytes(token)));
}

/** The token that an id carries; undefined for a text that is none of this network. */
export function tokenInAccessKey(catalog: Pick<CatalogReader, 'get'>, id: string): string | undefined {
  if (!idShape.test(id)) return undefined;
  try {
    return tokenOfBytes(open(sealingKeyOf(catalog), label, fromHex(id)));
  } catch (error) {
    if (isPeerstorError(error, 'forbidden')) return undefined;
    throw error;
  }
}

/** The random part of the network's first record: it is told to members only, and never changes. */
function sealingKeyOf(catalog: Pick<CatalogReader, 'get'>): Uint8Array {
  const genesis = catalog.get('genesis', genesisId)?.body;
  if (!genesis) throw new Error('a network has a genesis');
  return hkdf(genesis.random, label);
}
