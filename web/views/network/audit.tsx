import { useRef, useState } from 'preact/hooks';
import { type AuditFilter, askAudit, auditFile } from '../../client/network/audit.ts';
import { attempt } from '../../client/state.ts';
import { formatFullTime, formatTime } from '../../client/words/format.ts';
import { Field } from '../../components/form/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { deviceSaid, t } from '../../words/words.ts';
import { useList } from '../use-query.ts';

const everything: AuditFilter = { q: '', from: '', to: '' };
/** Typing pauses for this long before the log is asked. */
const typingMs = 300;

/** For admins: the events of this device, newest first. */
export function AuditView() {
  const [typed, setTyped] = useState(everything);
  const [filter, setFilter] = useState(everything);
  const pause = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const change = (part: Partial<AuditFilter>) => {
    const next = { ...typed, ...part };
    setTyped(next);
    clearTimeout(pause.current);
    pause.current = setTimeout(() => setFilter(next), typingMs);
  };
  const { items, error, loading, more, loadMore } = useList((cursor) => askAudit(filter, cursor), [filter]);
  return (
    <>
      <div class="toolbar">
        <h1 class="grow">{t('Audit log')}</h1>
        <button type="button" class="button" onClick={() => void attempt(() => save(filter))}>
          <Icon name="download" />
          {t('Save as CSV')}
        </button>
      </div>
      <p class="muted">{t('Events recorded on this device within a year. Each device keeps its own log.')}</p>
      <div class="pair">
        <Field label={t('Words')} value={typed.q} onInput={(q) => change({ q })} maxLength={200} />
        <Field label={t('From^date')} type="date" value={typed.from} onInput={(from) => change({ from })} />
        <Field label={t('To^date')} type="date" value={typed.to} onInput={(to) => change({ to })} />
      </div>
      <div class="card" aria-busy={items === null && error === undefined}>
        {error && (
          <p class="notice danger" role="alert">
            {error.message}
          </p>
        )}
        {items?.length === 0 && <p class="empty">{t('No such events.')}</p>}
        <ul aria-label={t('Audit log')}>
          {items?.map((line, index) => (
            <li key={`${index}-${line.at}`} class="audit">
              <time class="muted numbers" dateTime={line.at} title={formatFullTime(line.at)}>
                {formatTime(line.at)}
              </time>
              <span>
                {deviceSaid(line.sentence)} <span class="muted">{line.username ?? ''}</span>
              </span>
              <span class="badge">{deviceSaid(line.event)}</span>
            </li>
          ))}
        </ul>
      </div>
      {more && (
        <div>
          <button type="button" class="button" disabled={loading} onClick={loadMore}>
            {t('Show more')}
          </button>
        </div>
      )}
    </>
  );
}

async function save(filter: AuditFilter): Promise<void> {
  const address = URL.createObjectURL(await auditFile(filter));
  const link = document.createElement('a');
  link.href = address;
  link.download = 'audit.csv';
  link.click();
  URL.revokeObjectURL(address);
}
