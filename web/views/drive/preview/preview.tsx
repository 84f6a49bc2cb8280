import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { EntryView, VersionView } from '../../../../src/model/api.ts';
import { iconOf, previewOf } from '../../../client/drive/file-kinds.ts';
import { type Source, sourceOf } from '../../../client/preview/content.ts';
import { formatFullTime, formatSize } from '../../../client/words/format.ts';
import { Icon } from '../../../components/icon.tsx';
import { t } from '../../../words/words.ts';
import { Stage } from './stage.tsx';

/** A file, or one version of it. */
export interface Shown {
  entry: EntryView;
  version?: VersionView;
}

export interface PreviewProps {
  shown: Shown;
  /** The list that it is in: its files are the neighbors. */
  items: readonly EntryView[];
  /** How the content of an entry is reached; as the user who is signed in, unless said. */
  sourceFor?(entry: EntryView, version?: VersionView): Source;
  /** Address that saves it. */
  saveAddress(shown: Shown): string;
  onShow(shown: Shown): void;
  onClose(): void;
  /** Shows or hides what stands beside it; absent where there is nothing. */
  onDetails?(): void;
  /** Details beside it. */
  beside?: ComponentChildren;
}

/**
 * A file, as large as the window. Nothing of it runs: images and media are decoded by the browser,
 * text is put in as text, and whatever is opened by its address is in a sandbox of its own.
 */
export function PreviewDialog(props: PreviewProps) {
  const { shown, items, sourceFor = sourceOf, saveAddress, onShow, onClose, onDetails, beside } = props;
  const { entry, version } = shown;
  const dialog = useRef<HTMLDialogElement>(null);
  const files = items.filter(({ kind }) => kind === 'file');
  const at = files.findIndex(({ id }) => id === entry.id);
  const [previous, next] = at < 0 || version ? [] : [files[at - 1], files[at + 1]];
  useEffect(() => dialog.current?.showModal(), []);
  useBackButton(onClose);
  usePreload([previous, next], (neighbor) => sourceFor(neighbor).address);
  const swipe = useSwipe((step) => {
    const neighbor = step < 0 ? previous : next;
    if (neighbor) onShow({ entry: neighbor });
  });
  usePreviewKeys(dialog, (event) => {
    // A player and a field have keys of their own.
    if (event.target instanceof HTMLMediaElement || event.target instanceof HTMLInputElement) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'ArrowLeft' && previous) onShow({ entry: previous });
    else if (event.key === 'ArrowRight' && next) onShow({ entry: next });
    else if ((event.key === 'i' || event.key === 'I') && onDetails) onDetails();
    else if (event.shiftKey && event.code === 'KeyD') save(saveAddress(shown));
    else return;
    event.preventDefault();
  });
  const source = sourceFor(entry, version);
  return (
    <dialog ref={dialog} class="preview" aria-labelledby="preview-title" onClose={onClose}>
      <header class="toolbar">
        <Icon name={iconOf(entry)} />
        <h2 id="preview-title" class="grow ellipsis">
          {entry.name}
        </h2>
        {version && <span class="badge">{version.name ?? formatFullTime(version.modifiedAt)}</span>}
        <span class="muted numbers">
          {at >= 0 && !version && `${t('{at} of {count}', { at: at + 1, count: files.length })} · `}
          {formatSize(source.size)}
        </span>
        {onDetails && <IconButton icon="info" label={t('Details')} onClick={onDetails} />}
        <a
          class="button quiet icon-only"
          href={saveAddress(shown)}
          download
          aria-label={t('Download {name}', { name: entry.name })}
        >
          <Icon name="download" />
        </a>
        <IconButton icon="close" label={t('Close preview')} onClick={() => dialog.current?.close()} />
      </header>
      <div class="stage" {...swipe}>
        <Stage
          key={source.key}
          source={source}
          saveAddress={saveAddress(shown)}
          cover={coverOf(items, entry)}
        />
        {previous && <Step to={previous} side="back" onShow={onShow} />}
        {next && <Step to={next} side="next" onShow={onShow} />}
      </div>
      {beside}
    </dialog>
  );
}

interface StepProps {
  to: EntryView;
  side: 'back' | 'next';
  onShow(shown: Shown): void;
}

function Step({ to, side, onShow }: StepProps) {
  return (
    <button
      type="button"
      class={`button icon-only step ${side}`}
      aria-label={
        side === 'back' ? t('Previous: {name}', { name: to.name }) : t('Next: {name}', { name: to.name })
      }
      onClick={() => onShow({ entry: to })}
    >
      <Icon name={side} />
    </button>
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

const covers = /^(cover|folder|front|album)\.(jpe?g|png|webp)$/i;

/** Of a sound file: the picture that people put beside the files of an album. */
function coverOf(items: readonly EntryView[], entry: EntryView): EntryView | undefined {
  return previewOf(entry) === 'audio' ? items.find(({ name }) => covers.test(name)) : undefined;
}

function save(address: string): void {
  const anchor = document.createElement('a');
  anchor.href = address;
  anchor.download = '';
  anchor.click();
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
      // A link in the details may have led somewhere else.
      if (isOpen && history.state?.preview === true) history.back();
    };
  }, []);
}

function usePreload(
  neighbors: readonly (EntryView | undefined)[],
  addressOf: (entry: EntryView) => string,
): void {
  const addresses = neighbors.flatMap((entry) =>
    entry && previewOf(entry) === 'image' && entry.size < preloadBytesMax ? [addressOf(entry)] : [],
  );
  useEffect(() => {
    const images = addresses.map((address) => {
      const image = new Image();
      image.src = address;
      return image;
    });
    return () => {
      for (const image of images) image.src = '';
    };
  }, [addresses.join(' ')]);
}

const preloadBytesMax = 20_000_000;
const swipePx = 60;

/**
 * A finger that goes sideways goes to the neighbor, unless what it is on scrolls that way. By touch events: a browser
 * takes the pointer away from whoever listens as soon as it thinks of scrolling.
 */
function useSwipe(onStep: (step: -1 | 1) => void) {
  const latest = useRef(onStep);
  latest.current = onStep;
  return {
    onTouchStart(event: TouchEvent) {
      const [finger, second] = event.touches;
      if (!finger || second || scrollsSideways(event.target, event.currentTarget)) return;
      const { clientX, clientY, identifier } = finger;
      // A finger stays with what it began on, which may be out of the document by then: "Loading" gives way to the file.
      event.target?.addEventListener(
        'touchend',
        (end) => {
          const lifted = [...(end as TouchEvent).changedTouches].find((one) => one.identifier === identifier);
          if (!lifted || (end as TouchEvent).touches.length > 0) return;
          const [dx, dy] = [lifted.clientX - clientX, lifted.clientY - clientY];
          if (Math.abs(dx) > swipePx && Math.abs(dx) > 2 * Math.abs(dy)) latest.current(dx > 0 ? -1 : 1);
        },
        { once: true },
      );
    },
  };
}

function scrollsSideways(target: EventTarget | null, around: EventTarget | null): boolean {
  for (let at = target; at instanceof Element && at !== around; at = at.parentElement) {
    const scrolls = at.scrollWidth > at.clientWidth + 1 && getComputedStyle(at).overflowX !== 'visible';
    if (scrolls || at.matches(':is(input,audio,video)')) return true;
  }
  return false;
}
