/** Records of entries as they are written: new ones, and changed ones. */
import type { Draft } from '../model/contracts/catalog.ts';
import type { EntryId, VersionId } from '../model/ids.ts';
import type { EntryBody, EntryFacts } from '../model/records.ts';
import type { OpenVersion } from './heads.ts';
import type { EntryKind } from './names.ts';
import { sealFacts, sealName, sealVersionFacts, wrapKey } from './sealed-parts.ts';
import { type Entry, newEntryId, newEntryKey, newVersionId, type Tree } from './tree.ts';

export interface NewEntry {
  id: EntryId;
  key: Uint8Array;
  draft: Draft<'entry'>;
}

/** The first version of an entry's key; more come with revoked grants. */
const firstKeyVersion = 1;

/**
 * A new entry under `parent`. Its fallback place is the drive's root, which always exists and lies in
 * no cycle, so that it can be opened whatever others do to its folder meanwhile.
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

/** The same entry with some fields changed; fields of newer versions are kept. */
export function changedEntry(entry: Entry, change: Partial<EntryBody>): Draft<'entry'> {
  return { table: 'entry', id: entry.id, body: { ...entry.body, ...change } };
}

/** The fields that put an entry into a folder. */
export function placedIn(tree: Tree, entry: Entry, folder: Entry): Partial<EntryBody> {
  return {
    parent: folder.id,
    wrappedKey: wrapKey(folder.key, entry.key),
    fallback: fallbackOf(tree, entry.key),
  };
}

function fallbackOf(tree: Tree, key: Uint8Array): EntryBody['fallback'] {
  return { parent: tree.root, wrappedKey: wrapKey(tree.cache.keys.keyOf(tree.root), key) };
}

export function factsDraft(tree: Tree, id: EntryId, key: Uint8Array, facts: EntryFacts): Draft<'facts'> {
  return { table: 'facts', id, body: { owner: tree.user, sealed: sealFacts(key, facts) } };
}

/** What a version says of its content; `manifest` must be durable before the record is written (I1). */
export type Content = Pick<
  OpenVersion,
  'manifest' | 'sealedBytes' | 'size' | 'mime' | 'modifiedAt' | 'sha256'
>;

export function versionDraft(
  tree: Tree,
  entry: { id: EntryId; key: Uint8Array; keyVersion?: number },
  content: Content,
  replaces: readonly VersionId[],
): { id: VersionId; draft: Draft<'version'> } {
  const id = newVersionId(tree);
  const { manifest, sealedBytes, size, mime, modifiedAt, sha256 } = content;
  const body = {
    entry: entry.id,
    owner: tree.user,
    replaces: [...replaces],
    manifest,
    sealedBytes,
    keyVersion: entry.keyVersion ?? firstKeyVersion,
    sealed: sealVersionFacts(entry.key, { size, mime, modifiedAt, sha256 }),
  };
  return { id, draft: { table: 'version', id, body } };
}
