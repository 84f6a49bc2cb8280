import type { RefObject } from 'preact';
import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { scrollerOf, watchScroll } from './scroller.ts';

/** Rows drawn above and below what is in sight, so that a quick scroll shows no gap. */
const overscanRows = 8;
/** Before the list was measured. */
const firstSight = { start: 0, end: 40, rowPx: 40, pageRows: 10, columns: 1 };

export interface VirtualRows<Element extends HTMLElement> {
  /** Of the list itself. Its `--row` says how high each row is; `data-scroller` marks what scrolls around it. */
  list: RefObject<Element | null>;
  /** Items `start` to `end`, without `end`, are drawn. */
  start: number;
  end: number;
  /** Of the list: as high as all rows, with the drawn ones in their place. */
  style: { blockSize: string; paddingBlockStart: string; gridTemplateColumns: string | undefined };
  /** Whole rows that fit into sight. */
  pageRows: number;
  /** Items beside each other; 1 unless tiled. */
  columns: number;
  rowPx: number;
  /** Scrolls as little as needed to bring an item into sight. */
  reveal(item: number): void;
}

interface Sight {
  start: number;
  end: number;
  rowPx: number;
  pageRows: number;
  columns: number;
}

/**
 * Draws the rows in sight of a list of any length. Browsers limit the height of a box (Chromium at
 * 33 million px, Firefox at 17 million), which is more than 300,000 rows.
 * @param isTiled several items in a row, each at least as wide as `--tile` of the list says
 */
export function useVirtualRows<Element extends HTMLElement>(
  count: number,
  isTiled = false,
): VirtualRows<Element> {
  const list = useRef<Element>(null);
  const [sight, setSight] = useState<Sight>(firstSight);

  useLayoutEffect(() => {
    const element = list.current;
    const scroller = scrollerOf(element);
    if (!element || !scroller) return;
    return watchScroll(element, scroller, () => {
      const next = sightOf(element, scroller, isTiled);
      setSight((old) => (sameSight(old, next) ? old : next));
    });
  }, [count === 0, isTiled]);

  const reveal = useCallback(
    (item: number) => {
      const element = list.current;
      const scroller = scrollerOf(element);
      if (!element || !scroller) return;
      const { rowPx, columns } = sightOf(element, scroller, isTiled);
      const row = Math.floor(item / columns);
      const head = Number.parseFloat(getComputedStyle(scroller).scrollPaddingTop) || 0;
      const top = offsetIn(element, scroller) + row * rowPx;
      if (top - head < scroller.scrollTop) scroller.scrollTop = top - head;
      else if (top + rowPx > scroller.scrollTop + scroller.clientHeight) {
        scroller.scrollTop = top + rowPx - scroller.clientHeight;
      }
    },
    [isTiled],
  );

  const { rowPx, pageRows, columns } = sight;
  const rows = Math.ceil(count / columns);
  const endRow = Math.min(rows, sight.end);
  const startRow = Math.max(0, Math.min(sight.start, endRow - 1));
  return {
    list,
    start: startRow * columns,
    end: Math.min(count, endRow * columns),
    style: {
      blockSize: `${rows * rowPx}px`,
      paddingBlockStart: `${startRow * rowPx}px`,
      gridTemplateColumns: isTiled ? `repeat(${columns}, minmax(0, 1fr))` : undefined,
    },
    pageRows,
    columns,
    rowPx,
    reveal,
  };
}

/** Where the list begins in what scrolls. */
function offsetIn(element: HTMLElement, scroller: HTMLElement): number {
  return element.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop;
}

function sightOf(element: HTMLElement, scroller: HTMLElement, isTiled: boolean): Sight {
  const style = getComputedStyle(element);
  const rowPx = Number.parseFloat(style.getPropertyValue('--row')) || 40;
  const tilePx = Number.parseFloat(style.getPropertyValue('--tile')) || 160;
  const columns = isTiled ? Math.max(1, Math.floor(element.clientWidth / tilePx)) : 1;
  const top = scroller.scrollTop - offsetIn(element, scroller);
  return {
    rowPx,
    columns,
    start: Math.max(0, Math.floor(top / rowPx) - overscanRows),
    end: Math.max(0, Math.ceil((top + scroller.clientHeight) / rowPx) + overscanRows),
    pageRows: Math.max(1, Math.floor(scroller.clientHeight / rowPx) - 2),
  };
}

function sameSight(a: Sight, b: Sight): boolean {
  return (
    a.start === b.start &&
    a.end === b.end &&
    a.rowPx === b.rowPx &&
    a.pageRows === b.pageRows &&
    a.columns === b.columns
  );
}
