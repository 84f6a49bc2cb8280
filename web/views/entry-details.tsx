import type { EntryHealthView, EntryView } from '../../src/model/api.ts';
import { api } from '../client/api.ts';
import { formatCount, formatFullTime, formatSize } from '../client/format.ts';
import { safetyWords } from '../client/safety.ts';
import { entriesRevision, memberCount } from '../client/state.ts';
import { DialogPanel } from '../components/dialog.tsx';
import { Row, Rows } from '../components/rows.tsx';
import { useAsked } from './use-asked.ts';

/** What there is to know about a file, and on which devices its copies are. */
export function EntryDetails({ entry, onClose }: { entry: EntryView; onClose(): void }) {
  const { answer, error } = useAsked(() => api.entryHealth(entry.id), [entry.id, entriesRevision.value]);
  const safety = answer?.safety ?? entry.safety;
  return (
    <DialogPanel title={entry.name} onClose={onClose}>
      <p class="muted">
        {formatSize(entry.size)} · {entry.mime} · changed {formatFullTime(entry.modifiedAt)}
        {entry.owner && ` · of ${entry.owner}`}
      </p>
      {safety && <SafetyNotice {...safetyWords(safety, memberCount.value)} />}
      {error && <p class="notice warn">{error.message}</p>}
      <h3>Copies</h3>
      <Rows label="Copies" count={answer?.copies.length} empty="No device is known to have any of it yet.">
        {answer?.copies.map((copy) => (
          <Row
            key={copy.deviceId}
            icon="devices"
            title={<strong>{copy.deviceName}</strong>}
            facts={shareWords(copy.chunks, answer)}
          >
            <span class={`badge ${copy.online ? 'ok' : ''}`}>{copy.online ? 'online' : 'off'}</span>
          </Row>
        ))}
      </Rows>
    </DialogPanel>
  );
}

function SafetyNotice({ sentence, tone }: ReturnType<typeof safetyWords>) {
  return <p class={`notice ${tone}`}>{sentence}</p>;
}

function shareWords(count: number, { chunks }: EntryHealthView): string {
  if (count >= chunks) return `has all of it (${formatCount(chunks, 'chunk', 'chunks')})`;
  return `has ${count} of ${formatCount(chunks, 'chunk', 'chunks')}`;
}
