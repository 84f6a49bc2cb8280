import { useState } from 'preact/hooks';
import { secondsLeft } from '../../client/uploads/transfer-rate.ts';
import type { UploadItem, UploadQueue, UploadTotals } from '../../client/uploads/upload-queue.ts';
import { formatDuration, formatSize } from '../../client/words/format.ts';
import { t, tParts } from '../../words/words.ts';
import { Icon } from '../icon.tsx';
import { SafetyBadge } from '../list/safety-badge.tsx';
import { useVirtualRows } from '../list/virtual-rows.ts';

interface UploadPanelProps {
  queue: UploadQueue;
  /** Devices in the network; 0 where the viewer may not know. */
  members: number;
}

const isNarrow = () => matchMedia('(max-width: 700px)').matches;

/** Follows the upload queue: every file of it, what is left, and how to stop or retry. */
export function UploadPanel({ queue, members }: UploadPanelProps) {
  const [open, setOpen] = useState(!isNarrow());
  const [onlyProblems, setOnlyProblems] = useState(false);
  const { items, totals, busy, pausedCount } = queue;
  if (items.length === 0) return null;
  const hasFailed = totals.failed > 0;
  const isPaused = pausedCount > 0 && totals.done + totals.failed + pausedCount === totals.files;
  return (
    <section class="uploads" aria-label={t('Uploads')}>
      <header>
        <div class="grow">
          <h2 aria-live="polite">{headline(totals, isPaused)}</h2>
          {busy && (
            <p class="muted numbers">{progressWords(totals, isPaused ? null : queue.bytesPerSecond)}</p>
          )}
        </div>
        {busy && (
          <button
            type="button"
            class="button quiet icon-only"
            aria-label={isPaused ? t('Resume all uploads') : t('Pause all uploads')}
            onClick={() => (isPaused ? queue.resume() : queue.pause())}
          >
            <Icon name={isPaused ? 'play' : 'pause'} />
          </button>
        )}
        <button
          type="button"
          class="button quiet icon-only"
          aria-label={open ? t('Hide the list of uploads') : t('Show the list of uploads')}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? 'arrow-down' : 'arrow-up'} />
        </button>
        <button
          type="button"
          class="button quiet icon-only"
          aria-label={busy ? t('Cancel all uploads') : t('Close the list of uploads')}
          onClick={() => (busy ? queue.cancelAll() : queue.clear())}
        >
          <Icon name="close" />
        </button>
      </header>
      {busy && (
        <progress aria-label={t('All uploads')} max={Math.max(totals.bytes, 1)} value={totals.sentBytes} />
      )}
      {hasFailed && (
        <div class="toolbar problems">
          <label class="grow">
            <input
              type="checkbox"
              checked={onlyProblems}
              onChange={(event) => setOnlyProblems(event.currentTarget.checked)}
            />{' '}
            {t('Only problems')}
          </label>
          <button type="button" class="button" onClick={() => queue.retry()}>
            {t('Retry all failed')}
          </button>
        </div>
      )}
      {members === 1 && !busy && totals.done > 0 && (
        <p class="problems muted">
          {tParts('These files have one copy. {link}, so that each has another.', {
            link: <a href="/devices">{t('Add a second device')}</a>,
          })}
        </p>
      )}
      {open && <UploadRows onlyFailed={onlyProblems && hasFailed} queue={queue} members={members} />}
    </section>
  );
}

function UploadRows({ onlyFailed, queue, members }: UploadPanelProps & { onlyFailed: boolean }) {
  const items = onlyFailed ? queue.items.filter(({ status }) => status === 'failed') : queue.items;
  const rows = useVirtualRows<HTMLUListElement>(items.length);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section class="upload-rows" data-scroller tabIndex={0} aria-label={t('List of uploads')}>
      <ul ref={rows.list} style={rows.style}>
        {items.slice(rows.start, rows.end).map((item, index) => (
          <UploadRow
            key={item.id}
            item={item}
            position={rows.start + index + 1}
            size={items.length}
            queue={queue}
            members={members}
          />
        ))}
      </ul>
    </section>
  );
}

