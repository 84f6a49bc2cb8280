import { useState } from 'preact/hooks';
import type { UploadItem } from '../client/uploads.ts';
import { Icon } from './icon.tsx';
import { SafetyBadge } from './safety-badge.tsx';

interface UploadPanelProps {
  items: readonly UploadItem[];
  totals: { files: number; done: number; failed: number; bytes: number; sentBytes: number };
  members: number;
  onCancel(id: number): void;
  onRetry(id?: number): void;
  onClear(): void;
}

function headline({ files, done, failed }: UploadPanelProps['totals']): string {
  if (done + failed < files) return `Uploading ${done + failed + 1} of ${files}`;
  const saved = `${done} ${done === 1 ? 'file' : 'files'} saved`;
  return failed > 0 ? `${saved}, ${failed} failed` : saved;
}

export function UploadPanel({ items, totals, members, onCancel, onRetry, onClear }: UploadPanelProps) {
  const [open, setOpen] = useState(true);
  if (items.length === 0) return null;
  const busy = totals.done + totals.failed < totals.files;
  return (
    <section class="uploads" aria-label="Uploads">
      <header>
        <h2 aria-live="polite">{headline(totals)}</h2>
        {totals.failed > 0 && !busy && (
          <button type="button" class="button" onClick={() => onRetry()}>
            Try all again
          </button>
        )}
        <button
          type="button"
          class="button quiet icon-only"
          aria-label={open ? 'Hide the list of uploads' : 'Show the list of uploads'}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? 'arrow-down' : 'arrow-up'} />
        </button>
        <button
          type="button"
          class="button quiet icon-only"
          aria-label="Clear finished uploads"
          disabled={busy}
          onClick={onClear}
        >
          <Icon name="close" />
        </button>
      </header>
      {busy && <progress aria-label="All uploads" max={Math.max(totals.bytes, 1)} value={totals.sentBytes} />}
      {open && (
        <ul>
          {items.slice(-200).map((item) => (
            <UploadRow key={item.id} item={item} members={members} onCancel={onCancel} onRetry={onRetry} />
          ))}
        </ul>
      )}
    </section>
  );
}

type RowProps = Pick<UploadPanelProps, 'members' | 'onCancel' | 'onRetry'> & { item: UploadItem };

function UploadRow({ item, members, onCancel, onRetry }: RowProps) {
  const { id, name, status } = item;
  return (
    <li>
      <span class="name" title={item.path.join('/')}>
        {name}
      </span>
      {status === 'saved' && item.safety && <SafetyBadge safety={item.safety} members={members} />}
      {status === 'waiting' && <span class="muted">waiting</span>}
      {status === 'cancelled' && <span class="muted">cancelled</span>}
      {status === 'sending' && (
        <button
          type="button"
          class="button quiet icon-only"
          aria-label={`Cancel ${name}`}
          onClick={() => onCancel(id)}
        >
          <Icon name="close" />
        </button>
      )}
      {status === 'failed' && (
        <button type="button" class="button" onClick={() => onRetry(id)}>
          Try again
        </button>
      )}
      {status === 'sending' && (
        <progress aria-label={name} max={Math.max(item.size, 1)} value={item.sentBytes} />
      )}
      {item.error && <span class="error">{item.error}</span>}
    </li>
  );
}
