/** One user's drive: the contract's methods, each in the file named after what it does. */
import type { EntryView } from '../model/api.ts';
import type { Drive } from '../model/contracts/drive.ts';
import { ancestorViews, children } from './folders/browsing.ts';
import { copy } from './folders/copying.ts';
import { createFolder, ensureFolder } from './folders/folders.ts';
import { patch } from './folders/moves.ts';
import { properties, setProperties } from './folders/properties.ts';
import { openMotion } from './photos/motion.ts';
import { setPoster } from './photos/posters.ts';
import { makeRendition, openRendition } from './photos/renditions.ts';
import { openThumbnail } from './photos/thumbnails.ts';
import { withTotals } from './search/folder-totals.ts';
import { search } from './search/search.ts';
import { emptyTrash, purge, restore, trash, trashed } from './trash/trash.ts';
import { viewOf } from './tree/entry-view.ts';
import { requireEntry, requireEntryOrConflict, resolvePath, type Tree } from './tree/tree.ts';
import { ownerForUploads, upload, uploadTo } from './uploads/uploads.ts';
import { checksum } from './versions/checksum.ts';
import { nameVersion } from './versions/naming.ts';
import { removeVersion } from './versions/removing.ts';
import { touch } from './versions/touching.ts';
import { openContent, restoreVersion, versions } from './versions/versions.ts';

/** Tells of changes of the catalog as ids of entries. */
export type ChangeSource = Drive['onChange'];

export function createDrive(tree: Tree, onChange: ChangeSource): Drive {
  const found = (id: Parameters<Drive['entry']>[0]) => requireEntryOrConflict(tree, id);
  const counted = (view: EntryView) => withTotals(tree, view);
  return {
    root: async () => counted(await viewOf(tree, requireEntry(tree, tree.root))),
    entry: async (id) => counted(await viewOf(tree, await found(id))),
    async children(id, options) {
      const page = await children(tree, id, options);
      return { ...page, items: await Promise.all(page.items.map(counted)) };
    },
    ancestors: async (id) => Promise.all((await ancestorViews(tree, id)).map(counted)),
    resolve: async (names, from) =>
      counted(await viewOf(tree, await found(await resolvePath(tree, names, from)))),

    search: (query) => search([tree], query),

    createFolder: async (parent, name) => counted(await createFolder(tree, parent, name)),
    // Not counted: each upload asks for its folder, and the sums of a large drive take a walk through its table.
    ensureFolder: (names, from) => ensureFolder(tree, names, from),
    patch: async (id, change, ifMatch) => counted(await patch(tree, id, change, ifMatch)),
    copy: async (id, parent, name) => counted(await copy({ from: tree, to: tree }, id, parent, name)),

    properties: (id) => properties(tree, id),
    setProperties: (id, change) => setProperties(tree, id, change),
    touch: (id, change) => touch(tree, id, change),
    async quota(id) {
      await found(id);
      // What an owner keeps is told to the owner's own programs, not to others who were given a part.
      return tree.granted && tree.granted.kind !== 'token' ? undefined : tree.quotas.usageOf(tree.user);
    },

    trash: (id, ifMatch) => trash(tree, id, ifMatch),
    async trashed(options) {
      const page = await trashed(tree, options);
      return { ...page, items: await Promise.all(page.items.map(counted)) };
    },
    restore: async (id) => counted(await restore(tree, id)),
    purge: (id) => purge(tree, id),
    emptyTrash: () => emptyTrash(tree),

    ownerForUploads: (place) => ownerForUploads(tree, place),
    upload: (parent, name, content, options) => upload(tree, parent, name, content, options),
    uploadTo: (file, content, options) => uploadTo(tree, file, content, options),
    open: (id, version) => openContent(tree, id, version),
    thumbnail: (id, size) => openThumbnail(tree, id, size),
    setPoster: async (id, picture) => counted(await setPoster(tree, id, picture)),
    motion: (id) => openMotion(tree, id),
    rendition: (id) => openRendition(tree, id),
    makeRendition: (id) => makeRendition(tree, id),
    checksum: (id, options) => checksum(tree, id, options),
    versions: (id) => versions(tree, id),
    nameVersion: (id, version, name) => nameVersion(tree, id, version, name),
    removeVersion: (id, version) => removeVersion(tree, id, version),
    restoreVersion: (id, version) => restoreVersion(tree, id, version),

    onChange,
  };
}
