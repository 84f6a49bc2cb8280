/** The drives of the catalog that this device has now: opened once for each catalog, closed when another takes its place. */
import type { CatalogAuthor } from '../../model/contracts/catalog.ts';
import type { NetworkDrives } from './network-drives.ts';

export interface CatalogDrives {
  /** Opens the drives of a catalog, or gives those that are open. A failure is not remembered. */
  of(catalog: CatalogAuthor): Promise<NetworkDrives>;
  close(): void;
}

export function createCatalogDrives(open: (catalog: CatalogAuthor) => Promise<NetworkDrives>): CatalogDrives {
  let opened: { catalog: CatalogAuthor; drives: Promise<NetworkDrives> } | undefined;

  function close(): void {
    // Drives that failed to open have nothing to stop.
    opened?.drives.then((drives) => drives.stop()).catch(() => undefined);
    opened = undefined;
  }

  return {
    of(catalog) {
      if (opened?.catalog === catalog) return opened.drives;
      close();
      const opening = { catalog, drives: open(catalog) };
      opened = opening;
      opening.drives.catch(() => {
        if (opened === opening) opened = undefined;
      });
      return opening.drives;
    },
    close,
  };
}
