/** What programs keep with files and folders, sealed in the entry's facts. */
import { PeerstorError } from '../../model/errors.ts';
import type { EntryId } from '../../model/ids.ts';
import { propertiesBytesMax } from '../../model/limits.ts';
import { runRotating } from '../sharing/access/key-rotation.ts';
import { factsDraft } from '../tree/entry-drafts.ts';
import { factsOf, markRights, propertiesOf } from '../tree/entry-view.ts';
import { author, isConflict, requireEntry, requireEntryOrConflict, type Tree } from '../tree/tree.ts';

type Properties = Readonly<Record<string, string>>;

/** None of a version that lost a concurrent edit. @throws `not-found` */
export async function properties(tree: Tree, id: EntryId): Promise<Properties> {
  const found = await requireEntryOrConflict(tree, id);
  return isConflict(found) ? {} : propertiesOf(tree, found);
}

/** @throws `not-found`, `forbidden`, `too-large`; `conflict` for a version that lost a concurrent edit */
export async function setProperties(
  tree: Tree,
  id: EntryId,
  change: Readonly<Record<string, string | null>>,
): Promise<void> {
  if (!markRights(tree).mayTag) {
    throw new PeerstorError('forbidden', 'Properties are set by the owner of this drive.');
  }
  const found = await requireEntryOrConflict(tree, id);
  if (isConflict(found)) {
    throw new PeerstorError('conflict', 'This version lost a concurrent edit: rename it first to keep it.');
  }
  await runRotating(tree, [found.parent ?? id], [id], async () => {
    const entry = requireEntry(tree, id);
    const facts = factsOf(tree, entry);
    const changed = changedProperties(facts.properties ?? {}, change);
    await author(tree, [factsDraft(tree, id, entry.key, { ...facts, properties: changed })]);
  });
}

/** @throws `too-large` */
export function changedProperties(
  before: Properties,
  change: Readonly<Record<string, string | null>>,
): Properties {
  const after = new Map(Object.entries(before));
  for (const [name, text] of Object.entries(change)) {
    if (text === null) after.delete(name);
    else after.set(name, text);
  }
  let bytes = 0;
  for (const [name, text] of after) bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  if (bytes <= propertiesBytesMax) return Object.fromEntries(after);
  throw new PeerstorError(
    'too-large',
    `The properties of one file or folder have at most ${propertiesBytesMax} bytes together.`,
  );
}
