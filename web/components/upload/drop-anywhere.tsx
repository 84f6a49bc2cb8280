import { useEffect, useState } from 'preact/hooks';
import { t } from '../../words/words.ts';
import { Icon } from '../icon.tsx';

interface DropAnywhereProps {
  /** Where dropped files go, in words; null where they cannot go anywhere now. */
  place: string | null;
  /** Must read the files before it waits for anything: they vanish after the event. */
  onDrop(transfer: DataTransfer): void;
  /** Files were dropped although `place` is null. */
  onRefused(): void;
}

const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;

/**
 * Takes files that are dropped anywhere in the window. Without it the browser would leave the page
 * and open the file, wherever nobody listens. A button beside it is its keyboard twin.
 */
export function DropAnywhere({ place, onDrop, onRefused }: DropAnywhereProps) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const onDragOver = (event: DragEvent) => {
      if (!carriesFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = place === null ? 'none' : 'copy';
      setOver(true);
    };
    // Leaving one element for another is not leaving the window.
    const onDragLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDropped = (event: DragEvent) => {
      if (!carriesFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      setOver(false);
      if (place === null) onRefused();
      else onDrop(event.dataTransfer);
    };
    addEventListener('dragover', onDragOver);
    addEventListener('dragleave', onDragLeave);
    addEventListener('drop', onDropped);
    return () => {
      removeEventListener('dragover', onDragOver);
      removeEventListener('dragleave', onDragLeave);
      removeEventListener('drop', onDropped);
    };
  }, [place, onDrop, onRefused]);
  if (!over) return null;
  return (
    <div class="drop-anywhere" aria-hidden="true">
      <p>
        <Icon name="upload" />
        {place === null ? t('Open a folder first') : t('Drop to upload to {place}', { place })}
      </p>
    </div>
  );
}
