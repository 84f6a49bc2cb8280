import { render } from 'preact';
import type { EntryView } from '../../../src/model/api.ts';
import type { PhotoView } from '../../../src/model/views/photos.ts';
import { api } from '../../client/api.ts';
import { dayOf, durationWords, exposureWords, placeWords, timeOf } from '../../client/photos/photo-words.ts';
import { memberCount } from '../../client/state.ts';
import { formatSize } from '../../client/words/format.ts';
import { Icon } from '../../components/icon.tsx';
import { SafetyBadge } from '../../components/list/safety-badge.tsx';
import { type PlainPhrase, t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';

/** A sheet beside the picture that is shown. */
export class InfoSheet {
  #element: HTMLElement | undefined;
  readonly #onChange: () => void;

  /** @param onChange called when it came or went */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get isOpen(): boolean {
    return this.#element !== undefined;
  }

  show(photo: PhotoView, root: HTMLElement): void {
    if (!this.#element) {
      this.#element = document.createElement('div');
      this.#element.className = 'info-sheet';
      // The viewer takes keys and drags of the picture, not of this.
      for (const type of ['pointerdown', 'wheel', 'keydown'] as const) {
        this.#element.addEventListener(type, (event) => {
          if (!(event instanceof KeyboardEvent) || event.key !== 'Escape') event.stopPropagation();
        });
      }
      root.append(this.#element);
      this.#onChange();
    }
    render(<Facts key={photo.id} photo={photo} onClose={() => this.close()} />, this.#element);
  }

  close(): void {
    if (!this.#element) return;
    render(null, this.#element);
    this.#element.remove();
    this.#element = undefined;
    this.#onChange();
  }
}

function Facts({ photo, onClose }: { photo: PhotoView; onClose(): void }) {
  const { answer: entry, error } = useQuery((signal) => api.entry(photo.id, signal), [photo.id]);
  return (
    <aside aria-label={t('Information')}>
      <header class="toolbar">
        <h2 class="grow">{t('Information')}</h2>
        <button
          type="button"
          class="button quiet icon-only"
          aria-label={t('Close information')}
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </header>
      {error && <p class="notice danger">{error.message}</p>}
      <dl>
        <dt>{t('Taken')}</dt>
        <dd>
          {dayOf(photo.takenLocal)}
          <br />
          {timeOf(photo.takenLocal, entry?.media?.offsetMinutes ?? null)}
          {photo.dateFrom !== 'content' && (
            <span class="muted">
              {' '}
              {photo.dateFrom === 'name' ? t('(from the file name)') : t('(date of the file)')}
            </span>
          )}
        </dd>
        {entry && <FileFacts entry={entry} />}
      </dl>
      {entry?.parentId && (
        <a class="button" href={`/drive/${entry.parentId}`}>
          <Icon name="folder" />
          {t('Show in its folder')}
        </a>
      )}
    </aside>
  );
}

function FileFacts({ entry }: { entry: EntryView }) {
  const { media } = entry;
  const pixels = media && media.width > 0 ? `${media.width} × ${media.height}, ` : '';
  return (
    <>
      <dt>{t('File')}</dt>
      <dd>
        {entry.name}
        <br />
        {pixels}
        {formatSize(entry.size)}
      </dd>
      {media?.durationSeconds != null && (
        <>
          <dt>{t('Length')}</dt>
          <dd>{durationWords(media.durationSeconds)}</dd>
        </>
      )}
      {(media?.camera || media?.lens || media?.exposure) && (
        <>
          <dt>{t('Camera')}</dt>
          <dd>
            {media.camera}
            {media.lens && <div class="muted">{media.lens}</div>}
            {media.exposure && <div class="muted">{exposureWords(media.exposure)}</div>}
          </dd>
        </>
      )}
      {media?.gps && (
        <>
          <dt>{t('Place')}</dt>
          <dd>{placeWords(media.gps)}</dd>
        </>
      )}
      {media?.problem && (
        <>
          <dt>{t('No preview')}</dt>
          <dd>{t(problems[media.problem] ?? 'It could not be read.')}</dd>
        </>
      )}
      {entry.safety && (
        <>
          <dt>{t('Copies')}</dt>
          <dd>
            <SafetyBadge safety={entry.safety} members={memberCount.value} />
          </dd>
        </>
      )}
    </>
  );
}

const problems: Readonly<Record<string, PlainPhrase>> = {
  damaged: 'The file is damaged.',
  'too-large': 'The picture is too large to be decoded here.',
  unsupported: 'This format cannot be decoded here yet.',
  failed: 'Reading it failed twice.',
};
