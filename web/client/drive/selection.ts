/**
 * Which entries of a list are selected, and which one has the focus. Pure: each function takes a
 * selection and gives a new one. Entries are named by id, so a list that is loaded again keeps both.
 */

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** The entry that keys act on; null before anything was touched. */
  readonly focus: string | null;
  /** Where a range begins that Shift extends. */
  readonly anchor: string | null;
  /** What the list has beyond what is loaded is selected too. */
  readonly beyond?: true;
}

export const noSelection: Selection = { ids: new Set(), focus: null, anchor: null };

/** How a click or key changes a selection: alone, together with the others, or from the anchor on. */
export type SelectHow = 'only' | 'toggle' | 'range' | 'focus';

/** @param order ids as they are listed */
export function select(
  selection: Selection,
  order: readonly string[],
  id: string,
  how: SelectHow,
): Selection {
  switch (how) {
    case 'only':
      return { ids: new Set([id]), focus: id, anchor: id };
    case 'focus':
      return { ...selection, focus: id, anchor: selection.anchor ?? id };
    case 'toggle': {
      const ids = new Set(selection.ids);
      if (!ids.delete(id)) ids.add(id);
      return { ...selection, ids, focus: id, anchor: id };
    }
    case 'range': {
      const from = Math.max(0, order.indexOf(selection.anchor ?? id));
      const to = order.indexOf(id);
      const ids = new Set(order.slice(Math.min(from, to), Math.max(from, to) + 1));
      return { ids, focus: id, anchor: order[from] ?? id };
    }
  }
}

/** @param beyond the list has more than `order` */
export function selectAll(order: readonly string[], { focus }: Selection, beyond = false): Selection {
  const all = { ids: new Set(order), focus: focus ?? order[0] ?? null, anchor: order[0] ?? null };
  return beyond ? { ...all, beyond } : all;
}

/** Without any entry; the focus stays. */
export function selectNone({ focus, anchor }: Selection): Selection {
  return { ids: new Set(), focus, anchor };
}

/** Of selected entries that are more than what is loaded: what is not meant. */
const exceptions = new WeakMap<object, readonly string[]>();

/** Notes that a list of selected entries stands for all of its folder, without some. */
export function meanAll(entries: readonly object[], except: readonly string[]): void {
  exceptions.set(entries, except);
}

/** Ids of what is not meant where the entries stand for all of their folder; undefined where they are just themselves. */
export function exceptOf(entries: readonly object[]): readonly string[] | undefined {
  return exceptions.get(entries);
}

/** Forgets entries that are not listed any more; the focus goes to the row that took their place. */
export function kept(selection: Selection, order: readonly string[], before: readonly string[]): Selection {
  const there = new Set(order);
  const known = new Set(before);
  const { focus, anchor, beyond } = selection;
  // What was loaded meanwhile belongs to everything.
  const all = beyond ? order.filter((id) => !known.has(id) || selection.ids.has(id)) : undefined;
  const ids = new Set(all ?? [...selection.ids].filter((id) => there.has(id)));
  const rest = beyond && ids.size > 0 ? { beyond } : {};
  if (focus === null || there.has(focus)) {
    return { ids, focus, anchor: anchor !== null && there.has(anchor) ? anchor : focus, ...rest };
  }
  const next = order[Math.min(Math.max(0, before.indexOf(focus)), order.length - 1)] ?? null;
  return { ids, focus: next, anchor: next, ...rest };
}

/** The row that a key leads to, within the list; from nowhere, the first. */
export function moved(order: readonly string[], focus: string | null, by: number): string | null {
  if (order.length === 0) return null;
  const at = focus === null ? -1 : order.indexOf(focus);
  if (at < 0) return order[0] ?? null;
  return order[Math.max(0, Math.min(order.length - 1, at + by))] ?? null;
}

/**
 * Type-ahead: the next entry after `focus` whose name begins with what was typed. The same letter
 * again goes from match to match.
 * @returns its id, or null where none begins so
 */
export function typedTo(
  items: readonly { id: string; name: string }[],
  focus: string | null,
  typed: string,
): string | null {
  const letters = typed.toLocaleLowerCase();
  const isRepeated = letters.length > 1 && [...letters].every((letter) => letter === letters[0]);
  const wanted = isRepeated ? letters.slice(0, 1) : letters;
  // A longer text goes on narrowing from where it led; one letter begins after it.
  const at = items.findIndex(({ id }) => id === focus);
  const from = wanted.length > 1 ? Math.max(0, at) : at + 1;
  for (let step = 0; step < items.length; step++) {
    const item = items[(from + step) % items.length];
    if (item?.name.toLocaleLowerCase().startsWith(wanted)) return item.id;
  }
  return null;
}
