/** Renaming, moving, tagging, starring. */
import type { EntryView } from '../../model/api.ts';
import type { Draft } from '../../model/contracts/catalog.ts';
import type { EntryPatch } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { EntryId } from '../../model/ids.ts';
import type { EntryFacts } from '../../model/records.ts';
import { noFacts, sealName } from '../keys/sealed-parts.ts';
import { moved, runRotating } from '../sharing/access/key-rotation.ts';
import { changedEntry, factsDraft } from '../tree/entry-drafts.ts';
import { conflictNameOf, factsOf, markRights, viewOf } from '../tree/entry-view.ts';
import { checkName, showsNothing } from '../tree/listing/names.ts';
import { currentVersion, requireMatch } from '../tree/preconditions.ts';
import {
  author,
  type Conflict,
  checkDepth,
  type Entry,
  givenName,
  heightOf,
  isConflict,
  isWithin,
  requireEntry,
  requireEntryOrConflict,
  requireFolder,
  requireFreeName,
  requireNotRoot,
  requireOutsideTrash,
  type Tree,
} from '../tree/tree.ts';
import { adoptConflict } from '../versions/conflicts.ts';

const tagsMax = 64;
const tagLengthMax = 64;
/** Held while a folder moves: two moves at once could each be right and together make a cycle. */
const folderMoves = 'folder moves';

/** @throws `name-taken`, `would-make-a-cycle`, `precondition-failed`, `bad-name`, `bad-input`, `gone` */
export async function patch(
  tree: Tree,
  id: EntryId,
  change: EntryPatch,
  ifMatch?: string,
): Promise<EntryView> {
  if (change.name !== undefined) checkName(change.name);
  requireMayMark(tree, change);
  const tags = change.tags && checkTags(change.tags);
  const wanted: EntryPatch = tags ? { ...change, tags } : change;
  const found = await requireEntryOrConflict(tree, id);
  if (isConflict(found)) return patchConflict(tree, found, wanted, ifMatch);
  if (wanted.name !== undefined || wanted.parentId !== undefined || !tree.granted)
    requireNotRoot(tree, found);
  const moves = wanted.parentId !== undefined && wanted.parentId !== found.parent;
  const locks: string[] = [found.parent ?? id, ...(wanted.parentId === undefined ? [] : [wanted.parentId])];
  if (moves && found.body.kind === 'folder') locks.push(folderMoves);
  await runRotating(
    tree,
    locks,
    [id, ...(wanted.parentId === undefined ? [] : [wanted.parentId])],
    async () => {
      const entry = requireEntry(tree, id);
      requireOutsideTrash(tree, entry);
      if (ifMatch !== undefined) requireMatch(ifMatch, await currentVersion(tree, entry));
      const place = await placeDrafts(tree, entry, wanted);
      const facts = changedFacts(factsOf(tree, entry), wanted);
      const drafts: Draft[] = [...place];
      if (facts) drafts.push(factsDraft(tree, id, entry.key, facts));
      if (drafts.length > 0) await author(tree, drafts);
    },
  );
  return viewOf(tree, requireEntry(tree, id));
}

/** The entry's register with its new name and place; nothing when neither changes. */
async function placeDrafts(tree: Tree, entry: Entry, { name, parentId }: EntryPatch): Promise<Draft[]> {
  const before = givenName(entry);
  const moves = parentId !== undefined && parentId !== entry.parent;
  const renamed = name !== undefined && name !== before ? name : undefined;
  if (!moves && renamed === undefined) return [];
  const folder = requireFolder(tree, parentId ?? entry.parent ?? tree.root);
  if (moves) await requireNoCycle(tree, entry, folder);
  await requireFreeName(tree, folder.id, name ?? before, entry.id);
  if (moves) return moved(tree, entry, folder, renamed === undefined ? {} : { name: renamed });
  return [changedEntry(tree, entry, { name: sealName(entry.key, name ?? before) })];
}

async function requireNoCycle(tree: Tree, entry: Entry, folder: Entry): Promise<void> {
  if (entry.body.kind !== 'folder') return;
  if (isWithin(tree, folder.id, entry.id)) {
    throw new PeerstorError('would-make-a-cycle', 'A folder cannot be moved into itself.');
  }
  checkDepth(tree, folder.id, await heightOf(tree, entry.id));
}

function changedFacts(facts: EntryFacts, { tags, starred }: EntryPatch): EntryFacts | undefined {
  if (tags === undefined && starred === undefined) return undefined;
  return { ...facts, tags: tags ?? facts.tags, starred: starred ?? facts.starred };
}

/** @throws `forbidden` for tags or a star of a drive whose owner did not give that right */
function requireMayMark(tree: Tree, { tags, starred }: EntryPatch): void {
  const { mayTag, mayStar } = markRights(tree);
  if ((tags === undefined || mayTag) && (starred === undefined || mayStar)) return;
  throw new PeerstorError('forbidden', 'Tags and stars are set by the owner of this drive.');
}

/** Changing the view of a conflicting version makes it a real file. */
async function patchConflict(
  tree: Tree,
  conflict: Conflict,
  change: EntryPatch,
  ifMatch: string | undefined,
): Promise<EntryView> {
  requireMatch(ifMatch, conflict.version.id);
  const folder = requireFolder(tree, change.parentId ?? conflict.file.parent ?? tree.root);
  const name = change.name ?? (await conflictNameOf(tree, conflict));
  const facts = changedFacts(noFacts, change);
  const id = await adoptConflict(tree, conflict, { folder, name, ...(facts && { facts }) });
  return viewOf(tree, requireEntry(tree, id));
}

/** @returns the tags in NFC, each once, in the order given; @throws `bad-input` */
function checkTags(tags: readonly string[]): string[] {
  const refuse = (sentence: string) => new PeerstorError('bad-input', sentence);
  if (!tags.every((tag) => typeof tag === 'string' && tag.isWellFormed())) throw refuse('A tag is text.');
  const clean = [...new Set(tags.map((tag) => tag.normalize('NFC').trim()))];
  if (clean.length > tagsMax) throw refuse(`An entry has at most ${tagsMax} tags.`);
  for (const tag of clean) {
    if (showsNothing(tag)) throw refuse('A tag cannot be empty.');
    if (/\p{Cc}/u.test(tag)) throw refuse('A tag cannot hold a control character.');
    if ([...tag].length > tagLengthMax) throw refuse(`A tag has at most ${tagLengthMax} characters.`);
  }
  return clean;
}
