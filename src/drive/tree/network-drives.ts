/** What all opened drives of one network share on this device. */
import { KeyedLock } from '../../concurrency/index.ts';
import type { Clock } from '../../model/clock.ts';
import type { Catalog, CatalogChange } from '../../model/contracts/catalog.ts';
import type { UserId } from '../../model/ids.ts';
import type { Tunables } from '../../model/limits.ts';
import { type GrantIndex, openGrantIndex } from '../grants/grants.ts';
import { createQuotas, type Quotas } from '../quota/quotas.ts';

export interface NetworkDrives {
  readonly catalog: Catalog;
  readonly grants: GrantIndex;
  readonly quotas: Quotas;
  /** One drive has one lock, whoever has it open: its owner, and those that it was shared with. */
  locksOf(owner: UserId): KeyedLock;
  /** After what is kept here has taken the changes in. */
  onChange(listener: (changes: readonly CatalogChange[]) => void): () => void;
  stop(): void;
}

/** Opens what drives share, when every grant is known: who has it can ask for grants at once. */
export async function openNetworkDrives({
  catalog,
  clock,
  tunables,
}: {
  catalog: Catalog;
  clock: Clock;
  tunables: Pick<Tunables, 'garbageGraceMs' | 'garbageTrashMs'>;
}): Promise<NetworkDrives> {
  // First, so that it hears of a change before those who listen here.
  const grants = await openGrantIndex(catalog);
  const graceMs = tunables.garbageGraceMs + tunables.garbageTrashMs;
  const quotas = createQuotas({ catalog, clock, graceMs });
  const locks = new Map<UserId, KeyedLock>();
  const listeners = new Set<(changes: readonly CatalogChange[]) => void>();
  const unsubscribe = catalog.onChange((changes) => {
    quotas.apply(changes);
    for (const listener of [...listeners]) listener(changes);
  });
  return {
    catalog,
    grants,
    quotas,
    locksOf(owner) {
      let lock = locks.get(owner);
      if (!lock) {
        lock = new KeyedLock();
        locks.set(owner, lock);
      }
      return lock;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      listeners.clear();
      unsubscribe();
      grants.stop();
    },
  };
}
