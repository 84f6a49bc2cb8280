import { useEffect, useState } from 'preact/hooks';
import type { EntryView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { daysLeft, formatCount, formatSize } from '../../client/format.ts';
import { attempt, entriesRevision, say } from '../../client/state.ts';
import { Dialog } from '../../components/dialog.tsx';
import { Icon } from '../../components/icon.tsx';

const keepDays = 30;
type Asking = { kind: 'empty' } | { kind: 'purge'; entry: EntryView } | null;

export function TrashView() {
  const [items, setItems] = useState<EntryView[] | null>(null);
  const [asking, setAsking] = useState<Asking>(null);
  const load = () => attempt(async () => setItems((await api.trashed()).items));
  const revision = entriesRevision.value;
  useEffect(() => {
    void load();
  }, [revision]);

  const restore = (entry: EntryView) =>
    attempt(async () => {
      const restored = await api.restore(entry.id);
      say(`“${restored.name}” restored.`);
      await load();
    });
  const confirm = () =>
    attempt(async () => {
      if (asking?.kind === 'purge') await api.purge(asking.entry.id);
      else await api.emptyTrash();
      setAsking(null);
      await load();
    });

  return (
    <>
      <div class="toolbar">
        <h1 class="grow">Trash</h1>
        <button
          type="button"
          class="button danger"
          disabled={!items?.length}
          onClick={() => setAsking({ kind: 'empty' })}
        >
          Empty trash
        </button>
      </div>
      <p class="muted">Items are deleted forever after {keepDays} days in the trash.</p>
      <div class="card">
        {items?.length === 0 && <p class="empty">The trash is empty.</p>}
        <ul aria-label="Trash">
          {items?.map((entry) => (
            <li key={entry.id} class="device">
              <Icon name={entry.kind} />
              <div>
                <div>{entry.name}</div>
                <div class="facts">
                  {entry.kind === 'file' ? `${formatSize(entry.size)} · ` : ''}
                  {entry.trashedAt &&
                    formatCount(daysLeft(entry.trashedAt, keepDays), 'day left', 'days left')}
                </div>
              </div>
              <div class="toolbar">
                <button type="button" class="button" onClick={() => void restore(entry)}>
                  <Icon name="restore" />
                  Restore
                </button>
                <button
                  type="button"
                  class="button quiet icon-only"
                  aria-label={`Delete ${entry.name} forever`}
                  onClick={() => setAsking({ kind: 'purge', entry })}
                >
                  <Icon name="trash" />
                </button>
              </div>
            </li>
          ))}
        </ul>
      </div>
      {asking && (
        <Dialog
          title={asking.kind === 'empty' ? 'Empty trash?' : `Delete “${asking.entry.name}” forever?`}
          confirm="Delete forever"
          tone="danger"
          onConfirm={() => void confirm()}
          onClose={() => setAsking(null)}
        >
          <p>This cannot be undone. All copies on all devices are deleted.</p>
        </Dialog>
      )}
    </>
  );
}
