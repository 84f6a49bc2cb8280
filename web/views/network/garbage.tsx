import { useState } from 'preact/hooks';
import { api } from '../../client/api.ts';
import { say } from '../../client/messages.ts';
import { attempt, refreshNetwork } from '../../client/state.ts';
import { formatFullTime, formatSize } from '../../client/words/format.ts';
import { Dialog } from '../../components/dialog.tsx';
import { deviceSaid, t } from '../../words/words.ts';
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
    say(t('The unused chunks go to a trash folder now and are deleted later.'));
    await refreshNetwork();
    onClose();
  };
  return (
    <Dialog
      title={t('Unused chunks')}
      confirm={t('Delete them')}
      tone="danger"
      busy={busy || stopped === null}
      onConfirm={() => void agree()}
      onClose={onClose}
    >
      {error && <p class="notice warn">{error.message}</p>}
      {answer && (
        <p>
          {answer.oldestAt
            ? t(
                '{count} {count|chunk|chunks} ({size}) on this device belong to no file, the oldest since {at}.',
                {
                  count: answer.chunks,
                  size: formatSize(answer.bytes),
                  at: formatFullTime(answer.oldestAt),
                },
              )
            : t('{count} {count|chunk|chunks} ({size}) on this device belong to no file.', {
                count: answer.chunks,
                size: formatSize(answer.bytes),
              })}{' '}
          {answer.waitsFor && deviceSaid(answer.waitsFor)}
        </p>
      )}
      {stopped && (
        <p class="notice warn">
          {t(
            '{count} {count|chunk|chunks} ({size}) would go, more than anybody deleted. Look first whether files are missing, here and on your other devices.',
            { count: stopped.chunks, size: formatSize(stopped.bytes) },
          )}
        </p>
      )}
    </Dialog>
  );
}
