import { useState } from 'preact/hooks';
import type { AuditView as AuditLine } from '../../src/model/api.ts';
import { api } from '../client/api.ts';
import { formatFullTime, formatTime } from '../client/format.ts';
import { attempt } from '../client/state.ts';
import { useLoaded } from './use-loaded.ts';

/** For admins: what the device noted, newest first. */
export function AuditView() {
  const [first] = useLoaded(() => api.audit(null));
  const [more, setMore] = useState<AuditLine[]>([]);
  const [cursor, setCursor] = useState<string | null | undefined>(undefined);
  const next = cursor === undefined ? (first?.nextCursor ?? null) : cursor;
  const load = () =>
    attempt(async () => {
      const page = await api.audit(next);
      setMore([...more, ...page.items]);
      setCursor(page.nextCursor);
    });
  const lines = [...(first?.items ?? []), ...more];
  return (
    <>
      <h1>Audit log</h1>
      <p class="muted">What this device noted. Other devices have logs of their own.</p>
      <div class="card" aria-busy={first === undefined}>
        {first && lines.length === 0 && <p class="empty">Nothing was noted yet.</p>}
        <ul aria-label="Audit log">
          {lines.map((line, index) => (
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
      {next !== null && (
        <div>
          <button type="button" class="button" onClick={() => void load()}>
            Show more
          </button>
        </div>
      )}
    </>
  );
}
