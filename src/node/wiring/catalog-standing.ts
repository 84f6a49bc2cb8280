/** Whether the catalog of this device is fit to conclude from it what is garbage. */
import type { CatalogSync, LocalCatalog } from '../../catalog/index.ts';
import type { CatalogStanding } from '../../model/contracts/replication.ts';

export function standingOf(catalog: LocalCatalog, sync: CatalogSync): CatalogStanding {
  return {
    isComplete: () => catalog.isCaughtUp(),
    isClockRight: () => catalog.isClockRight(),
    refresh: () => sync.refresh(),
  };
}
