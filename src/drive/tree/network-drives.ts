/** What all opened drives of one network share on this device. */
import type { Catalog, CatalogChange } from '../../model/contracts/catalog.ts';
import type { UserId } from '../../model/ids.ts';
import { createGrantIndex, type GrantIndex } from '../grants/grants.ts';
import { KeyedLock } from '../grants/keyed-lock.ts';
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

export function openNetworkDrives(catalog: Catalog): NetworkDrives {
  const grants = createGrantIndex(catalog);
  const quotas = createQuotas(catalog);
  const locks = new Map<UserId, KeyedLock>();
  const listeners = new Set<(changes: readonly CatalogChange[]) => void>();
  const unsubscribe = catalog.onChange((changes) => {
    grants.apply(changes);
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
    },
  };
}
