import { useEffect, useRef, useState } from 'preact/hooks';
import type { EntryView } from '../../../../src/model/api.ts';
import { api } from '../../../client/api.ts';
import { iconOf, previewOf } from '../../../client/drive/file-kinds.ts';
import { formatSize } from '../../../client/words/format.ts';
import { Icon } from '../../../components/icon.tsx';
import { saveFile } from '../list/use-entry-actions.ts';
import { ImagePreview } from './image-preview.tsx';
import { TextPreview } from './text-preview.tsx';

interface PreviewProps {
  entry: EntryView;
  /** The list that it is in: its files are the neighbors. */
  items: readonly EntryView[];
  onShow(entry: EntryView): void;
  onClose(): void;
  onDetails(entry: EntryView): void;
}

/**
 * A file, as large as the window. Nothing of it runs: images and media are decoded by the browser,
 * text is put in as text, and whatever is opened by its address is in a sandbox of its own.
 */
export function PreviewDialog({ entry, items, onShow, onClose, onDetails }: PreviewProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const files = items.filter(({ kind }) => kind === 'file');
  const at = files.findIndex(({ id }) => id === entry.id);
  const [previous, next] = [files[at - 1], files[at + 1]];
  useEffect(() => dialog.current?.showModal(), []);
  useBackButton(onClose);
  usePreload([previous, next]);
  const swipe = useSwipe((step) => {
    const neighbor = step < 0 ? previous : next;
    if (neighbor) onShow(neighbor);
  });
  usePreviewKeys(dialog, (event) => {
    // A player has keys of its own.
    if (event.target instanceof HTMLMediaElement || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'ArrowLeft' && previous) onShow(previous);
    else if (event.key === 'ArrowRight' && next) onShow(next);
    else if (event.key === 'i' || event.key === 'I') onDetails(entry);
    else if (event.shiftKey && event.code === 'KeyD') saveFile(api.contentUrl(entry));
    else return;
    event.preventDefault();
  });
  return (
    <dialog ref={dialog} class="preview" aria-labelledby="preview-title" onClose={onClose} {...swipe}>
      <header class="toolbar">
        <Icon name={iconOf(entry)} />
        <h2 id="preview-title" class="grow ellipsis">
          {entry.name}
        </h2>
        <span class="muted numbers">
          {at + 1} of {files.length} · {formatSize(entry.size)}
        </span>
        <IconButton icon="info" label="Details" onClick={() => onDetails(entry)} />
        <a
          class="button quiet icon-only"
          href={api.contentUrl(entry)}
          download
          aria-label={`Download ${entry.name}`}
        >
          <Icon name="download" />
        </a>
        <IconButton icon="close" label="Close preview" onClick={() => dialog.current?.close()} />
      </header>
      <div class="stage">
        <Stage key={entry.id} entry={entry} />
      </div>
      {previous && (
        <button
          type="button"
          class="button icon-only step back"
          aria-label={`Previous: ${previous.name}`}
          onClick={() => onShow(previous)}
        >
          <Icon name="back" />
        </button>
      )}
      {next && (
        <button
          type="button"
          class="button icon-only step next"
          aria-label={`Next: ${next.name}`}
          onClick={() => onShow(next)}
        >
          <Icon name="next" />
        </button>
      )}
    </dialog>
  );
}

interface IconButtonProps {
  icon: 'info' | 'close';
  label: string;
  onClick(): void;
}

function IconButton({ icon, label, onClick }: IconButtonProps) {
  return (
    <button type="button" class="button quiet icon-only" aria-label={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

function Stage({ entry }: { entry: EntryView }) {
  const [failed, setFailed] = useState(false);
  const address = api.viewUrl(entry);
  const kind = failed ? 'none' : previewOf(entry);
  const onError = () => setFailed(true);
  switch (kind) {
    case 'image':
      return <ImagePreview address={address} name={entry.name} onError={onError} />;
    case 'video':
      // biome-ignore lint/a11y/useMediaCaption: what people store has the captions it has
      return <video src={address} controls autoplay aria-label={entry.name} onError={onError} />;
    case 'audio':
      // biome-ignore lint/a11y/useMediaCaption: as above
      return <audio src={address} controls autoplay aria-label={entry.name} onError={onError} />;
    case 'text':
      return <TextPreview entry={entry} />;
    case 'pdf':
    case 'none':
      return <NoPreview entry={entry} failed={failed} />;
  }
}

function NoPreview({ entry, failed }: { entry: EntryView; failed: boolean }) {
  return (
    <div class="empty">
      <Icon name={iconOf(entry)} class="large" />
      <p>
        {failed
          ? 'This file cannot be shown: its format is not supported, or it cannot be reached right now.'
          : 'This kind of file has no preview.'}
      </p>
      <a class="button primary" href={api.contentUrl(entry)} download>
        <Icon name="download" />
        Download
      </a>
      <a class="button" href={api.viewUrl(entry)} target="_blank" rel="noreferrer">
        Open in a new tab
      </a>
    </div>
  );
}

/** Keys of the whole document: the button that had the focus may have gone with the file before. */
function usePreviewKeys(
  dialog: { current: HTMLDialogElement | null },
  onKey: (event: KeyboardEvent) => void,
): void {
  const latest = useRef(onKey);
  latest.current = onKey;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const target = event.target as Element;
      if (target === document.body || dialog.current?.contains(target)) latest.current(event);
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}

/** The browser's Back closes the preview and leaves the folder open. */
function useBackButton(onClose: () => void): void {
  const latest = useRef(onClose);
  latest.current = onClose;
  useEffect(() => {
    let isOpen = true;
    history.pushState({ preview: true }, '');
    const onPop = () => {
      isOpen = false;
      latest.current();
    };
    addEventListener('popstate', onPop);
    return () => {
      removeEventListener('popstate', onPop);
      if (isOpen) history.back();
    };
  }, []);
}

function usePreload(neighbors: readonly (EntryView | undefined)[]): void {
  const addresses = neighbors
    .filter((entry) => entry !== undefined && previewOf(entry) === 'image' && entry.size < preloadBytesMax)
    .map((entry) => entry && api.viewUrl(entry));
  useEffect(() => {
    const images = addresses.map((address) => {
      const image = new Image();
      image.src = address ?? '';
      return image;
    });
    return () => {
      for (const image of images) image.src = '';
    };
  }, [addresses.join(' ')]);
}

const preloadBytesMax = 20_000_000;
const swipePx = 60;

/** A finger that goes sideways goes to the neighbor. */
function useSwipe(onStep: (step: -1 | 1) => void) {
  const start = useRef<{ x: number; y: number } | null>(null);
  return {
    onPointerDown(event: PointerEvent) {
      start.current = event.pointerType === 'touch' ? { x: event.clientX, y: event.clientY } : null;
    },
    onPointerUp(event: PointerEvent) {
      if (!start.current) return;
      const [dx, dy] = [event.clientX - start.current.x, event.clientY - start.current.y];
      start.current = null;
      if (Math.abs(dx) > swipePx && Math.abs(dx) > 2 * Math.abs(dy)) onStep(dx > 0 ? -1 : 1);
    },
  };
}
