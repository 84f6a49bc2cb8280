/**
 * What is in each folder: opened names, kept so that a folder of ten thousand is opened once. A
 * change marks only the entry that changed; the next look opens that one again. A change that may
 * move whole branches (a folder moved or gone) drops all lists.
 *
 * There are two steps, because the second reads the versions of files: `of` has the entries,
 * `withConflicts` also the views of conflicting versions. Both yield to the event loop regularly.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { CatalogReader } from '../../../model/contracts/catalog.ts';
import { sentenceOf } from '../../../model/errors.ts';
import { type EntryId, entryId, shortId, type UserId } from '../../../model/ids.ts';
import type { Log } from '../../../model/log.ts';
import { type CatalogRecord, type EntryBody, hlcTicksPerMs } from '../../../model/records.ts';
import type { KeyTree } from '../../keys/key-tree.ts';
import { isLive, type Live } from '../../keys/live.ts';
import { openName, openWithAny } from '../../keys/sealed-parts.ts';
import type { HeadsCache, OpenVersion } from './heads.ts';
import { conflictName, type EntryKind, repairName } from './names.ts';
import type { Sortable } from './paging.ts';
import { SiblingNames } from './sibling-names.ts';

/** Rows of all folders of one user together: about 350 bytes each, 70 MB at most. */
const rowsKept = 200_000;
const foldersKept = 512;
/** Entries that are opened per event-loop turn: about 5 ms. */
const entriesAtOnce = 64;
/** Files whose versions are read at once; few of them need opening. */
const filesAtOnce = 256;
/** A build is repeated when folders moved meanwhile; after so many tries the last result is used. */
const buildTriesMax = 3;

export interface Row {
  id: EntryId;
  kind: EntryKind;
  /** The parent in the register, which may differ from the effective one. */
  parent: EntryId | null;
  /** Of the register: when a folder was last renamed or moved. */
  writtenAtMs: number;
}

export interface FolderListing {
  readonly folder: EntryId;
  /** Entries that are not in the trash and open with the user's keys. */
  readonly rows: ReadonlyMap<EntryId, Row>;
  readonly names: SiblingNames;
  /** Views of conflicting versions by their id, which is the version's; after `withConflicts`. */
  readonly conflicts: ReadonlyMap<EntryId, OpenVersion>;
  /** Children that could not be opened and are left out. */
  readonly unopenable: ReadonlySet<EntryId>;
  /** Changes with everything that a sorted list of it depends on. */
  readonly revision: number;
  /** Lists made from it, each with the revision that it was made of. */
  readonly sorted: Map<string, { revision: number; items: Sortable[] }>;
}

interface Working extends FolderListing {
  rows: Map<EntryId, Row>;
  conflicts: Map<EntryId, OpenVersion>;
  unopenable: Set<EntryId>;
  revision: number;
  /** Entries to be looked at again. */
  dirty: Set<EntryId>;
  /** Files whose heads have not been asked for since they changed. */
  unchecked: Set<EntryId>;
  /** Files with conflicting versions. */
  conflicted: Map<EntryId, OpenVersion[]>;
  /** The running read of some of `unchecked`. */
  checking: Promise<void> | undefined;
  dropped: boolean;
}

export interface Listings {
  of(folder: EntryId): Promise<FolderListing>;
  withConflicts(folder: EntryId): Promise<FolderListing>;
  /** Kept folders in which an entry is, as far as they know. */
  foldersOf(entry: EntryId): EntryId[];
  entryChanged(record: CatalogRecord, local: boolean): void;
  versionChanged(entry: EntryId): void;
  /** Names of conflicting versions hold the device's. */
  deviceChanged(): void;
  forgetAll(): void;
  /** Clears and disables the cache: it hears of no changes after this. */
  close(): void;
}

export interface ListingParts {
  catalog: CatalogReader;
  user: UserId;
  keys: KeyTree;
  heads: HeadsCache;
  log: Log;
}

