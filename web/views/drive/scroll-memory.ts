import { useEffect } from 'preact/hooks';

/** Where each folder was scrolled to, as long as the page is open. */
const places = new Map<string, number>();
let isGoingBack = false;
addEventListener('popstate', () => {
  isGoingBack = true;
});

/** A folder begins at its top; going back to one finds it as it was left. */
export function useScrollMemory(folderId: string | undefined, isLoaded: boolean): void {
  useEffect(() => {
    const scroller = document.querySelector<HTMLElement>('.content');
    if (folderId === undefined || !isLoaded || !scroller) return;
    scroller.scrollTop = isGoingBack ? (places.get(folderId) ?? 0) : 0;
    isGoingBack = false;
    const remember = () => places.set(folderId, scroller.scrollTop);
    scroller.addEventListener('scroll', remember, { passive: true });
    return () => scroller.removeEventListener('scroll', remember);
  }, [folderId, isLoaded]);
}
