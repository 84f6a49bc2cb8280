/** Lists the versions of files and opens their content. */
import type { EntryView } from '../../model/api.ts';
import type { OpenContent, VersionFactsView } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { EntryId, VersionId } from '../../model/ids.ts';
import { readContent } from '../content/index.ts';
import { isLive } from '../keys/live.ts';
import { runRotating } from '../sharing/access/key-rotation.ts';
import { versionDraft } from '../tree/entry-drafts.ts';
import { conflictNameOf, viewOf } from '../tree/entry-view.ts';
import { headsLike, type OpenVersion } from '../tree/listing/heads.ts';
import { copiedMedia, mediaDrafts } from '../tree/media-copies.ts';
import {
  author,
  type Entry,
  isConflict,
  nameOf,
  notFound,
  requireEntry,
  requireEntryOrConflict,
  requireOutsideTrash,
  type Tree,
} from '../tree/tree.ts';
import { versionNamesOf } from './naming.ts';

/** Newest first. */
export async function versions(tree: Tree, id: EntryId): Promise<VersionFactsView[]> {
  const found = await requireEntryOrConflict(tree, id);
  const file = isConflict(found) ? found.file : requireFile(found);
  const { winner } = await tree.cache.heads.of(file.id, file.keys);
  const current = isConflict(found) ? found.version.id : winner?.id;
  const names = versionNamesOf(tree, file) ?? {};
  const views: VersionFactsView[] = [];
  for (const record of await tree.catalog.versions(file.id)) {
    const version = isLive(record) ? tree.cache.heads.open(record, file.keys) : undefined;
    if (!version) continue;
    const modifiedAt = new Date(version.modifiedAt).toISOString();
    views.push({
      id: version.id,
      size: version.size,
      modifiedAt,
      current: version.id === current,
      name: names[version.id] ?? null,
      executable: version.executable ?? false,
    });
  }
  return views;
}

/** Makes an old version (or one that lost a concurrent edit) the current one, as a new version. */
export async function restoreVersion(tree: Tree, id: EntryId, wanted: VersionId): Promise<EntryView> {
  const found = await requireEntryOrConflict(tree, id);
  const file = isConflict(found) ? found.file : requireFile(found);
  await runRotating(tree, [file.parent ?? file.id], [file.id], async () => {
    const entry = requireEntry(tree, file.id);
    requireOutsideTrash(tree, entry);
    const version = requireVersion(tree, entry, wanted);
    const heads = await tree.cache.heads.of(entry.id, entry.keys);
    if (heads.winner?.id === wanted) return;
    const replaced = heads.winner ? headsLike(heads, heads.winner) : [];
    const settled = heads.all.some((head) => head.id === wanted) ? headsLike(heads, version) : [];
    const { key, body } = entry;
    const target = { id: entry.id, key, keyVersion: body.keyVersion };
    const reservation = await tree.quotas.reserve(tree.user, version.size);
    try {
      const { draft } = versionDraft(tree, target, version, [...replaced, ...settled]);
      const media = await copiedMedia({ tree, version: wanted, keys: entry.keys }, { key });
      await author(tree, [draft, ...mediaDrafts(tree, entry.id, draft.id, media)]);
    } finally {
      reservation.release();
    }
  });
  return viewOf(tree, requireEntry(tree, file.id));
}

/** @throws `not-found`; `gone` for a file whose content was deleted for ever on another device */
export async function openContent(tree: Tree, id: EntryId, wanted?: VersionId): Promise<OpenContent> {
  const found = await requireEntryOrConflict(tree, id);
  if (isConflict(found) && (wanted === undefined || wanted === found.version.id)) {
    return contentOf(tree, found.file.keys, found.version, await conflictNameOf(tree, found));
  }
  const file = isConflict(found) ? found.file : requireFile(found);
  const version = wanted ? requireVersion(tree, file, wanted) : await currentOf(tree, file);
  return contentOf(tree, file.keys, version, await nameOf(tree, file));
}

function contentOf(
  tree: Tree,
  [entryKey = new Uint8Array(0), ...otherKeys]: readonly Uint8Array[],
  version: OpenVersion,
  name: string,
): OpenContent {
  const { manifest, size, mime, modifiedAt: modifiedAtMs, id: etag, attributes = {} } = version;
  return {
    name,
    size,
    mime,
    etag,
    modifiedAtMs,
    attributes,
    read(range, signal) {
      const { start, end } = range;
      const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
      if (!whole || start < 0 || end < start || end > size) {
        throw new PeerstorError('bad-range', `This file has ${size} bytes; ${start} to ${end} is not in it.`);
      }
      return readContent({ manifest, entryKey, otherKeys, network: tree.network, range, signal });
    },
  };
}

async function currentOf(tree: Tree, file: Entry): Promise<OpenVersion> {
  const { winner } = await tree.cache.heads.of(file.id, file.keys);
  if (winner) return winner;
  throw new PeerstorError('gone', 'The content of this file was deleted for ever on another device.');
}

function requireVersion(tree: Tree, file: Entry, wanted: VersionId): OpenVersion {
  const record = tree.catalog.get('version', wanted);
  const mine = isLive(record) && record.body.owner === tree.user && record.body.entry === file.id;
  const version = mine ? tree.cache.heads.open(record, file.keys) : undefined;
  if (!version) throw new PeerstorError('not-found', 'There is no such version of this file.');
  return version;
}

function requireFile(entry: Entry): Entry {
  if (entry.body.kind === 'file') return entry;
  throw notFound();
}
