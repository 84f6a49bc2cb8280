/** Finds what a person named among the items of a list. */
import { PeerstorError } from '../model/errors.ts';

/** Those with this name or id; else those whose id begins so. */
export function called<Item extends { id: string; name?: string }>(items: Item[], which: string): Item[] {
  const exact = items.filter(({ id, name }) => id === which || name === which);
  return exact.length > 0 || which === '' ? exact : items.filter(({ id }) => id.startsWith(which));
}

/**
 * What a name or the beginning of an id stands for.
 * @throws `not-found` for nothing, `conflict` for several
 */
export function onlyOne<Item extends { id: string }>(found: Item[], noun: string, which: string): Item {
  const [only, ...more] = found;
  if (only === undefined) throw new PeerstorError('not-found', `There is no ${noun} "${which}".`);
  if (more.length === 0) return only;
  const ids = found.map(({ id }) => id).join(', ');
  throw new PeerstorError('conflict', `"${which}" is ${found.length} ${noun}s: use an id, one of ${ids}.`);
}
