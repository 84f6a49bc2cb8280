/** What scrolls around an element: the nearest one around it that is marked with `data-scroller`. */
export function scrollerOf(element: HTMLElement | null): HTMLElement | null {
  return element?.closest<HTMLElement>('[data-scroller]') ?? null;
}

/**
 * Calls `look` now, and at most once a frame after a scroll or a change of size.
 * @returns ends it
 */
export function watchScroll(element: HTMLElement, scroller: HTMLElement, look: () => void): () => void {
  let frame = 0;
  const lookSoon = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      look();
    });
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
}
