/** Changing tags, with undo. */
import type { EntryView } from '../../../src/model/api.ts';
import { t } from '../../words/words.ts';
import { api } from '../api.ts';
import { changeEach, namesOf, offerUndo } from './drive-actions.ts';
import { changedTags, meetTags, type TagChange } from './tags.ts';

/** Adds a tag to entries, or takes one away. Entries that it changes nothing of are left alone. */
export async function tag(entries: readonly EntryView[], change: TagChange): Promise<void> {
  const changes = entries
    .map((entry) => ({ ...entry, before: entry.tags, after: changedTags(entry.tags, change) }))
    .filter(({ before, after }) => before !== after);
  const done = await changeEach(changes, ({ id, after }) => api.setTags(id, after));
  if (done.length === 0) return;
  meetTags(done.map(({ after }) => ({ tags: [...after] })));
  offerUndo({
    label:
      change.add === undefined
        ? t('{names} no longer tagged “{tag}”.', { names: namesOf(done), tag: change.remove ?? '' })
        : t('{names} tagged “{tag}”.', { names: namesOf(done), tag: change.add }),
    undo: () => changeEach(done, ({ id, before }) => api.setTags(id, before)),
    redo: () => changeEach(done, ({ id, after }) => api.setTags(id, after)),
  });
}
