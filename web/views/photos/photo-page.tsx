import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { PhotoView } from '../../../src/model/views/photos.ts';
import type { Gallery } from '../../client/photos/gallery.ts';
import {
  addressOfAll,
  changePhotos,
  toggleFavorite,
  trashPhotos,
} from '../../client/photos/photo-actions.ts';
import { attempt } from '../../client/state.ts';
import { Icon, type IconName } from '../../components/icon.tsx';
import { Menu, MenuItem } from '../../components/menu.tsx';
import { t } from '../../words/words.ts';
import { AlbumDialog } from './album-dialog.tsx';
import { PlaceDialog } from './map/place-dialog.tsx';
import { PhotoGrid, type PhotoSelection } from './photo-grid.tsx';
import { download, useViewer } from './viewer/use-viewer.ts';

interface PhotoPageProps {
  gallery: Gallery;
  title: string;
  /** Beside the title. */
  tools?: ComponentChildren;
  /** Above the pictures. */
  children?: ComponentChildren;
  empty: ComponentChildren;
  scrubber?: boolean;
  /** Of an album: takes pictures out of it. */
  onTakeOut?(photos: readonly PhotoView[]): Promise<void>;
}

/** A title, a bar for what is selected, and pictures. */
export function PhotoPage(props: PhotoPageProps) {
  const { gallery, title, tools, children, empty, scrubber = false, onTakeOut } = props;
  const [selection, setSelection] = useState<PhotoSelection>(new Map());
  const viewer = useViewer(gallery);
  const sections = gallery.sections.value;
  const error = gallery.error.value;
  const chosen = [...selection.values()];
  const clear = () => setSelection(new Map());
  const trashChosen = async () => {
    if (chosen.length === 0) return;
    await trashPhotos(chosen);
    clear();
    await gallery.load();
  };
  return (
    <div class="photos-view">
      <div class="photos-top">
        {chosen.length === 0 ? (
          <div class="toolbar heading">
            <h1 class="grow">{title}</h1>
            {tools}
          </div>
        ) : (
          <SelectionBar {...{ chosen, clear, onTakeOut }} onTrash={() => void trashChosen()} />
        )}
      </div>
      {children}
      {error && (
        <p class="notice danger" role="alert">
          {error.message}{' '}
          <button type="button" class="button" onClick={() => void gallery.load()}>
            {t('Try again')}
          </button>
        </p>
      )}
      {!sections && !error && <p aria-busy="true">{t('Loading…')}</p>}
      {sections?.length === 0 && <div class="empty">{empty}</div>}
      {sections && sections.length > 0 && (
        <PhotoGrid
          gallery={gallery}
          label={title}
          selection={selection}
          scrubber={scrubber}
          hrefOf={viewer.hrefOf}
          onSelect={setSelection}
          onOpen={viewer.open}
          onTrash={() => void trashChosen()}
        />
      )}
    </div>
  );
}

interface SelectionBarProps {
  chosen: readonly PhotoView[];
  clear(): void;
  onTrash(): void;
  onTakeOut: PhotoPageProps['onTakeOut'];
}

function SelectionBar({ chosen, clear, onTrash, onTakeOut }: SelectionBarProps) {
  const [dialog, setDialog] = useState<'album' | 'place' | null>(null);
  const isFavorite = chosen.every(({ favorite }) => favorite);
  const leave = () => {
    setDialog(null);
    clear();
  };
  const save = () => attempt(async () => download(await addressOfAll(chosen)));
  return (
    <div class="toolbar selection-bar" role="toolbar" aria-label={t('Selected pictures')}>
      <button type="button" class="button quiet icon-only" aria-label={t('Clear selection')} onClick={clear}>
        <Icon name="close" />
      </button>
      <span class="grow numbers" aria-live="polite">
        {t('{count} selected', { count: chosen.length })}
      </span>
      <BarButton icon="album" label={t('Add to album')} onClick={() => setDialog('album')} />
      {onTakeOut && (
        <BarButton
          icon="cut"
          label={t('Remove from album')}
          onClick={() => void onTakeOut(chosen).then(clear)}
        />
      )}
      <BarButton
        icon={isFavorite ? 'star-off' : 'star'}
        label={isFavorite ? t('Remove from favorites') : t('Add to favorites')}
        onClick={() => void toggleFavorite(chosen).then(clear)}
      />
      <BarButton icon="download" label={t('Download')} onClick={() => void save()} />
      <BarButton icon="trash" label={t('Move to the trash')} onClick={onTrash} />
      <MoreActions chosen={chosen} clear={clear} onPlace={() => setDialog('place')} />
      {dialog === 'album' && <AlbumDialog photos={chosen} onClose={() => setDialog(null)} onAdded={leave} />}
      {dialog === 'place' && <PlaceDialog photos={chosen} onClose={() => setDialog(null)} onDone={leave} />}
    </div>
  );
}

interface MoreActionsProps {
  chosen: readonly PhotoView[];
  clear(): void;
  onPlace(): void;
}

/** What is done less often: where pictures were taken, and which ones the timeline leaves out. */
function MoreActions({ chosen, clear, onPlace }: MoreActionsProps) {
  const count = chosen.length;
  const isArchived = chosen.every(({ archived }) => archived);
  const isHidden = chosen.every(({ hidden }) => hidden);
  const change = (what: { archived: boolean } | { hidden: boolean }, label: string) => {
    const back = 'archived' in what ? { archived: !what.archived } : { hidden: !what.hidden };
    void changePhotos(chosen, what, label, back).then((isDone) => isDone && clear());
  };
  return (
    <Menu label={t('More actions')}>
      <MenuItem icon="place" label={t('Set place…')} onChoose={onPlace} />
      {isArchived ? (
        <MenuItem
          icon="restore"
          label={t('Take out of the archive')}
          onChoose={() =>
            change(
              { archived: false },
              t('{count} {count|picture is|pictures are} in the timeline again.', { count }),
            )
          }
        />
      ) : (
        <MenuItem
          icon="archive"
          label={t('Move to the archive')}
          onChoose={() =>
            change({ archived: true }, t('{count} {count|picture|pictures} archived.', { count }))
          }
        />
      )}
      {isHidden ? (
        <MenuItem
          icon="eye"
          label={t('Show again')}
          onChoose={() =>
            change({ hidden: false }, t('{count} {count|picture is|pictures are} shown again.', { count }))
          }
        />
      ) : (
        <MenuItem
          icon="hidden"
          label={t('Hide')}
          onChoose={() => change({ hidden: true }, t('{count} {count|picture|pictures} hidden.', { count }))}
        />
      )}
    </Menu>
  );
}

function BarButton({ icon, label, onClick }: { icon: IconName; label: string; onClick(): void }) {
  return (
    <button type="button" class="button quiet" title={label} onClick={onClick}>
      <Icon name={icon} />
      <span class="label">{label}</span>
    </button>
  );
}
