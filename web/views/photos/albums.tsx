import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { AlbumView as Album, PhotoView } from '../../../src/model/views/photos.ts';
import { oneSection } from '../../client/photos/gallery.ts';
import { removeFromAlbum } from '../../client/photos/photo-actions.ts';
import { photosApi, thumbnailOf } from '../../client/photos/photos-api.ts';
import { entriesRevision } from '../../client/state.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { Field } from '../../components/form/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { blurred } from '../../components/list/entry-picture.tsx';
import { Menu, MenuItem } from '../../components/menu.tsx';
import { t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';
import { AllPhotosLink } from './all-photos-link.tsx';
import { PhotoPage } from './photo-page.tsx';
import { useGallery } from './use-gallery.ts';

/** All albums with their covers. */
export function AlbumsView() {
  const { route } = useLocation();
  const [creating, setCreating] = useState(false);
  const { answer, error } = useQuery((signal) => photosApi.albums(signal), [], entriesRevision.value);
  return (
    <>
      <div class="toolbar heading">
        <h1 class="grow">{t('Albums')}</h1>
        <AllPhotosLink />
        <button type="button" class="button primary" onClick={() => setCreating(true)}>
          <Icon name="plus" />
          {t('New album')}
        </button>
      </div>
      {error && <p class="notice danger">{error.message}</p>}
      {answer?.items.length === 0 && (
        <div class="empty">
          <Icon name="album" class="large" />
          <p>{t('No albums yet. Select pictures under Photos and choose Add to album.')}</p>
        </div>
      )}
      <ul class="albums">
        {answer?.items.map((album) => (
          <li key={album.id}>
            <AlbumCard album={album} />
          </li>
        ))}
      </ul>
      {creating && (
        <NameDialog
          title={t('New album')}
          confirm={t('Create album')}
          before=""
          onName={async (name) => route(`/photos/albums/${(await photosApi.createAlbum(name)).id}`)}
          onClose={() => setCreating(false)}
        />
      )}
    </>
  );
}

function AlbumCard({ album }: { album: Album }) {
  const { cover, name, count, id } = album;
  return (
    <a class="album card" href={`/photos/albums/${id}`}>
      <span class="cover" style={blurred(cover?.thumbhash ?? null)}>
        {cover?.hasThumbnail ? (
          <img src={thumbnailOf(cover, 720)} alt="" loading="lazy" decoding="async" />
        ) : (
          <Icon name="album" class="large" />
        )}
      </span>
      <span class="ellipsis">{name}</span>
      <span class="muted numbers">{t('{count} {count|item|items}', { count })}</span>
    </a>
  );
}

/** One album. */
export function AlbumView({ id }: { id: string }) {
  const { route } = useLocation();
  const [dialog, setDialog] = useState<'rename' | 'delete' | null>(null);
  const {
    answer: album,
    error,
    reload,
  } = useQuery((signal) => photosApi.album(id, signal), [id], entriesRevision.value);
  const gallery = useGallery(
    async (signal) => oneSection((await photosApi.albumEntries(id, signal)).items, t('In this album')),
    [id],
  );
  const takeOut = async (photos: readonly PhotoView[]) => {
    if (album) await removeFromAlbum(album, photos);
    await Promise.all([gallery.load(), reload()]);
  };
  if (error) return <p class="notice danger">{error.message}</p>;
  return (
    <>
      <PhotoPage
        gallery={gallery}
        title={album?.name ?? t('Album')}
        onTakeOut={takeOut}
        tools={
          <>
            <a class="button" href="/photos/albums">
              <Icon name="album" />
              <span class="label">{t('Albums')}</span>
            </a>
            <Menu label={t('Actions for this album')}>
              <MenuItem icon="rename" label={t('Rename…')} onChoose={() => setDialog('rename')} />
              <MenuItem icon="trash" label={t('Delete album…')} danger onChoose={() => setDialog('delete')} />
            </Menu>
          </>
        }
        empty={
          <>
            <Icon name="album" class="large" />
            <p>{t('This album is empty. Select pictures under Photos and choose Add to album.')}</p>
          </>
        }
      />
      {dialog === 'rename' && album && (
        <NameDialog
          title={t('Rename album')}
          confirm={t('Rename')}
          before={album.name}
          onName={async (name) => {
            await photosApi.changeAlbum(id, { name });
            await reload();
          }}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === 'delete' && album && (
        <ChangeDialog
          title={t('Delete the album “{name}”?', { name: album.name })}
          confirm={t('Delete album')}
          tone="danger"
          onConfirm={async () => {
            await photosApi.deleteAlbum(id);
            route('/photos/albums', true);
          }}
          onClose={() => setDialog(null)}
        >
          <p>{t('The pictures stay in your drive. The album itself cannot be brought back.')}</p>
        </ChangeDialog>
      )}
    </>
  );
}

interface NameDialogProps {
  title: string;
  confirm: string;
  before: string;
  onName(name: string): Promise<void>;
  onClose(): void;
}

function NameDialog({ title, confirm, before, onName, onClose }: NameDialogProps) {
  const [name, setName] = useState(before);
  return (
    <ChangeDialog
      title={title}
      confirm={confirm}
      disabled={name.trim() === ''}
      onConfirm={() => onName(name)}
      onClose={onClose}
    >
      <Field label={t('Name')} value={name} onInput={setName} required />
    </ChangeDialog>
  );
}
