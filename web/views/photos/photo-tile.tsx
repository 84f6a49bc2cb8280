import type { PhotoView } from '../../../src/model/views/photos.ts';
import { dayOf, durationWords } from '../../client/photos/photo-words.ts';
import { thumbnailOf } from '../../client/photos/photos-api.ts';
import { Icon } from '../../components/icon.tsx';
import { blurred } from '../../components/list/entry-picture.tsx';
import { t } from '../../words/words.ts';

export interface TileBox {
  left: number;
  top: number;
  width: number;
  height: number;
}

interface PhotoTileProps {
  photo: PhotoView | undefined;
  /** Counted over the whole gallery. */
  index: number;
  box: TileBox;
  href: string;
  selected: boolean;
  /** Something is selected: a click selects too. */
  selecting: boolean;
  focusable: boolean;
  onOpen(index: number, event: MouseEvent): void;
  onToggle(index: number, event: MouseEvent): void;
}

/** Above this the small thumbnail would look soft. */
const smallEdge = 260;

export function tileName(photo: PhotoView): string {
  const facts = { name: photo.name, day: dayOf(photo.takenLocal) };
  return photo.kind === 'video' ? t('Video {name}, {day}', facts) : t('Photo {name}, {day}', facts);
}

/** One picture in its place; a gray box until it is known which one it is. */
export function PhotoTile(props: PhotoTileProps) {
  const { photo, index, box, href, selected, selecting, focusable, onOpen, onToggle } = props;
  const style = {
    insetInlineStart: `${box.left}px`,
    insetBlockStart: `${box.top}px`,
    inlineSize: `${box.width}px`,
    blockSize: `${box.height}px`,
  };
  if (!photo) return <li class="photo waiting" style={style} aria-hidden />;
  const name = tileName(photo);
  return (
    <li class={`photo ${selected ? 'selected' : ''} ${selecting ? 'selecting' : ''}`} style={style}>
      <a
        href={href}
        data-index={index}
        tabIndex={focusable ? 0 : -1}
        aria-label={name}
        style={blurred(photo.thumbhash)}
        draggable={false}
        onClick={(event) => onOpen(index, event)}
      >
        {photo.hasThumbnail ? (
          <img
            src={thumbnailOf(
              photo,
              Math.max(box.width, box.height) * devicePixelRatio > smallEdge ? 720 : 240,
            )}
            alt=""
            loading="lazy"
            decoding="async"
            draggable={false}
          />
        ) : (
          <span class="unshown">
            <Icon name={photo.kind === 'video' ? 'file-video' : 'file-image'} class="large" />
            <span class="ellipsis">{photo.name}</span>
          </span>
        )}
        {photo.kind === 'video' && (
          <span class="mark">
            <Icon name="play" />
            {photo.durationSeconds !== undefined && durationWords(photo.durationSeconds)}
          </span>
        )}
        {photo.favorite && <Icon name="star" class="starred" />}
      </a>
      <button
        type="button"
        class="pick-photo"
        tabIndex={-1}
        aria-pressed={selected}
        aria-label={t('Select {name}', { name })}
        onClick={(event) => onToggle(index, event)}
      >
        <Icon name="check" />
      </button>
    </li>
  );
}
