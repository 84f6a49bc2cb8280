/** Making folders. */
import type { EntryView } from '../../model/api.ts';
import type { Draft } from '../../model/contracts/catalog.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { EntryId } from '../../model/ids.ts';
import { runRotating } from '../sharing/access/key-rotation.ts';
import { newEntry } from '../tree/entry-drafts.ts';
import { viewOf } from '../tree/entry-view.ts';
import { checkName } from '../tree/listing/names.ts';
import {
  author,
  checkDepth,
  type Entry,
  lookUp,
  requireEntry,
  requireFolder,
  requireFreeName,
  type Tree,
} from '../tree/tree.ts';

/** @throws `name-taken`, `bad-name`, `not-found`, `gone` */
export async function createFolder(tree: Tree, parent: EntryId, name: string): Promise<EntryView> {
  checkName(name);
  const made = await runRotating(tree, [parent], [parent], async () => {
    const folder = requireFolder(tree, parent);
    await requireFreeName(tree, parent, name);
    checkDepth(tree, parent);
    const entry = newEntry(tree, folder, 'folder', name);
    await author(tree, [entry.draft]);
    return entry.id;
  });
  return viewOf(tree, requireEntry(tree, made));
}

/**
 * The folder at a path, made where it is missing. Two calls at once make it once.
 * @param from folder in which the path begins; the root by default
 * @throws `name-taken` when a file is in the way
 */
export async function ensureFolder(
  tree: Tree,
  names: readonly string[],
  from: EntryId = tree.root,
): Promise<EntryView> {
  names.forEach(checkName);
  let at = requireFolder(tree, from);
  let made = 0;
  for (let depth = 0; depth < names.length; ) {
    const name = names[depth] ?? '';
    const next = requireFolderOrNone(await lookUp(tree, at.id, name), name);
    if (next) {
      at = next;
      depth += 1;
      continue;
    }
    await makeMissing(tree, at.id, names.slice(depth));
    made += 1;
    // At most once per level, even while other requests delete and make folders here.
    if (made > names.length)
      throw new PeerstorError('conflict', 'The folders of this path change; try again.');
  }
  return viewOf(tree, at);
}

/** Makes all folders of a path whose first is missing, in one batch; unless somebody just made it. */
async function makeMissing(tree: Tree, parent: EntryId, names: readonly string[]): Promise<void> {
  await runRotating(tree, [parent], [parent], async () => {
    const [first = ''] = names;
    if (await lookUp(tree, parent, first)) return;
    let inside: { id: EntryId; key: Uint8Array } = requireFolder(tree, parent);
    checkDepth(tree, parent, names.length);
    const drafts: Draft[] = [];
    for (const name of names) {
      const made = newEntry(tree, inside, 'folder', name);
      drafts.push(made.draft);
      inside = made;
    }
    await author(tree, drafts);
  });
}

function requireFolderOrNone(entry: Entry | undefined, name: string): Entry | undefined {
  if (!entry || entry.body.kind === 'folder') return entry;
  throw new PeerstorError('name-taken', `"${name}" is a file, so no folder can have this name.`);
}
