/** Tags of entries, and those that were met on this page, for suggestions. Pure but for what was met. */
import { signal } from '@preact/signals-core';
import type { EntryView } from '../../../src/model/api.ts';

/** As the device bounds them. */
export const tagLengthMax = 64;

/** What entries that were shown have, in alphabetical order. */
export const knownTags = signal<readonly string[]>([]);

export function meetTags(entries: readonly Pick<EntryView, 'tags'>[]): void {
  const known = new Set(knownTags.value);
  for (const { tags } of entries) for (const tag of tags) known.add(tag);
  if (known.size === knownTags.value.length) return;
  knownTags.value = [...known].sort(new Intl.Collator(undefined, { numeric: true }).compare);
}

/** Tags that every one of the entries has. */
export function commonTags(entries: readonly Pick<EntryView, 'tags'>[]): string[] {
  const [first, ...others] = entries;
  return (first?.tags ?? []).filter((tag) => others.every(({ tags }) => tags.includes(tag)));
}

export interface TagChange {
  add?: string;
  remove?: string;
}

/** The tags after a change; the same list where it changes nothing. */
export function changedTags(tags: readonly string[], { add, remove }: TagChange): readonly string[] {
  const name = add?.trim().normalize('NFC');
  const without = remove !== undefined && tags.includes(remove) ? tags.filter((tag) => tag !== remove) : tags;
  return name && !without.includes(name) ? [...without, name] : without;
}
