import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

export interface DropTarget {
  /** Where dropped files go, in words. */
  place: string;
  /** Must read the files before it waits for anything. */
  onDrop(transfer: DataTransfer): void;
}

/** Where files go that are dropped onto the window now; null: the view takes none. */
export const dropTarget = signal<DropTarget | null>(null);

/** The view takes dropped files as long as it is shown and gives a target. */
export function useDropTarget(target: DropTarget | null): void {
  const latest = useRef(target);
  latest.current = target;
  const place = target?.place;
  useEffect(() => {
    if (place === undefined) return;
    const own: DropTarget = { place, onDrop: (transfer) => latest.current?.onDrop(transfer) };
    dropTarget.value = own;
    return () => {
      if (dropTarget.value === own) dropTarget.value = null;
    };
  }, [place]);
}
