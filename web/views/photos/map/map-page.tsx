import { useEffect, useMemo, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { PhotoView } from '../../../../src/model/views/photos.ts';
import { byMonth } from '../../../client/photos/gallery.ts';
import { isInSight, type MapView, type Size } from '../../../client/photos/map-view.ts';
import { photosApi } from '../../../client/photos/photos-api.ts';
import { entriesRevision } from '../../../client/state.ts';
import { t } from '../../../words/words.ts';
import { useQuery } from '../../use-query.ts';
import { AllPhotosLink } from '../all-photos-link.tsx';
import { PhotoPage } from '../photo-page.tsx';
import { useGallery } from '../use-gallery.ts';
import { MapBox } from './map-box.tsx';

/** The pictures below the map follow it when it rests. */
const restMs = 250;
const nothing: readonly PhotoView[] = [];

/** Pictures where they were taken, and below them those that the map shows. */
export function MapPage() {
  const { query, path, route } = useLocation();
  const { answer, error } = useQuery((signal) => photosApi.map(signal), [], entriesRevision.value);
  const photos = answer?.items ?? nothing;
  const [shown, setShown] = useState<{ view: MapView; size: Size } | undefined>();
  const [rested, setRested] = useState(shown);
  useEffect(() => {
    const timer = setTimeout(() => setRested(shown), restMs);
    return () => clearTimeout(timer);
  }, [shown]);
  const seen = useMemo(
    () => (rested ? photos.filter(({ gps }) => gps && isInSight(rested.view, rested.size, gps)) : nothing),
    [photos, rested],
  );
  const gallery = useGallery(async () => byMonth(seen), [seen]);
  const open = ({ id }: PhotoView) => route(`${path}?${new URLSearchParams({ ...query, photo: id })}`);
  return (
    <PhotoPage
      gallery={gallery}
      title={t('Map')}
      tools={<AllPhotosLink />}
      empty={
        <p>
          {photos.length === 0 && answer
            ? t('No picture says where it was taken. Select pictures under Photos and choose Set place.')
            : t('No pictures in this part of the map.')}
        </p>
      }
    >
      {error && <p class="notice danger">{error.message}</p>}
      {answer && (
        <MapBox
          photos={photos}
          view={shown?.view}
          onView={(view, size) => setShown({ view, size })}
          onOpen={open}
        />
      )}
    </PhotoPage>
  );
}
