/**
 * The current content of files: the winning version, and the versions of concurrent edits that
 * differ from it. They are opened with the entry's key and cached, because lists ask for thousands.
 */
import { LRUCache } from 'lru-cache';
import { equalBytes } from '../../../crypto/index.ts';
import type { CatalogReader } from '../../../model/contracts/catalog.ts';
import { sentenceOf } from '../../../model/errors.ts';
import {
  type ChunkId,
  type DeviceId,
  type EntryId,
  shortId,
  type VersionId,
  versionId,
} from '../../../model/ids.ts';
import type { Log } from '../../../model/log.ts';
import { hlcTicksPerMs, type VersionBody, type VersionFacts } from '../../../model/records.ts';
import { isLive, type Live } from '../../keys/live.ts';
import { openVersionFacts, openWithAny } from '../../keys/sealed-parts.ts';

/** About 700 bytes each with its place in `owners`: 18 MB at most. */
const headsKept = 25_000;

/** A version as its owner sees it. */
export interface OpenVersion extends VersionFacts {
  id: VersionId;
  entry: EntryId;
  manifest: ChunkId;
  sealedBytes: number;
  /** The device that wrote the version, and when (Unix ms of its hybrid clock). */
  device: DeviceId;
  writtenAtMs: number;
}

export interface Heads {
  /** undefined for a file whose every version was deleted, or cannot be opened. */
  winner: OpenVersion | undefined;
  /** Concurrent edits whose content differs from the winner's and from each other's. */
  conflicts: OpenVersion[];
  /** Every head, winner first; some may have equal content. */
  all: OpenVersion[];
}

export interface HeadsCache {
  /** @param keys of the entry, the present one first */
  of(entry: EntryId, keys: readonly Uint8Array[]): Promise<Heads>;
  /** The cached heads, if there are any. */
  known(entry: EntryId): Heads | undefined;
  /** Opens one version; undefined (and a line in the log) when it cannot be. */
  open(record: Live<VersionBody>, keys: readonly Uint8Array[]): OpenVersion | undefined;
  forget(entry: EntryId): void;
  /** Call this when keys arrived: versions that did not open may open now. */
  keysChanged(): void;
  /** The entry whose cached heads include this version; a tombstone does not name its entry. */
  entryOf(version: string): EntryId | undefined;
  /** Clears and disables the cache: it hears of no changes after this. */
  close(): void;
}

export function createHeadsCache(catalog: CatalogReader, log: Log): HeadsCache {
  const kept = new LRUCache<EntryId, Heads>({ max: headsKept });
  const owners = new LRUCache<string, EntryId>({ max: headsKept });
  /** Incremented by every invalidation, so that a read that began before it is not cached. */
  let changes = 0;
  let closed = false;
  /** Entries with a version that did not open. */
  const unopened = new Set<EntryId>();

  function open(record: Live<VersionBody>, keys: readonly Uint8Array[]): OpenVersion | undefined {
    try {
      const { entry, manifest, sealedBytes, sealed } = record.body;
      const writtenAtMs = Math.floor(record.hlc / hlcTicksPerMs);
      const said = { entry, manifest, sealedBytes, device: record.device, writtenAtMs };
      return {
        id: versionId(record.id),
        ...said,
        ...openWithAny(keys, (key) => openVersionFacts(key, sealed)),
      };
    } catch (error) {
      log.warn({ version: shortId(record.id) }, `A version cannot be opened: ${sentenceOf(error)}`);
      return undefined;
    }
  }

  async function read(entry: EntryId, keys: readonly Uint8Array[]): Promise<Heads> {
    const heads: Heads = { winner: undefined, conflicts: [], all: [] };
    for (const record of await catalog.currentVersions(entry)) {
      const version = isLive(record) ? open(record, keys) : undefined;
      if (!version) {
        unopened.add(entry);
        continue;
      }
      owners.set(version.id, entry);
      if (!heads.winner) heads.winner = version;
      else if (!heads.all.some((other) => sameContent(version, other))) heads.conflicts.push(version);
      heads.all.push(version);
    }
    return heads;
  }

  return {
    async of(entry, keys) {
      const known = kept.get(entry);
      if (known) return known;
      const before = changes;
      const heads = await read(entry, keys);
      if (changes === before && !closed) kept.set(entry, heads);
      return heads;
    },
    known: (entry) => kept.get(entry),
    open,
    forget(entry) {
      changes += 1;
      kept.delete(entry);
    },
    keysChanged() {
      if (unopened.size === 0) return;
      changes += 1;
      for (const entry of unopened) kept.delete(entry);
      unopened.clear();
    },
    entryOf: (version) => owners.get(version),
    close() {
      closed = true;
      kept.clear();
      owners.clear();
    },
  };
}

export function sameContent(left: OpenVersion, right: OpenVersion): boolean {
  return equalBytes(left.contentDigest, right.contentDigest);
}

/** The heads that hold the same content as `version`, itself included. */
export function headsLike(heads: Heads, version: OpenVersion): VersionId[] {
  return heads.all.filter((head) => sameContent(head, version)).map((head) => head.id);
}
