/** State that all open drives of one network share on this device. */
import { KeyedLock } from '../../concurrency/index.ts';
import type { Clock } from '../../model/clock.ts';
import type { CatalogAuthor, CatalogChange } from '../../model/contracts/catalog.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import type { UserId } from '../../model/ids.ts';
import type { Tunables } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import { type GrantIndex, openGrantIndex } from '../sharing/grants/grants.ts';
import { createQuotas, type Quotas } from '../users/quota/quotas.ts';

export interface NetworkDrives {
  readonly catalog: CatalogAuthor;
  readonly grants: GrantIndex;
  readonly quotas: Quotas;
  /** The lock of a drive, which its owner and all grantees share. */
  locksOf(owner: UserId): KeyedLock;
  /** Called after the indexes here were updated. */
  onChange(listener: (changes: readonly CatalogChange[]) => void): () => void;
  stop(): void;
}

/** Resolves when the index of grants is complete, so that callers can use it at once. */
export async function openNetworkDrives({
  catalog,
  clock,
  tunables,
  counts,
  unfinishedBytes,
  log,
}: {
  catalog: CatalogAuthor;
  clock: Clock;
  tunables: Pick<Tunables, 'garbageGraceMs' | 'garbageTrashMs'>;
  /** Where counts of quotas are kept over restarts; not shared with anything else. */
  counts?: OrderedStore;
  log?: Log;
  /** As for `createQuotas`. */
  unfinishedBytes?: (owner: UserId) => number;
}): Promise<NetworkDrives> {
  // The index subscribes first, so that it is current when the listeners below are called.
  const grants = await openGrantIndex(catalog);
  const graceMs = tunables.garbageGraceMs + tunables.garbageTrashMs;
  const quotas = createQuotas({
    catalog,
    clock,
    graceMs,
    store: counts,
    unfinishedBytes,
    ...(log && { log }),
  });
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
