import type { EntryView } from '../../../../src/model/api.ts';

/** While something is dragged, browsers hide what it carries from the elements below: it is kept here. */
let dragged: readonly EntryView[] = [];

const type = 'application/x-peerstor-entries';

export function dragEntries(event: DragEvent, entries: readonly EntryView[]): void {
  dragged = entries;
  event.dataTransfer?.setData(type, entries.map(({ id }) => id).join(' '));
  if (event.dataTransfer) event.dataTransfer.effectAllowed = 'move';
  const end = () => {
    dragged = [];
  };
  (event.currentTarget as Element | null)?.addEventListener('dragend', end, { once: true });
}

/** Entries of this page that are being dragged; none where files of the computer are. */
export function draggedEntries(): readonly EntryView[] {
  return dragged;
}
