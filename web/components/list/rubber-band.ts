import { h } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { VirtualRows } from './virtual-rows.ts';

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

interface BandOptions {
  enabled: boolean;
  onBand(ids: readonly string[], keep: boolean): void;
}

/** A band smaller than this is a click. */
const smallestPx = 6;

/**
 * A rectangle that a mouse draws over tiles selects what it touches. Which tiles these are follows
 * from the geometry of the grid, so tiles that are not drawn count too.
 */
export function useRubberBand(
  rows: VirtualRows<HTMLDivElement>,
  items: readonly { id: string }[],
  { enabled, onBand }: BandOptions,
) {
  const [box, setBox] = useState<Box | null>(null);
  const start = useRef({ x: 0, y: 0 });

  const onPointerDown = (event: PointerEvent) => {
    const list = rows.list.current;
    const target = event.target as Element;
    if (!enabled || !list || event.pointerType !== 'mouse' || event.button !== 0) return;
    if (target.closest('.entry')) return;
    event.preventDefault();
    const keep = event.ctrlKey || event.metaKey || event.shiftKey;
    const within = ({ clientX, clientY }: PointerEvent) => {
      const frame = list.getBoundingClientRect();
      return { x: clientX - frame.left, y: clientY - frame.top };
    };
    start.current = within(event);
    const onMove = (moved: PointerEvent) => {
      const at = within(moved);
      const next = boxOf(start.current, at);
      if (next.width < smallestPx && next.height < smallestPx) return;
      setBox(next);
      onBand(touched(next, items, rows, list.clientWidth), keep);
    };
    const onUp = () => {
      removeEventListener('pointermove', onMove);
      removeEventListener('pointerup', onUp);
      setBox((drawn) => {
        if (drawn === null && !keep) onBand([], false);
        return null;
      });
    };
    addEventListener('pointermove', onMove);
    addEventListener('pointerup', onUp);
  };

  const style = box && {
    insetInlineStart: `${box.left}px`,
    insetBlockStart: `${box.top + (rows.list.current?.offsetTop ?? 0)}px`,
    inlineSize: `${box.width}px`,
    blockSize: `${box.height}px`,
  };
  return { onPointerDown, box: style ? h('div', { class: 'band', style, 'aria-hidden': 'true' }) : null };
}

function boxOf(a: { x: number; y: number }, b: { x: number; y: number }): Box {
  return {
    left: Math.min(a.x, b.x),
    top: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
  };
}

function touched(
  { left, top, width, height }: Box,
  items: readonly { id: string }[],
  { columns, rowPx }: { columns: number; rowPx: number },
  listWidth: number,
): string[] {
  const columnPx = listWidth / columns;
  const firstColumn = Math.max(0, Math.floor(left / columnPx));
  const lastColumn = Math.min(columns - 1, Math.floor((left + width) / columnPx));
  const ids: string[] = [];
  const firstRow = Math.max(0, Math.floor(top / rowPx));
  for (let row = firstRow; row <= Math.floor((top + height) / rowPx); row++) {
    for (let column = firstColumn; column <= lastColumn; column++) {
      const item = items[row * columns + column];
      if (item) ids.push(item.id);
    }
  }
  return ids;
}
