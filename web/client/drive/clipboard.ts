/** Entries that were cut or copied, to be pasted into another folder of the drive. */
import { signal } from '@preact/signals-core';
import type { EntryView } from '../../../src/model/api.ts';
import { userId } from '../state.ts';
import { copy, move } from './drive-actions.ts';

export interface Clip {
  how: 'cut' | 'copy';
  entries: readonly EntryView[];
}

export const clip = signal<Clip | null>(null);
userId.subscribe(() => {
  clip.value = null;
});

export function isCut(id: string): boolean {
  return clip.value?.how === 'cut' && clip.value.entries.some((entry) => entry.id === id);
}

/** Copied entries can be pasted again; cut ones have moved. */
export async function paste(target: EntryView): Promise<void> {
  const pasted = clip.value;
  if (pasted === null) return;
  if (pasted.how === 'copy') {
    await copy(pasted.entries, target);
    return;
  }
  clip.value = null;
  await move(pasted.entries, target);
}
