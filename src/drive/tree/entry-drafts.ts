/** Drafts of records for new and changed entries. */
import type { Draft } from '../../model/contracts/catalog.ts';
import type { EntryId, Revision, VersionId } from '../../model/ids.ts';
import type { EntryBody, EntryFacts, VersionBody } from '../../model/records.ts';
import {
  openName,
  openWithAny,
  sealFacts,
  sealName,
  sealOldKeys,
  sealVersionFacts,
  wrapKey,
} from '../keys/sealed-parts.ts';
import type { OpenVersion } from './listing/heads.ts';
import type { EntryKind } from './listing/names.ts';
import { type Entry, newEntryId, newEntryKey, newVersionId, openEntry, type Tree } from './tree.ts';

export interface NewEntry {
  id: EntryId;
  key: Uint8Array;
  draft: Draft<'entry'>;
}

/** The first version of an entry's key. Revoking access makes later ones: see `key-rotation.ts`. */
const firstKeyVersion = 1;

/**
 * A new entry under `parent`. Its fallback place is the drive's root, which always exists and is in no
 * cycle, so the entry opens even if another device deletes or moves its folder meanwhile.
 */
export function newEntry(
  tree: Tree,
  parent: { id: EntryId; key: Uint8Array },
  kind: EntryKind,
  name: string,
  options: { id?: EntryId; key?: Uint8Array; trashedAt?: number } = {},
): NewEntry {
  const id = options.id ?? newEntryId(tree);
  const key = options.key ?? newEntryKey(tree);
  const body: EntryBody = {
    kind,
    owner: tree.user,
    parent: parent.id,
    name: sealName(key, name),
    wrappedKey: wrapKey(parent.key, key),
    keyVersion: firstKeyVersion,
    fallback: fallbackOf(tree, key),
    createdAt: tree.clock.wallMs(),
    trashedAt: options.trashedAt ?? null,
  };
  return { id, key, draft: { table: 'entry', id, body } };
}

/** The root folder of a new drive. */
export function rootEntry(
  root: EntryId,
  owner: EntryBody['owner'],
  key: Uint8Array,
  rootEntryKey: Uint8Array,
  createdAt: number,
): Draft<'entry'> {
  const body: EntryBody = {
    kind: 'folder',
    owner,
    parent: null,
    name: sealName(key, ''),
    wrappedKey: wrapKey(rootEntryKey, key),
    keyVersion: firstKeyVersion,
    fallback: null,
    createdAt,
    trashedAt: null,
  };
  return { table: 'entry', id: root, body };
}

/**
 * The same entry with some fields changed; fields of newer versions are kept. Over several heads it
 * takes in the keys of all: they must agree on the present one (`key-rotation.ts` sees to that).
 */
export function changedEntry(tree: Tree, entry: Entry, change: Partial<EntryBody>): Draft<'entry'> {
  const merged = tree.catalog.heads('entry', entry.id).length > 1 ? mergedSeals(tree, entry) : {};
  const body = { ...bodyWithoutProof(entry.body), ...merged, ...change };
  return { table: 'entry', id: entry.id, body, ...baseOf(tree, entry.id) };
}

/** The sealed parts of all heads, sealed again under the present key. */
function mergedSeals(tree: Tree, entry: Entry): Partial<EntryBody> {
  const { present, all, keyVersion } = tree.cache.keys.keysOf(entry.id);
  const name = openWithAny(all, (key) => openName(key, entry.body.name));
  const old = all.length > 1 ? { oldKeys: sealOldKeys(present, all.slice(1)) } : {};
  return { ...wrapsIn(tree, entry, undefined, present), name: sealName(present, name), keyVersion, ...old };
}

/** A key of an entry, wrapped for its places. @param folder where it goes; by default it stays */
export function wrapsIn(
  tree: Tree,
  entry: Entry,
  folder: Entry | undefined,
  key: Uint8Array,
): Pick<EntryBody, 'parent' | 'wrappedKey' | 'fallback'> {
  if (entry.parent === null && tree.own) {
    return { parent: null, wrappedKey: tree.own.wrapTop(key), fallback: null };
  }
  const around = folder ?? openEntry(tree, entry.parent ?? tree.root);
  return { parent: around.id, wrappedKey: wrapKey(around.key, key), fallback: fallbackOf(tree, key) };
}

/** The body without the last writer's proof of a grant. */
export function bodyWithoutProof({ via, ...body }: EntryBody): EntryBody {
  return body;
}

/** Heads whose key is not known here must stay: replacing them would lose it. By default all are replaced. */
export function baseOf(tree: Tree, id: EntryId): { base?: Revision[] } {
  const { closed } = tree.cache.keys.keysOf(id);
  if (closed.length === 0) return {};
  const heads = tree.catalog.heads('entry', id).map(({ revision }) => revision);
  return { base: heads.filter((revision) => !closed.includes(revision)) };
}

/** The fields that put an entry into a folder. */
export function placedIn(tree: Tree, entry: Entry, folder: Entry): Partial<EntryBody> {
  return {
    parent: folder.id,
    wrappedKey: wrapKey(folder.key, entry.key),
    fallback: fallbackOf(tree, entry.key),
  };
}

/** The drive's root; of a grantee, who cannot open that, the entry that was granted. */
export function fallbackOf(tree: Tree, key: Uint8Array): EntryBody['fallback'] {
  return { parent: tree.root, wrappedKey: wrapKey(tree.cache.keys.keyOf(tree.root), key) };
}

export function factsDraft(tree: Tree, id: EntryId, key: Uint8Array, facts: EntryFacts): Draft<'facts'> {
  return { table: 'facts', id, body: { owner: tree.user, sealed: sealFacts(key, facts) } };
}

/** The content of a version; `manifest` must be durable before the record is written (I1). */
export type Content = Pick<
  OpenVersion,
  'manifest' | 'sealedBytes' | 'size' | 'mime' | 'modifiedAt' | 'contentDigest' | 'executable' | 'attributes'
>;

export function versionDraft(
  tree: Tree,
  entry: { id: EntryId; key: Uint8Array; keyVersion?: number },
  content: Content,
  replaces: readonly VersionId[],
): { id: VersionId; draft: Draft<'version'> } {
  const id = newVersionId(tree);
  const {
    manifest,
    sealedBytes,
    size,
    mime,
    modifiedAt,
    contentDigest,
    executable = false,
    attributes = {},
  } = content;
  const body: VersionBody = {
    entry: entry.id,
    owner: tree.user,
    replaces: [...replaces],
    manifest,
    sealedBytes,
    keyVersion: entry.keyVersion ?? firstKeyVersion,
    plainBytes: size,
    sealed: sealVersionFacts(entry.key, { size, mime, modifiedAt, contentDigest, executable, attributes }),
  };
  return { id, draft: { table: 'version', id, body } };
}
