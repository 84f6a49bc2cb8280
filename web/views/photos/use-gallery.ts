import { useEffect, useMemo } from 'preact/hooks';
import { Gallery, type GalleryAnswer } from '../../client/photos/gallery.ts';
import { ApiError } from '../../client/request.ts';
import { entriesRevision, sessionEnded } from '../../client/state.ts';

/** News gathers for so long: while many pictures are read, each is news. */
const settleMs = 800;

/** A gallery that is asked for when the view appears, when `inputs` change, and soon after something changed anywhere. */
export function useGallery(
  ask: (signal: AbortSignal) => Promise<GalleryAnswer>,
  inputs: readonly unknown[],
): Gallery {
  const gallery = useMemo(() => new Gallery(ask), inputs);
  const revision = entriesRevision.value;
  const error = gallery.error.value;
  useEffect(() => {
    void gallery.load();
    return () => gallery.stop();
  }, [gallery]);
  useEffect(() => {
    const timer = setTimeout(() => void gallery.load(), settleMs);
    return () => clearTimeout(timer);
  }, [revision]);
  useEffect(() => {
    if (error instanceof ApiError && error.status === 401) sessionEnded();
  }, [error]);
  return gallery;
}
