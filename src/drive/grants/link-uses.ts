/**
 * How often a link was used. Each device keeps its own count in a register that the link's key signs; the
 * limit applies to the sum. Devices that cannot reach each other may together exceed it.
 */
import type { KeyedLock } from '../../concurrency/index.ts';
import type { CatalogAuthor, CatalogReader, Signer } from '../../model/contracts/catalog.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { GrantId } from '../../model/ids.ts';
import type { Grant } from './grants.ts';

export async function usesOf(catalog: CatalogReader, grant: GrantId): Promise<number> {
  return (await catalog.usesOf(grant)).reduce((sum, { body }) => sum + (body?.count ?? 0), 0);
}

/** Counts one more use durably. @throws `gone` when none is left */
export async function countUse(
  catalog: CatalogAuthor,
  locks: KeyedLock,
  { id: grant, body }: Grant,
  signer: Signer,
  nowMs: number,
): Promise<void> {
  // A device that only keeps copies writes nothing for users; where there is no limit it need not.
  if (body.maxUses === null && catalog.get('device', catalog.self)?.body?.storageOnly) return;
  await locks.run([`uses of ${grant}`], async () => {
    if (body.maxUses !== null && (await usesOf(catalog, grant)) >= body.maxUses) {
      throw new PeerstorError('gone', 'This link was used as often as it may be.');
    }
    const id = `${grant}.${catalog.self}`;
    const count = (catalog.get('use', id)?.body?.count ?? 0) + 1;
    await catalog.author([{ table: 'use', id, body: { count, lastAt: nowMs } }], signer);
  });
}
