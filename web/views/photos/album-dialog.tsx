import { useState } from 'preact/hooks';
import type { PhotoView } from '../../../src/model/views/photos.ts';
import { addToAlbum } from '../../client/photos/photo-actions.ts';
import { photosApi } from '../../client/photos/photos-api.ts';
import { attempt } from '../../client/state.ts';
import { DialogPanel } from '../../components/dialog.tsx';
import { Field } from '../../components/form/field.tsx';
import { SubmitForm } from '../../components/form/submit-form.tsx';
import { Icon } from '../../components/icon.tsx';
import { t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';

interface AlbumDialogProps {
  photos: readonly PhotoView[];
  onAdded(): void;
  onClose(): void;
}

/** Which album pictures are added to: one that is there, or a new one. */
export function AlbumDialog({ photos, onAdded, onClose }: AlbumDialogProps) {
  const { answer, error } = useQuery((signal) => photosApi.albums(signal));
  const [name, setName] = useState('');
  const add = (album: { id: string; name: string }) =>
    attempt(() => addToAlbum(album, photos)).then((done) => done && onAdded());
  const create = async () => {
    const album = await photosApi.createAlbum(name);
    await addToAlbum(album, photos);
    onAdded();
  };
  return (
    <DialogPanel title={t('Add to album')} onClose={onClose}>
      {error && <p class="notice danger">{error.message}</p>}
      {answer && answer.items.length > 0 && (
        <ul class="pick">
          {answer.items.map((album) => (
            <li key={album.id}>
              <button type="button" class="button quiet" onClick={() => void add(album)}>
                <Icon name="album" />
                <span class="ellipsis">{album.name}</span>
                <span class="muted numbers">{album.count}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <SubmitForm submit={t('Create album')} busy={t('Creating…')} onSubmit={create}>
        <Field label={t('Name of a new album')} value={name} onInput={setName} required />
      </SubmitForm>
    </DialogPanel>
  );
}
