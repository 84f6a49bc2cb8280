import type { EntryHealthView, EntryView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { formatCount, formatFullTime, formatSize } from '../../client/format.ts';
import { safetyWords } from '../../client/safety.ts';
import { entriesRevision, memberCount } from '../../client/state.ts';
import { DialogPanel } from '../../components/dialog.tsx';
import { Row, Rows } from '../../components/list/rows.tsx';
import { useQuery } from '../use-query.ts';

/** Facts of a file, and the devices that hold its copies. */
export function EntryDetails({ entry, onClose }: { entry: EntryView; onClose(): void }) {
  const { answer, error } = useQuery(() => api.entryHealth(entry.id), [entry.id], entriesRevision.value);
  const safety = answer?.safety ?? entry.safety;
  return (
    <DialogPanel title={entry.name} onClose={onClose}>
      <p class="muted">
        {formatSize(entry.size)} · {entry.mime} · modified {formatFullTime(entry.modifiedAt)}
        {entry.owner && ` · owned by ${entry.owner}`}
      </p>
      {safety && <SafetyNotice {...safetyWords(safety, memberCount.value)} />}
      {error && <p class="notice warn">{error.message}</p>}
      <h3>Copies</h3>
      <Rows label="Copies" count={answer?.copies.length} empty="No copies are known yet.">
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
  if (count >= chunks) return `has a full copy (${formatCount(chunks, 'chunk', 'chunks')})`;
  return `has ${count} of ${formatCount(chunks, 'chunk', 'chunks')}`;
}
