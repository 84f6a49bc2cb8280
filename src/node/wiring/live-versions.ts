/** Versions whose content must be kept, as replication sees them: the catalog's version records. */
import { isBody } from '../../catalog/index.ts';
import type { CatalogReader } from '../../model/contracts/catalog.ts';
import type { LiveVersions } from '../../model/contracts/replication.ts';
import { type ChunkId, type VersionId, versionId } from '../../model/ids.ts';
import type { CatalogRecord, VersionBody } from '../../model/records.ts';

interface NamedVersion {
  id: VersionId;
  manifest: ChunkId;
}

export function liveVersionsOf(catalog: CatalogReader): LiveVersions {
  return {
    async *list() {
      for await (const record of catalog.list('version')) {
        if (record.body) yield named(record.id, record.body);
      }
    },
    onChange(listener) {
      return catalog.onChange((changes) => {
        const added: NamedVersion[] = [];
        const removed: (NamedVersion & { wasDeleted: boolean })[] = [];
        for (const { record } of changes) {
          if (record.table !== 'version') continue;
          const now = catalog.get('version', record.id)?.body;
          // A version is written once: a missing version had the content that was last known.
          const before = now ? undefined : lastOf(catalog, record);
          if (now) added.push(named(record.id, now));
          if (!before) continue;
          const wasDeleted = catalog.heads('version', record.id).some(({ body }) => body === null);
          removed.push({ ...named(record.id, before), wasDeleted });
        }
        if (added.length + removed.length > 0) listener({ added, removed });
      });
    },
  };
}

/**
 * The last known state of a deleted version, or of one that no longer counts: a version that no grant allowed
 * leaves no record behind.
 */
function lastOf(catalog: CatalogReader, { id, body }: CatalogRecord): VersionBody | null | undefined {
  const deleted = catalog.lastLive('version', id);
  if (deleted) return deleted.body;
  return isBody('version', id, body) ? body : undefined;
}

function named(id: string, body: VersionBody): NamedVersion {
  return { id: versionId(id), manifest: body.manifest };
}