export function createListings(parts: ListingParts): Listings {
  const { catalog } = parts;
  const kept = new LRUCache<EntryId, Working>({
    max: foldersKept,
    maxSize: rowsKept,
    sizeCalculation: (listing) => listing.rows.size + 1,
  });
  const building = new Map<EntryId, { listing: Working; ready: Promise<void> }>();

  let closed = false;

  function known(): Working[] {
    return [...kept.values(), ...[...building.values()].map(({ listing }) => listing)];
  }

  async function build(folder: EntryId): Promise<Working> {
    for (let tries = 1; ; tries += 1) {
      const listing = newListing(folder);
      const ready = fill(parts, listing);
      building.set(folder, { listing, ready });
      try {
        await ready;
      } finally {
        building.delete(folder);
      }
      if (listing.dropped && !closed && tries < buildTriesMax) continue;
      if (!listing.dropped && !closed) kept.set(folder, listing);
      return listing;
    }
  }

  const builds = new Map<EntryId, Promise<Working>>();
  async function of(folder: EntryId): Promise<Working> {
    let listing = kept.get(folder);
    if (!listing) {
      let pending = builds.get(folder);
      if (!pending) {
        pending = build(folder).finally(() => builds.delete(folder));
        builds.set(folder, pending);
      }
      listing = await pending;
    }
    refresh(parts, listing);
    return listing;
  }

  function dropAll(): void {
    for (const listing of known()) listing.dropped = true;
    kept.clear();
  }

  return {
    of,
    async withConflicts(folder) {
      const listing = await of(folder);
      while (listing.checking || listing.unchecked.size > 0) {
        listing.checking ??= checkSome(parts, listing).finally(() => {
          listing.checking = undefined;
        });
        await listing.checking;
        refresh(parts, listing);
      }
      nameConflicts(catalog, listing);
      return listing;
    },
    foldersOf: (entry) =>
      known()
        .filter((listing) => listing.rows.has(entry))
        .map((listing) => listing.folder),
    entryChanged(record, local) {
      if (mayMoveOthers(record, local, known())) return dropAll();
      const id = entryId(record.id);
      const parent = catalog.placeOf(id)?.parent;
      for (const listing of known()) {
        if (listing.rows.has(id) || listing.folder === parent || listing.unopenable.has(id)) {
          listing.dirty.add(id);
        }
        // A key that this record brings may open them.
        for (const other of listing.unopenable) listing.dirty.add(other);
      }
    },
    versionChanged(entry) {
      const parent = catalog.placeOf(entry)?.parent;
      for (const listing of known()) {
        if (listing.rows.has(entry)) {
          listing.unchecked.add(entry);
          listing.revision += 1;
        } else if (listing.folder === parent) {
          // A version that its deleter had not seen brings a deleted file back.
          listing.dirty.add(entry);
        }
      }
    },
    deviceChanged() {
      for (const listing of known()) if (listing.conflicted.size > 0) listing.revision += 1;
    },
    forgetAll: dropAll,
    close() {
      closed = true;
      dropAll();
    },
  };
}

async function checkSome({ catalog, heads, keys }: ListingParts, listing: Working): Promise<void> {
  const some = [...listing.unchecked.values().take(filesAtOnce)];
  for (const id of some) listing.unchecked.delete(id);
  try {
    await Promise.all(
      some.map(async (id) => {
        if (!listing.rows.has(id)) return;
        const conflicts = catalog.mayConflict(id) ? (await heads.of(id, keys.keysOf(id).all)).conflicts : [];
        if (conflicts.length > 0) listing.conflicted.set(id, conflicts);
        else if (!listing.conflicted.delete(id)) return;
        listing.revision += 1;
      }),
    );
    await breathe();
  } catch (error) {
    for (const id of some) if (listing.rows.has(id)) listing.unchecked.add(id);
    throw error;
  }
}

