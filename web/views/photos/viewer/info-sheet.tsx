import { render } from 'preact';
import { useState } from 'preact/hooks';
import type { EntryView } from '../../../../src/model/api.ts';
import type { PhotoView } from '../../../../src/model/views/photos.ts';
import { api } from '../../../client/api.ts';
import { changePhotos } from '../../../client/photos/photo-actions.ts';
import {
  dayOf,
  durationWords,
  exposureWords,
  placeWords,
  timeOf,
} from '../../../client/photos/photo-words.ts';
import { memberCount } from '../../../client/state.ts';
import { formatSize } from '../../../client/words/format.ts';
import { Icon } from '../../../components/icon.tsx';
import { SafetyBadge } from '../../../components/list/safety-badge.tsx';
import { type PlainPhrase, t } from '../../../words/words.ts';
import { useQuery } from '../../use-query.ts';

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
  const [editing, setEditing] = useState(false);
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
          {photo.dateFrom !== 'content' && <span class="muted"> {t(dateSources[photo.dateFrom])}</span>}
        </dd>
        {photo.description && (
          <>
            <dt>{t('Description')}</dt>
            <dd>{photo.description}</dd>
          </>
        )}
        {photo.gps && (
          <>
            <dt>{t('Place')}</dt>
            <dd>
              {photo.place && (
                <div>{[photo.place.town, photo.place.countryName].filter(Boolean).join(', ')}</div>
              )}
              <span class="muted">{placeWords(photo.gps)}</span>
            </dd>
          </>
        )}
        {entry && <FileFacts entry={entry} />}
      </dl>
      {editing ? (
        <EditForm photo={photo} onDone={() => setEditing(false)} />
      ) : (
        <button type="button" class="button" onClick={() => setEditing(true)}>
          <Icon name="rename" />
          {t('Edit date and description')}
        </button>
      )}
      {entry?.parentId && (
        <a class="button" href={`/drive/${entry.parentId}`}>
          <Icon name="folder" />
          {t('Show in its folder')}
        </a>
      )}
    </aside>
  );
}

const dateSources: Readonly<Record<Exclude<PhotoView['dateFrom'], 'content'>, PlainPhrase>> = {
  name: '(from the file name)',
  file: '(date of the file)',
  edited: '(changed by hand)',
};

/** Changes what is said of a picture; the file stays as it is. */
function EditForm({ photo, onDone }: { photo: PhotoView; onDone(): void }) {
  const [taken, setTaken] = useState(photo.takenLocal.slice(0, 19));
  const [description, setDescription] = useState(photo.description ?? '');
  const save = async () => {
    const isDone = await changePhotos(
      [photo],
      {
        ...(taken !== '' && withSeconds(taken) !== photo.takenLocal && { takenLocal: withSeconds(taken) }),
        description: description.trim() === '' ? null : description.trim(),
      },
      t('{name} changed.', { name: photo.name }),
      {
        takenLocal: photo.dateFrom === 'edited' ? photo.takenLocal : null,
        description: photo.description ?? null,
      },
    );
    if (isDone) onDone();
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label>
        {t('Taken')}
        <input
          type="datetime-local"
          step="1"
          value={taken}
          onInput={(event) => setTaken(event.currentTarget.value)}
        />
      </label>
      <label>
        {t('Description')}
        <textarea
          rows={3}
          maxLength={2000}
          value={description}
          onInput={(event) => setDescription(event.currentTarget.value)}
        />
      </label>
      <div class="actions">
        <button type="button" class="button" onClick={onDone}>
          {t('Cancel')}
        </button>
        <button type="submit" class="button primary">
          {t('Save')}
        </button>
      </div>
    </form>
  );
}

/** Browsers leave out seconds that are zero. */
function withSeconds(local: string): string {
  return local.length === 16 ? `${local}:00` : local;
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
