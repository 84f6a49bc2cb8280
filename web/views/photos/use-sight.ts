import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import { scrollerOf, watchScroll } from '../../components/list/scroller.ts';

export interface Sight {
  /** Of the element, in px; 0 before it was measured. */
  width: number;
  /** What is seen of the element, from its top; in steps, so that a scroll rarely draws anew. */
  top: number;
  bottom: number;
}

const stepPx = 200;

/** What a person sees of a tall element in the scroller around it. */
export function useSight(element: RefObject<HTMLElement | null>): Sight {
  const [sight, setSight] = useState<Sight>({ width: 0, top: 0, bottom: 1000 });
  useLayoutEffect(() => {
    const box = element.current;
    const scroller = scrollerOf(box);
    if (!box || !scroller) return;
    return watchScroll(box, scroller, () => {
      const top = scroller.getBoundingClientRect().top - box.getBoundingClientRect().top;
      const next = {
        width: box.clientWidth,
        top: Math.floor(top / stepPx) * stepPx,
        bottom: Math.ceil((top + scroller.clientHeight) / stepPx) * stepPx,
      };
      setSight((old) =>
        old.width === next.width && old.top === next.top && old.bottom === next.bottom ? old : next,
      );
    });
  }, []);
  return sight;
}

/** Scrolls so that a part of an element begins at the top of what is seen. */
export function scrollTo(element: HTMLElement | null, top: number): void {
  const scroller = scrollerOf(element);
  if (!element || !scroller) return;
  const offset =
    element.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop;
  scroller.scrollTop = offset + top;
}

/** Scrolls as little as needed to bring a part of an element into sight, below what sticks to the top. */
export function reveal(element: HTMLElement | null, top: number, bottom: number, headPx: number): void {
  const scroller = scrollerOf(element);
  if (!element || !scroller) return;
  const from = scroller.getBoundingClientRect().top - element.getBoundingClientRect().top;
  if (top - headPx < from) scroller.scrollTop += top - headPx - from;
  else if (bottom > from + scroller.clientHeight) scroller.scrollTop += bottom - from - scroller.clientHeight;
}

/** The first pixel of an element that is seen, exactly: for what follows each step of a scroll. */
export function useTop(element: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const box = element.current;
    const scroller = scrollerOf(box);
    if (!box || !scroller) return;
    return watchScroll(box, scroller, () =>
      setTop(Math.round(scroller.getBoundingClientRect().top - box.getBoundingClientRect().top)),
    );
  }, []);
  return top;
}
