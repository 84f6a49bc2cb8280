/** What people say about pictures against what the files say. The files stay as they are. */
import type { EntryOutcome } from '../../model/api.ts';
import type { PhotoChange } from '../../model/contracts/media/photos.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { EntryId } from '../../model/ids.ts';
import type { EntryFacts, PhotoEdits } from '../../model/records.ts';
import { runRotating } from '../sharing/access/key-rotation.ts';
import { factsDraft } from '../tree/entry-drafts.ts';
import { factsOf } from '../tree/entry-view.ts';
import { cropIn, isLocalTime, isOffset, photoEditsIn } from '../tree/photo-edits.ts';
import { author, requireEntry, type Tree } from '../tree/tree.ts';

/** Characters. */
const descriptionMax = 5000;

/** @throws `bad-input`; `forbidden` for who is not the owner */
export async function changePhotos(
  tree: Tree,
  ids: readonly EntryId[],
  change: PhotoChange,
): Promise<EntryOutcome[]> {
  if (!tree.own) throw new PeerstorError('forbidden', 'Pictures are described by their owner alone.');
  check(change);
  const outcomes: EntryOutcome[] = [];
  for (const id of ids) {
    try {
      // One that was not read yet can be described already: imports do.
      if (requireEntry(tree, id).body.kind !== 'file') {
        throw new PeerstorError('not-found', 'This is no picture.');
      }
      await changeOne(tree, id, change);
      outcomes.push({ id, ok: true });
    } catch (error) {
      if (!isPeerstorError(error)) throw error;
      outcomes.push({ id, ok: false, code: error.code });
    }
  }
  return outcomes;
}

async function changeOne(tree: Tree, id: EntryId, change: PhotoChange): Promise<void> {
  const { parent } = requireEntry(tree, id);
  await runRotating(tree, [parent ?? id], [id], async () => {
    const entry = requireEntry(tree, id);
    const { photo: _before, ...facts }: EntryFacts = factsOf(tree, entry);
    const edits = changed(photoEditsIn({ ...facts, ...(_before && { photo: _before }) }), change);
    const hasEdits = Object.keys(edits).length > 0;
    await author(tree, [factsDraft(tree, id, entry.key, hasEdits ? { ...facts, photo: edits } : facts)]);
  });
}

function changed(before: PhotoEdits, change: PhotoChange): PhotoEdits {
  const { archived, hidden, takenLocal, offsetMinutes, gps, description, turn, crop } = change;
  const after: PhotoEdits = { ...before };
  const set = <Name extends keyof PhotoEdits>(
    name: Name,
    value: PhotoEdits[Name] | null | undefined | false,
  ) => {
    // What was not said stays; null and false take it back.
    if (value === undefined) return;
    if (value === null || value === false) delete after[name];
    else after[name] = value;
  };
  set('archived', archived);
  set('hidden', hidden);
  set('local', takenLocal);
  set('offsetMinutes', takenLocal === null ? null : offsetMinutes);
  set('description', description);
  set('turn', turn === 0 ? null : turn);
  set('crop', crop);
  if (gps === 'none') after.gps = null;
  else if (gps === null) delete after.gps;
  else if (gps !== undefined) after.gps = gps;
  return after;
}

function check({ takenLocal, offsetMinutes, gps, description, crop }: PhotoChange): void {
  const refuse = (field: string, rule: string) => {
    throw new PeerstorError('bad-input', rule, { details: { field } });
  };
  if (typeof takenLocal === 'string' && !isLocalTime(takenLocal)) {
    refuse('takenLocal', 'A time is written like 2026-07-14T15:03:22.');
  }
  if (typeof offsetMinutes === 'number' && !isOffset(offsetMinutes)) {
    refuse('offsetMinutes', 'A zone is at most 14 hours away from UTC, in whole minutes.');
  }
  if (gps && gps !== 'none' && !(Math.abs(gps.latitude) <= 90 && Math.abs(gps.longitude) <= 180)) {
    refuse('gps', 'A place has a latitude of -90 to 90 and a longitude of -180 to 180 degrees.');
  }
  if (typeof description === 'string' && [...description].length > descriptionMax) {
    refuse('description', `A description has at most ${descriptionMax} characters.`);
  }
  if (crop && !cropIn(crop)) {
    refuse(
      'crop',
      'The part that is shown lies within the picture: x, y, width and height are shares of 0 to 1.',
    );
  }
}
