/** Entries as people and programs see them. */
import type { EntryView, RightsView, SafetyView } from '../../model/api.ts';
import { sentenceOf } from '../../model/errors.ts';
import { shortId, type VersionId } from '../../model/ids.ts';
import { type EntryFacts, hlcTicksPerMs } from '../../model/records.ts';
import { isLive } from '../keys/live.ts';
import { isDate, noFacts, openFacts, openWithAny } from '../keys/sealed-parts.ts';
import type { Granted } from '../sharing/grants/granted.ts';
import type { OpenVersion } from './listing/heads.ts';
import { openMedia } from './media-record.ts';
import { mediaView, thumbnailAddress } from './media-view.ts';
import { type Conflict, type Entry, isConflict, nameOf, type Tree, trashedAt } from './tree.ts';

/** Facts that the caller has already, so that a list does not look them up for each item. */
export interface KnownOfView {
  name?: string;
  trashedAt?: number | null;
  /** Just measured, so more recent than the network's inventory. */
  safety?: SafetyView;
}

/** What only `search/folder-totals.ts` knows. */
const uncounted = { totalSize: null, totalCount: null } as const;

export async function viewOf(
  tree: Tree,
  found: Entry | Conflict,
  known: KnownOfView = {},
): Promise<EntryView> {
  if (isConflict(found)) return viewOfConflict(tree, found, known);
  const entry = found;
  const { body, record } = entry;
  const winner = body.kind === 'file' ? (await tree.cache.heads.of(entry.id, entry.keys)).winner : undefined;
  const trashed = known.trashedAt === undefined ? trashedAt(tree, entry) : known.trashedAt;
  return {
    id: entry.id,
    parentId: entry.parent,
    kind: body.kind,
    name: known.name ?? (await nameOf(tree, entry)),
    ...contentView(tree, winner, known),
    ...uncounted,
    createdAt: timeText(body.createdAt),
    modifiedAt: timeText(winner?.modifiedAt ?? Math.floor(record.hlc / hlcTicksPerMs)),
    // A folder, or a file without a version, has no content: the register's revision tells states apart.
    version: winner?.id ?? record.revision,
    ...marksOf(tree, entry),
    trashedAt: trashed === null ? null : timeText(trashed),
    ...mediaViews(tree, entry, winner?.id),
    ...whose(tree),
  };
}

async function viewOfConflict(tree: Tree, conflict: Conflict, known: KnownOfView): Promise<EntryView> {
  const { id, version, file } = conflict;
  const trashed = known.trashedAt === undefined ? trashedAt(tree, file) : known.trashedAt;
  return {
    id,
    parentId: file.parent,
    kind: 'file',
    name: known.name ?? (await conflictNameOf(tree, conflict)),
    ...contentView(tree, version, known),
    ...uncounted,
    createdAt: timeText(version.writtenAtMs),
    modifiedAt: timeText(version.modifiedAt),
    version: version.id,
    tags: [],
    starred: false,
    trashedAt: trashed === null ? null : timeText(trashed),
    // Under its own id a conflicting version has no address of a thumbnail; its facts are shown all the same.
    ...mediaViews(tree, file, version.id),
    thumbnail: null,
    ...whose(tree),
  };
}

function mediaViews(
  tree: Tree,
  { id, keys }: Pick<Entry, 'id' | 'keys'>,
  version: VersionId | undefined,
): Pick<EntryView, 'thumbnail' | 'media'> {
  const media = version && openMedia(tree, version, keys);
  if (!media) return { thumbnail: null, media: null };
  const hasThumbnail = media.thumbnails.length > 0;
  return { thumbnail: hasThumbnail ? thumbnailAddress(id) : null, media: mediaView(media) };
}

/** A grantee's rights and the owner of the drive; both null for the owner. */
export function whose({ granted, grants, catalog, user }: Tree): Pick<EntryView, 'rights' | 'owner'> {
  if (!granted) return { rights: null, owner: null };
  return { rights: rightsNow(grants, granted), owner: catalog.get('user', user)?.body?.username ?? '' };
}

export async function conflictNameOf(tree: Tree, { id, file }: Conflict): Promise<string> {
  if (file.parent === null) return '';
  const { names } = await tree.cache.listings.withConflicts(file.parent);
  return names.nameOf(id) ?? nameOf(tree, file);
}

function contentView(tree: Tree, version: OpenVersion | undefined, known: KnownOfView) {
  if (!version) return { size: 0, mime: null, executable: false, safety: null };
  const safety = known.safety ?? tree.network.safetyOf(version.manifest);
  const { size, mime, executable = false } = version;
  return { size, mime, executable, safety };
}

/**
 * The tags and the star that the holder of this tree may see. A guest, and a user with the right to view, see
 * neither; a user with the right to edit sees the tags and may change them; only the owner sees the star.
 */
export function marksOf(tree: Tree, entry: Pick<Entry, 'id' | 'keys'>): Pick<EntryView, 'tags' | 'starred'> {
  const { mayTag, mayStar } = markRights(tree);
  if (!mayTag && !mayStar) return { tags: [], starred: false };
  const { tags, starred } = factsOf(tree, entry);
  return { tags: mayTag ? tags : [], starred: mayStar && starred };
}

/** What programs keep with an entry, for whoever may see its tags. */
export function propertiesOf(
  tree: Tree,
  entry: Pick<Entry, 'id' | 'keys'>,
): Readonly<Record<string, string>> {
  return markRights(tree).mayTag ? (factsOf(tree, entry).properties ?? {}) : {};
}

/** The marks that the holder of this tree may see and set. */
export function markRights({ granted, grants }: Tree): { mayTag: boolean; mayStar: boolean } {
  if (!granted || granted.kind === 'token') return { mayTag: true, mayStar: true };
  const mayEdit = rightsNow(grants, granted) === 'edit';
  return { mayTag: granted.kind === 'user' && mayEdit, mayStar: false };
}

/** The owner may change the rights while the tree is open. */
function rightsNow(grants: Tree['grants'], { grant, rights }: Granted): RightsView {
  return grants.get(grant)?.body.rights ?? rights;
}

/** Tags and star; an entry that nobody marked has none. */
export function factsOf(tree: Tree, { id, keys }: Pick<Entry, 'id' | 'keys'>): EntryFacts {
  const record = tree.catalog.get('facts', id);
  if (!isLive(record) || record.body.owner !== tree.user) return { ...noFacts };
  try {
    return openWithAny(keys, (key) => openFacts(key, record.body.sealed));
  } catch (error) {
    tree.log.warn({ entry: shortId(id) }, `Tags cannot be opened: ${sentenceOf(error)}`);
    return { ...noFacts };
  }
}

function timeText(ms: number): string {
  return new Date(isDate(ms) ? ms : 0).toISOString();
}
