import type { EntryHealthView, EntryView, VersionView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { mayDo } from '../../client/sharing.ts';
import { attempt, entriesRevision, memberCount, say } from '../../client/state.ts';
import { formatCount, formatFullTime, formatSize } from '../../client/words/format.ts';
import { safetyWords } from '../../client/words/safety.ts';
import { DialogPanel } from '../../components/dialog.tsx';
import { Icon } from '../../components/icon.tsx';
import { Row, Rows } from '../../components/list/rows.tsx';
import { useQuery } from '../use-query.ts';

interface DetailsProps {
  entry: EntryView;
  onClose(): void;
  /** The file has other content now. */
  onChanged(): void;
}

/** Facts of a file, the devices that hold its copies, and its versions. */
export function EntryDetails({ entry, onClose, onChanged }: DetailsProps) {
  const { answer, error } = useQuery(() => api.entryHealth(entry.id), [entry.id], entriesRevision.value);
  const safety = answer?.safety ?? entry.safety;
  return (
    <DialogPanel title={entry.name} onClose={onClose}>
      <dl class="work">
        <dt>Size</dt>
        <dd>{formatSize(entry.size)}</dd>
        <dt>Type</dt>
        <dd>{entry.mime ?? 'unknown'}</dd>
        <dt>Modified</dt>
        <dd>{formatFullTime(entry.modifiedAt)}</dd>
        <dt>Added</dt>
        <dd>{formatFullTime(entry.createdAt)}</dd>
        {entry.owner && (
          <>
            <dt>Owner</dt>
            <dd>owned by {entry.owner}</dd>
          </>
        )}
      </dl>
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
      <Versions entry={entry} onChanged={onChanged} />
    </DialogPanel>
  );
}

function Versions({ entry, onChanged }: Pick<DetailsProps, 'entry' | 'onChanged'>) {
  const versions = useQuery(
    async () => (await api.versions(entry.id)).items,
    [entry.id],
    entriesRevision.value,
  );
  const restore = (version: VersionView) =>
    attempt(async () => {
      await api.restoreVersion(entry.id, version.id);
      say(`“${entry.name}” has the content of ${formatFullTime(version.modifiedAt)} again.`);
      await versions.reload();
      onChanged();
    });
  return (
    <>
      <h3>Versions</h3>
      <Rows
        label="Versions"
        count={versions.answer?.length}
        error={versions.error}
        empty="There are no older versions."
      >
        {versions.answer?.map((version) => (
          <Row
            key={version.id}
            icon="clock"
            title={formatFullTime(version.modifiedAt)}
            facts={formatSize(version.size)}
          >
            {version.current ? (
              <span class="badge ok">current</span>
            ) : (
              mayDo(entry).replace && (
                <button
                  type="button"
                  class="button"
                  aria-label={`Restore the version of ${formatFullTime(version.modifiedAt)}`}
                  onClick={() => void restore(version)}
                >
                  <Icon name="restore" />
                  Restore
                </button>
              )
            )}
            <a
              class="button quiet icon-only"
              href={api.contentUrl(entry, version.id)}
              download
              aria-label={`Download the version of ${formatFullTime(version.modifiedAt)}`}
            >
              <Icon name="download" />
            </a>
          </Row>
        ))}
      </Rows>
    </>
  );
}

function SafetyNotice({ sentence, tone }: ReturnType<typeof safetyWords>) {
  return <p class={`notice ${tone}`}>{sentence}</p>;
}

function shareWords(count: number, { chunks }: EntryHealthView): string {
  if (count >= chunks) return `has a full copy (${formatCount(chunks, 'chunk', 'chunks')})`;
  return `has ${count} of ${formatCount(chunks, 'chunk', 'chunks')}`;
}
