/** Changing what is said of the content of a file. */
import { isDeepStrictEqual } from 'node:util';
import type { EntryView } from '../../model/api.ts';
import type { ContentFacts } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { EntryId } from '../../model/ids.ts';
import { isDate } from '../keys/sealed-parts.ts';
import { runRotating } from '../sharing/access/key-rotation.ts';
import { versionDraft } from '../tree/entry-drafts.ts';
import { viewOf } from '../tree/entry-view.ts';
import { headsLike } from '../tree/listing/heads.ts';
import { author, notFound, requireEntry, requireOutsideTrash, type Tree } from '../tree/tree.ts';
import { versionNamesOf } from './naming.ts';
import { tombstoneOf } from './removing.ts';

/**
 * The present content with another date or type: a version that takes the place of the present one, which is kept only
 * where somebody named it.
 * @throws `bad-input` for what is no date, `not-found` for a folder, `gone`
 */
export async function touch(tree: Tree, id: EntryId, change: ContentFacts): Promise<EntryView> {
  const { modifiedAtMs } = change;
  if (modifiedAtMs !== undefined && !isDate(modifiedAtMs)) {
    throw new PeerstorError('bad-input', 'This is not a date.');
  }
  const file = requireEntry(tree, id);
  if (file.body.kind !== 'file') throw notFound();
  await runRotating(tree, [file.parent ?? id], [id], async () => {
    const entry = requireEntry(tree, id);
    requireOutsideTrash(tree, entry);
    const heads = await tree.cache.heads.of(id, entry.keys);
    const { winner } = heads;
    if (!winner) throw notFound();
    const { mime = winner.mime, attributes = winner.attributes ?? {} } = change;
    const said = { mime, attributes, modifiedAt: modifiedAtMs ?? winner.modifiedAt };
    if (isDeepStrictEqual({ ...winner, ...said }, winner)) return;
    const replaces = headsLike(heads, winner);
    const target = { id, key: entry.key, keyVersion: entry.body.keyVersion };
    const { draft } = versionDraft(tree, target, { ...winner, ...said }, replaces);
    const names = versionNamesOf(tree, entry);
    const isKept = !names || replaces.some((version) => names[version] !== undefined);
    await author(tree, [draft, ...(isKept || tree.granted ? [] : replaces.map(tombstoneOf))]);
  });
  return viewOf(tree, requireEntry(tree, id));
}
