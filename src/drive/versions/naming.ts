/** Names of versions. They lie in the facts of the file; a version with a name is never thinned out. */
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { EntryId, VersionId } from '../../model/ids.ts';
import { isLive } from '../keys/live.ts';
import { openFacts, openWithAny } from '../keys/sealed-parts.ts';
import { runRotating } from '../sharing/access/key-rotation.ts';
import { factsDraft } from '../tree/entry-drafts.ts';
import { factsOf } from '../tree/entry-view.ts';
import { showsNothing } from '../tree/listing/names.ts';
import {
  author,
  type Entry,
  isConflict,
  notFound,
  requireEntry,
  requireEntryOrConflict,
  type Tree,
} from '../tree/tree.ts';

const nameLengthMax = 200;
/** Facts are one record, which is bounded. */
const namesMax = 200;

/**
 * @param name null takes the name away
 * @throws `not-found`; `bad-input` for a name that breaks a rule, or one too many
 */
export async function nameVersion(
  tree: Tree,
  id: EntryId,
  wanted: VersionId,
  name: string | null,
): Promise<void> {
  if (name !== null) checkVersionName(name);
  const found = await requireEntryOrConflict(tree, id);
  const file = isConflict(found) ? found.file : found;
  if (file.body.kind !== 'file') throw notFound();
  await runRotating(tree, [file.parent ?? file.id], [file.id], async () => {
    const entry = requireEntry(tree, file.id);
    const there = new Set((await tree.catalog.versions(entry.id)).filter(isLive).map((record) => record.id));
    if (!there.has(wanted)) throw new PeerstorError('not-found', 'There is no such version of this file.');
    const facts = factsOf(tree, entry);
    const others = Object.entries(facts.versionNames ?? {}).filter(
      ([version]) => version !== wanted && there.has(version),
    );
    const names = name === null ? others : [...others, [wanted, name] as const];
    if (names.length > namesMax) {
      throw new PeerstorError('bad-input', `At most ${namesMax} versions of a file can have a name.`);
    }
    const versionNames = Object.fromEntries(names);
    await author(tree, [factsDraft(tree, entry.id, entry.key, { ...facts, versionNames })]);
  });
}

/** Version → name; undefined where the names cannot be read here (yet). */
export function versionNamesOf(
  tree: Tree,
  { id, keys }: Entry,
): Readonly<Record<string, string>> | undefined {
  const record = tree.catalog.get('facts', id);
  if (!isLive(record) || record.body.owner !== tree.user) return {};
  try {
    return openWithAny(keys, (key) => openFacts(key, record.body.sealed)).versionNames ?? {};
  } catch (error) {
    if (isPeerstorError(error)) return undefined;
    throw error;
  }
}

/** @throws `bad-input` */
function checkVersionName(name: string): void {
  const refuse = (sentence: string) => new PeerstorError('bad-input', sentence);
  if (typeof name !== 'string' || !name.isWellFormed() || showsNothing(name)) {
    throw refuse('The name of a version is a text that shows something.');
  }
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name)) {
    throw refuse('The name of a version is one line without control characters.');
  }
  if ([...name].length > nameLengthMax) {
    throw refuse(`The name of a version has at most ${nameLengthMax} characters.`);
  }
}
