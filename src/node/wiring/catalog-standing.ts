/** Whether the catalog of this device is complete enough to decide what is garbage. */
import type { CatalogSync, LocalCatalog } from '../../catalog/index.ts';
import type { CatalogStanding } from '../../model/contracts/replication.ts';

export function standingOf(catalog: LocalCatalog, sync: CatalogSync): CatalogStanding {
  return {
    isComplete: () => catalog.isCaughtUp(),
    isClockRight: () => catalog.isClockRight(),
    refresh: () => sync.refresh(),
  };
}
