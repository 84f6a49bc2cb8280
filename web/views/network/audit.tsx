import { api } from '../../client/api.ts';
import { formatFullTime, formatTime } from '../../client/words/format.ts';
import { useList } from '../use-query.ts';

/** For admins: the events of this device, newest first. */
export function AuditView() {
  const { items, error, loading, more, loadMore } = useList((cursor) => api.audit(cursor));
  return (
    <>
      <h1>Audit log</h1>
      <p class="muted">Events recorded on this device. Each device keeps its own log.</p>
      <div class="card" aria-busy={items === null && error === undefined}>
        {error && (
          <p class="notice danger" role="alert">
            {error.message}
          </p>
        )}
        {items?.length === 0 && <p class="empty">No events yet.</p>}
        <ul aria-label="Audit log">
          {items?.map((line, index) => (
            <li key={`${index}-${line.at}`} class="audit">
              <time class="muted numbers" dateTime={line.at} title={formatFullTime(line.at)}>
                {formatTime(line.at)}
              </time>
              <span>
                {line.sentence} <span class="muted">{line.username ?? ''}</span>
              </span>
              <span class="badge">{line.event}</span>
            </li>
          ))}
        </ul>
      </div>
      {more && (
        <div>
          <button type="button" class="button" disabled={loading} onClick={loadMore}>
            Show more
          </button>
        </div>
      )}
    </>
  );
}