interface RowProps extends UploadPanelProps {
  item: UploadItem;
  /** Of all rows, drawn or not. */
  position: number;
  size: number;
}

function UploadRow({ item, position, size, queue, members }: RowProps) {
  // The queue changes an item in place: the row follows its revision.
  void queue.revision;
  const { id, name, status, source } = item;
  const isMoving = status === 'sending' || status === 'waiting';
  const isPaused = status === 'paused';
  return (
    <li aria-posinset={position} aria-setsize={size}>
      <span class="name" title={source.target.names.join('/')}>
        {name}
      </span>
      {stateOf(item, members)}
      {(isMoving || isPaused) && (
        <button
          type="button"
          class="button quiet icon-only"
          aria-label={isPaused ? t('Resume {name}', { name }) : t('Pause {name}', { name })}
          onClick={() => (isPaused ? queue.resume(id) : queue.pause(id))}
        >
          <Icon name={isPaused ? 'play' : 'pause'} />
        </button>
      )}
      {(isMoving || isPaused) && (
        <button
          type="button"
          class="button quiet icon-only"
          aria-label={t('Cancel {name}', { name })}
          onClick={() => queue.cancel(id)}
        >
          <Icon name="close" />
        </button>
      )}
      {status === 'failed' && item.canRetry && (
        <button
          type="button"
          class="button quiet"
          aria-label={t('Retry {name}', { name })}
          onClick={() => queue.retry(id)}
        >
          {t('Retry')}
        </button>
      )}
      {(status === 'sending' || (isPaused && item.sentBytes > 0)) && (
        <progress aria-label={name} max={Math.max(item.size, 1)} value={item.sentBytes} />
      )}
      {item.error && (
        <span class="error" title={item.error}>
          {item.error}
        </span>
      )}
    </li>
  );
}

function stateOf(item: UploadItem, members: number) {
  const { status, safety, source, sentBytes, size, isStalled } = item;
  switch (status) {
    case 'saved':
      if (safety) return <SafetyBadge safety={safety} members={members} />;
      return <span class="muted">{source.file === null ? t('folder created') : t('saved')}</span>;
    case 'paused':
      return <span class="muted">{t('paused')}</span>;
    case 'waiting':
      return <span class="muted">{t('waiting')}</span>;
    case 'cancelled':
      return <span class="muted">{t('cancelled')}</span>;
    case 'failed':
      return <span class="badge danger">{t('failed')}</span>;
    case 'sending':
      if (isStalled) return <span class="muted">{t('waiting for the device')}</span>;
      // All bytes are sent, the device has not answered: it makes them durable and copies them.
      return <span class="muted">{size > 0 && sentBytes >= size ? t('making copies') : t('uploading')}</span>;
  }
}

function headline({ files, done, failed }: UploadTotals, isPaused: boolean): string {
  if (isPaused) return t('Uploads paused: {done} of {files} done', { done: done + failed, files });
  if (done + failed < files) return t('Uploading {number} of {files}', { number: done + failed + 1, files });
  if (files === 0) return t('Uploads cancelled');
  if (failed === 0) return t('{count} {count|file|files} saved', { count: done });
  return t('{count} {count|file|files} saved, {failed} failed', { count: done, failed });
}

function progressWords({ bytes, sentBytes }: UploadTotals, rate: number | null): string {
  const left = secondsLeft(bytes - sentBytes, rate);
  return [
    t('{copies} of {wanted}', { copies: formatSize(sentBytes), wanted: formatSize(bytes) }),
    ...(rate === null || rate === 0 ? [] : [`${formatSize(rate)}/s`]),
    ...(left === null ? [] : [t('{time} left', { time: formatDuration(left) })]),
  ].join(' · ');
}
