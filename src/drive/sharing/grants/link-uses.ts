/**
 * How often a link was used. Each device keeps its own count in a register that the link's key signs; the
 * limit applies to the sum. A use of a link with a limit is reserved with the connected devices before it is
 * counted; devices that cannot reach each other may together exceed it.
 */
import type { KeyedLock } from '../../../concurrency/index.ts';
import type { CatalogAuthor, CatalogReader, Signer } from '../../../model/contracts/catalog.ts';
import type { UseReservations } from '../../../model/contracts/use-reservations.ts';
import { PeerstorError } from '../../../model/errors.ts';
import type { GrantId } from '../../../model/ids.ts';
import type { Grant } from './grants.ts';

export interface UseCounting {
  catalog: CatalogAuthor;
  locks: KeyedLock;
  reservations: UseReservations;
  /** The link's own key. */
  signer: Signer;
  nowMs: number;
}

export async function usesOf(catalog: CatalogReader, grant: GrantId): Promise<number> {
  return (await catalog.usesOf(grant)).reduce((sum, { body }) => sum + (body?.count ?? 0), 0);
}

/**
 * Counts one more use durably.
 * @throws `gone` when none is left, `forbidden` on a device that only keeps copies, `not-ready` while others count for
 * too long
 */
export async function countUse({ id: grant, body }: Grant, counting: UseCounting): Promise<void> {
  const { catalog, locks, reservations, signer, nowMs } = counting;
  const { maxUses } = body;
  // A device that only keeps copies writes nothing for users; where there is no limit it need not.
  const onlyKeepsCopies = catalog.get('device', catalog.self)?.body?.storageOnly === true;
  if (maxUses === null && onlyKeepsCopies) return;

  const requireOneLeft = async () => {
    if (maxUses === null || (await usesOf(catalog, grant)) < maxUses) return;
    throw new PeerstorError('gone', 'This link was used as often as it may be.');
  };
  const count = async () => {
    await requireOneLeft();
    const id = `${grant}.${catalog.self}`;
    const used = (catalog.get('use', id)?.body?.count ?? 0) + 1;
    await catalog.author([{ table: 'use', id, body: { count: used, lastAt: nowMs } }], signer);
  };
  await locks.run([`uses of ${grant}`], async () => {
    // A device that only keeps copies may count nothing: it is refused at once, and asks nobody.
    if (maxUses === null || onlyKeepsCopies) return count();
    // Nobody is asked for a use that is known to be none.
    await requireOneLeft();
    await reservations.run(grant, count);
  });
}
