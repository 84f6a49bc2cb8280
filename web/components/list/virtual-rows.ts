import type { RefObject } from 'preact';
import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Rows drawn above and below what is in sight, so that a quick scroll shows no gap. */
const overscanRows = 8;
/** Before the list was measured. */
const firstRows = 40;

export interface VirtualRows<Element extends HTMLElement> {
  /** Of the list itself. Its `--row` says how high each row is; `data-scroller` marks what scrolls around it. */
  list: RefObject<Element | null>;
  /** Rows `start` to `end`, without `end`, are drawn. */
  start: number;
  end: number;
  /** Of the list: as high as all rows, with the drawn ones in their place. */
  style: { blockSize: string; paddingBlockStart: string };
  /** Whole rows that fit into sight. */
  pageRows: number;
  /** Scrolls as little as needed to bring a row into sight. */
  reveal(row: number): void;
}

interface Sight {
  start: number;
  end: number;
  rowPx: number;
  pageRows: number;
}

/**
 * Draws the rows in sight of a list of any length. Browsers limit the height of a box (Chromium at
 * 33 million px, Firefox at 17 million), which is more than 300,000 rows.
 */
export function useVirtualRows<Element extends HTMLElement>(count: number): VirtualRows<Element> {
  const list = useRef<Element>(null);
  const [sight, setSight] = useState<Sight>({ start: 0, end: firstRows, rowPx: 40, pageRows: 10 });

  useLayoutEffect(() => {
    const element = list.current;
    const scroller = scrollerOf(element);
    if (!element || !scroller) return;
    let frame = 0;
    const look = () => {
      frame = 0;
      const next = sightOf(element, scroller);
      setSight((old) => (sameSight(old, next) ? old : next));
    };
    const lookSoon = () => {
      frame ||= requestAnimationFrame(look);
    };
    const resized = new ResizeObserver(lookSoon);
    resized.observe(scroller);
    resized.observe(element);
    scroller.addEventListener('scroll', lookSoon, { passive: true });
    look();
    return () => {
      resized.disconnect();
      scroller.removeEventListener('scroll', lookSoon);
      cancelAnimationFrame(frame);
    };
  }, [count === 0]);

  const reveal = useCallback((row: number) => {
    const element = list.current;
    const scroller = scrollerOf(element);
    if (!element || !scroller) return;
    const { rowPx } = sightOf(element, scroller);
    const head = Number.parseFloat(getComputedStyle(scroller).scrollPaddingTop) || 0;
    const top = offsetIn(element, scroller) + row * rowPx;
    if (top - head < scroller.scrollTop) scroller.scrollTop = top - head;
    else if (top + rowPx > scroller.scrollTop + scroller.clientHeight) {
      scroller.scrollTop = top + rowPx - scroller.clientHeight;
    }
  }, []);

  const { rowPx, pageRows } = sight;
  const end = Math.min(count, sight.end);
  const start = Math.max(0, Math.min(sight.start, end - 1));
  return {
    list,
    start,
    end,
    style: { blockSize: `${count * rowPx}px`, paddingBlockStart: `${start * rowPx}px` },
    pageRows,
    reveal,
  };
}

function scrollerOf(element: HTMLElement | null): HTMLElement | null {
  return element?.closest<HTMLElement>('[data-scroller]') ?? null;
}

/** Where the list begins in what scrolls. */
function offsetIn(element: HTMLElement, scroller: HTMLElement): number {
  return element.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop;
}

function sightOf(element: HTMLElement, scroller: HTMLElement): Sight {
  const rowPx = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row')) || 40;
  const top = scroller.scrollTop - offsetIn(element, scroller);
  return {
    rowPx,
    start: Math.max(0, Math.floor(top / rowPx) - overscanRows),
    end: Math.max(0, Math.ceil((top + scroller.clientHeight) / rowPx) + overscanRows),
    pageRows: Math.max(1, Math.floor(scroller.clientHeight / rowPx) - 2),
  };
}

function sameSight(a: Sight, b: Sight): boolean {
  return a.start === b.start && a.end === b.end && a.rowPx === b.rowPx && a.pageRows === b.pageRows;
}
