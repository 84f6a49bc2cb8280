import { useState } from 'preact/hooks';
import { api } from '../../client/api.ts';
import { attempt, refreshNetwork, say } from '../../client/state.ts';
import { formatCount, formatFullTime, formatSize } from '../../client/words/format.ts';
import { Dialog } from '../../components/dialog.tsx';
import { useQuery } from '../use-query.ts';

/** Chunks that this device would delete because no file uses them, and the consent it waits for. */
export function GarbageDialog({ onClose }: { onClose(): void }) {
  const { answer, error } = useQuery(() => api.garbage());
  const [busy, setBusy] = useState(false);
  const stopped = answer?.stopped ?? null;
  const agree = async () => {
    setBusy(true);
    const done = await attempt(() => api.confirmGarbage());
    setBusy(false);
    if (!done) return;
    say('The unused chunks go to a trash folder now and are deleted later.');
    await refreshNetwork();
    onClose();
  };
  return (
    <Dialog
      title="Unused chunks"
      confirm="Delete them"
      tone="danger"
      busy={busy || stopped === null}
      onConfirm={() => void agree()}
      onClose={onClose}
    >
      {error && <p class="notice warn">{error.message}</p>}
      {answer && (
        <p>
          {formatCount(answer.chunks, 'chunk', 'chunks')} ({formatSize(answer.bytes)}) on this device belong
          to no file{answer.oldestAt && `, the oldest since ${formatFullTime(answer.oldestAt)}`}.{' '}
          {answer.waitsFor}
        </p>
      )}
      {stopped && (
        <p class="notice warn">
          {formatCount(stopped.chunks, 'chunk', 'chunks')} ({formatSize(stopped.bytes)}) would go, more than
          anybody deleted. Look first whether files are missing, here and on your other devices.
        </p>
      )}
    </Dialog>
  );
}
