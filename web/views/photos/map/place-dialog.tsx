import { useState } from 'preact/hooks';
import type { PhotoView } from '../../../../src/model/views/photos.ts';
import type { MapView, Size } from '../../../client/photos/map-view.ts';
import { fitting } from '../../../client/photos/map-view.ts';
import { changePhotos } from '../../../client/photos/photo-actions.ts';
import { placeWords } from '../../../client/photos/photo-words.ts';
import { photosApi } from '../../../client/photos/photos-api.ts';
import { Dialog } from '../../../components/dialog.tsx';
import { t } from '../../../words/words.ts';
import { useQuery } from '../../use-query.ts';
import { MapBox } from './map-box.tsx';

interface PlaceDialogProps {
  photos: readonly PhotoView[];
  onClose(): void;
  onDone(): void;
}

/** Says where pictures were taken: the middle of a map that is moved, or a place of other pictures. */
export function PlaceDialog({ photos, onClose, onDone }: PlaceDialogProps) {
  const { answer } = useQuery((signal) => photosApi.places(signal), []);
  const [shown, setShown] = useState<{ view: MapView; size: Size } | undefined>();
  const [busy, setBusy] = useState(false);
  const gps = shown?.view.middle;
  const save = async () => {
    if (!gps) return;
    setBusy(true);
    const isDone = await changePhotos(
      photos,
      { gps },
      t('Place of {count} {count|picture|pictures} set.', { count: photos.length }),
      { gps: null },
    );
    setBusy(false);
    if (isDone) onDone();
  };
  return (
    <Dialog
      title={t('Where were they taken?')}
      confirm={t('Set place')}
      busy={busy || !gps}
      onClose={onClose}
      onConfirm={() => void save()}
    >
      <p class="muted">
        {t('Move the map until the cross is at the place, or choose a place of other pictures.')}
      </p>
      <MapBox photos={photos} view={shown?.view} cross onView={(view, size) => setShown({ view, size })} />
      {gps && <p class="numbers">{placeWords(gps)}</p>}
      {answer && answer.items.length > 0 && shown && (
        <div class="tags">
          {answer.items.slice(0, 8).map(({ town, countryName, cover }) => (
            <button
              key={`${town} ${countryName}`}
              type="button"
              class="button"
              onClick={() => cover.gps && setShown({ ...shown, view: fitting([cover.gps], shown.size) })}
            >
              {town ?? countryName}
            </button>
          ))}
        </div>
      )}
    </Dialog>
  );
}
