/**
 * Versions whose content must be kept, as replication sees them: the catalog's version records, and the thumbnails
 * that belong to each of them. Thumbnails count while their version is live, so they go with it.
 */
import { isBody } from '../../catalog/index.ts';
import type { CatalogReader } from '../../model/contracts/catalog.ts';
import type { LiveVersions } from '../../model/contracts/replication.ts';
import { type ChunkId, ownRecordId, type VersionId, versionId } from '../../model/ids.ts';
import type { CatalogRecord, VersionBody } from '../../model/records.ts';

interface NamedVersion {
  id: VersionId;
  manifest: ChunkId;
}

type Gone = NamedVersion & { wasDeleted: boolean };

export function liveVersionsOf(catalog: CatalogReader): LiveVersions {
  return {
    async *list() {
      for await (const record of catalog.list('version')) {
        if (record.body) yield* partsOf(catalog, record.id, record.body);
      }
    },
    onChange(listener) {
      return catalog.onChange((changes) => {
        const added: NamedVersion[] = [];
        const removed: Gone[] = [];
        for (const { record } of changes) {
          if (record.table === 'version') noteVersion(catalog, record, added, removed);
          if (record.table === 'media') noteMedia(catalog, record, added, removed);
        }
        if (added.length + removed.length > 0) listener({ added, removed });
      });
    },
  };
}

function noteVersion(
  catalog: CatalogReader,
  record: CatalogRecord,
  added: NamedVersion[],
  removed: Gone[],
): void {
  const now = catalog.get('version', record.id)?.body;
  // A version is written once: a missing version had the content that was last known.
  const before = now ? undefined : lastOf(catalog, record);
  for (const part of now ? partsOf(catalog, record.id, now) : []) added.push(part);
  if (!before) return;
  const wasDeleted = catalog.heads('version', record.id).some(({ body }) => body === null);
  for (const part of partsOf(catalog, record.id, before)) removed.push({ ...part, wasDeleted });
}

/**
 * Two devices may have made thumbnails of one version at once: those of the winner are kept. What a later record
 * replaced is not known here any more; the next start finds it.
 */
function noteMedia(
  catalog: CatalogReader,
  { id }: CatalogRecord,
  added: NamedVersion[],
  removed: Gone[],
): void {
  const version = id.split('.')[0] ?? '';
  const body = catalog.get('version', version)?.body;
  const kept = body ? mediaOf(catalog, version, body) : undefined;
  if (kept) added.push(kept);
  const losers = [...catalog.heads('media', id), catalog.lastLive('media', id)];
  for (const loser of losers) {
    const manifest = loser?.body?.manifest ?? null;
    // The version's own manifest is never given up for what a record of thumbnails says.
    if (manifest === null || manifest === kept?.manifest || manifest === body?.manifest) continue;
    removed.push({ id: versionId(version), manifest, wasDeleted: false });
  }
}

/** The content of a version, and its thumbnails. */
function* partsOf(catalog: CatalogReader, id: string, body: VersionBody): Iterable<NamedVersion> {
  yield { id: versionId(id), manifest: body.manifest };
  const thumbnails = mediaOf(catalog, id, body);
  if (thumbnails) yield thumbnails;
}

function mediaOf(catalog: CatalogReader, id: string, { owner }: VersionBody): NamedVersion | undefined {
  const manifest = catalog.get('media', ownRecordId(id, owner))?.body?.manifest ?? null;
  return manifest === null ? undefined : { id: versionId(id), manifest };
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