function newListing(folder: EntryId): Working {
  return {
    folder,
    rows: new Map(),
    names: new SiblingNames(),
    conflicts: new Map(),
    unopenable: new Set(),
    revision: 0,
    sorted: new Map(),
    dirty: new Set(),
    unchecked: new Set(),
    conflicted: new Map(),
    checking: undefined,
    dropped: false,
  };
}

async function fill(parts: ListingParts, listing: Working): Promise<void> {
  let opened = 0;
  for await (const record of parts.catalog.children(listing.folder)) {
    if (isLive(record)) put(parts, listing, record);
    opened += 1;
    if (opened % entriesAtOnce === 0) await breathe();
  }
}

/** Reads the entries again that changed since the last call. */
function refresh(parts: ListingParts, listing: Working): void {
  if (listing.dirty.size === 0) return;
  for (const id of listing.dirty) {
    const record = parts.catalog.get('entry', id);
    if (isLive(record) && parts.catalog.placeOf(id)?.parent === listing.folder) put(parts, listing, record);
    else takeOut(listing, id);
  }
  listing.dirty.clear();
  listing.revision += 1;
}

function put(parts: ListingParts, listing: Working, record: Live<EntryBody>): void {
  const id = entryId(record.id);
  const { kind, owner, parent, trashedAt } = record.body;
  if (trashedAt !== null || owner !== parts.user) return takeOut(listing, id);
  try {
    const name = openWithAny(parts.keys.keysOf(id).all, (key) => openName(key, record.body.name));
    listing.names.set(id, repairName(name), kind);
  } catch (error) {
    takeOut(listing, id);
    listing.unopenable.add(id);
    parts.log.warn({ entry: shortId(id) }, `An entry is left out of its folder: ${sentenceOf(error)}`);
    return;
  }
  listing.unopenable.delete(id);
  if (kind === 'file' && !listing.rows.has(id)) listing.unchecked.add(id);
  listing.rows.set(id, { id, kind, parent, writtenAtMs: Math.floor(record.hlc / hlcTicksPerMs) });
}

function takeOut(listing: Working, id: EntryId): void {
  listing.rows.delete(id);
  listing.names.delete(id);
  listing.unchecked.delete(id);
  listing.conflicted.delete(id);
  listing.unopenable.delete(id);
}

/** Gives the views of conflicting versions their names, beside those of the real entries. */
function nameConflicts(catalog: CatalogReader, listing: Working): void {
  if (listing.conflicted.size === 0 && listing.conflicts.size === 0) return;
  listing.conflicts = new Map();
  const guests = [];
  for (const [file, versions] of listing.conflicted) {
    const name = listing.names.nameOf(file) ?? '';
    for (const version of versions) {
      const id = entryId(version.id);
      const device = catalog.get('device', version.device)?.body?.name ?? shortId(version.device);
      listing.conflicts.set(id, version);
      guests.push({ id, name: conflictName(name, device, version.writtenAtMs) });
    }
  }
  listing.names.setGuests(guests);
}

/** May this record change where *other* entries effectively are? Only folders can. */
function mayMoveOthers(record: CatalogRecord, local: boolean, listings: readonly Working[]): boolean {
  const id = entryId(record.id);
  const row = listings.map((listing) => listing.rows.get(id)).find((found) => found !== undefined);
  const body = bodyOf(record);
  if (!body) return row?.kind !== 'file';
  if (body.kind === 'file') return false;
  // A folder that was just made here has no child anywhere yet.
  if (local && record.base.length === 0) return false;
  return row === undefined || row.parent !== body.parent;
}

function bodyOf(record: CatalogRecord): { kind: unknown; parent: unknown } | undefined {
  const { body } = record;
  if (typeof body !== 'object' || body === null || !('kind' in body) || !('parent' in body)) return undefined;
  return { kind: body.kind, parent: body.parent };
}
