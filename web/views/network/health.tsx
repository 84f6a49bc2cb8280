import { useEffect, useState } from 'preact/hooks';
import type { AlertView, HealthView as Health } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { attempt, health, refreshNetwork, user } from '../../client/state.ts';
import { formatAgo, formatDuration, formatSize, formatTime } from '../../client/words/format.ts';
import { Icon } from '../../components/icon.tsx';
import { deviceSaid, t } from '../../words/words.ts';
import { GarbageDialog } from './garbage.tsx';
import { LossSimulation } from './loss.tsx';
import { Machine } from './machine.tsx';
import { Space } from './space.tsx';
import { Transfers } from './transfers.tsx';

const wantedCopies = 3;
const receiptsShown = 20;

/** One sentence first, then what to do, then the figures. */
export function HealthView() {
  const [looking, setLooking] = useState(false);
  useEffect(() => void refreshNetwork(), []);
  const view = health.value;
  if (!view) return <p aria-busy="true">{t('Loading…')}</p>;
  return (
    <>
      <h1>{t('Health')}</h1>
      <p class={`notice ${view.level}`}>{deviceSaid(view.sentence)}</p>
      {view.alerts.length > 0 && (
        <section class="stack" aria-labelledby="alerts">
          <h2 id="alerts">{t('What needs attention')}</h2>
          <ul class="stack">
            {view.alerts.map((alert) => (
              <Alert
                key={`${alert.code}${alert.sentence}`}
                alert={alert}
                onGarbage={() => setLooking(true)}
              />
            ))}
          </ul>
        </section>
      )}
      <Copies {...view} />
      <Space devices={view.devices} />
      <LossSimulation devices={view.devices} />
      <Work {...view} />
      <Transfers devices={view.devices} />
      <Machine />
      <Receipts receipts={view.receipts} />
      {looking && <GarbageDialog onClose={() => setLooking(false)} />}
    </>
  );
}

/** Alerts that the Devices page can solve. */
const solvedAtDevices: readonly string[] = [
  'volume-missing',
  'volume-failed',
  'volume-failing',
  'volume-full',
  'volume-nearly-full',
  'no-place-for-chunks',
  'too-few-devices',
  'device-off-for-long',
];

function Alert({ alert, onGarbage }: { alert: AlertView; onGarbage(): void }) {
  const { code, level, sentence, action } = alert;
  return (
    <li class={`notice ${level}`}>
      <strong>{deviceSaid(sentence)}</strong> {action && deviceSaid(action)}
      {solvedAtDevices.includes(code) && (
        <>
          {' '}
          <a href="/devices">{t('Go to devices')}</a>
        </>
      )}
      {code === 'garbage-stopped' && user.value?.role === 'admin' && (
        <div>
          <button type="button" class="button" onClick={onGarbage}>
            {t('Review')}
          </button>
        </div>
      )}
    </li>
  );
}

function Copies({ chunks, bytes, offSite }: Health) {
  return (
    <>
      <section class="card" aria-labelledby="copies">
        <h2 id="copies" class="visually-hidden">
          {t('Copies')}
        </h2>
        {chunks.total === 0 ? (
          <p class="empty">{t('No files are stored yet.')}</p>
        ) : (
          <CopiesChart total={chunks.total} byCopies={chunks.byCopies} />
        )}
      </section>
      <p class="muted">
        {t(
          '{count} {count|chunk|chunks}, {size} per copy. A chunk is an encrypted piece of a file. {offSite}',
          { count: chunks.total, size: formatSize(bytes), offSite: offSiteSentence(offSite) },
        )}
      </p>
    </>
  );
}

function offSiteSentence({ places, onePlaceChunks }: Health['offSite']): string {
  if (places < 2) return t('Device locations are not set.');
  if (onePlaceChunks === 0)
    return t('Every chunk has copies in at least two of {places} places.', { places });
  return t('{count} {count|chunk has|chunks have} copies in only one of {places} places.', {
    count: onePlaceChunks,
    places,
  });
}

function repairWords({ queued, active, etaSeconds }: Health['repair']): string {
  if (queued + active === 0) return t('Nothing to repair.');
  if (etaSeconds === null) return t('{active} in progress, {queued} waiting.', { active, queued });
  return t('{active} in progress, {queued} waiting, about {time} left.', {
    active,
    queued,
    time: formatDuration(etaSeconds),
  });
}

/** Repair, checks and restore tests wait for an hour, which ends by itself. */
function Pause({ until }: { until: string | null }) {
  const change = (minutes: number) =>
    attempt(async () => {
      await api.pauseWork(minutes);
      await refreshNetwork();
    });
  return (
    <div class="toolbar">
      {until !== null && (
        <span class="badge warn">{t('paused until {time}', { time: formatTime(until) })}</span>
      )}
      <button type="button" class="button" onClick={() => void change(until === null ? 60 : 0)}>
        <Icon name={until === null ? 'pause' : 'play'} />
        {until === null ? t('Pause for an hour') : t('Resume^work')}
      </button>
    </div>
  );
}

function scrubWords({ running, lastFinishedAt, checkedChunks, badChunks }: Health['scrub']): string {
  const found = t('{count} {count|copy|copies} checked, {bad} bad', { count: checkedChunks, bad: badChunks });
  if (running) return t('In progress: {found}.', { found });
  if (lastFinishedAt === null) return t('Not done yet.');
  // It ran before the first files came: a number would sound as if something were wrong.
  if (checkedChunks === 0)
    return t('Done {ago}; there were no copies yet.', { ago: formatAgo(lastFinishedAt) });
  return t('Done {ago}: {found}.', { ago: formatAgo(lastFinishedAt), found });
}

/** Repair, checks and restore tests that run by themselves. */
function Work({ repair, scrub, drill, pausedUntil }: Health) {
  return (
    <section class="card padded" aria-labelledby="work">
      <h2 id="work">{t('Background work on this device')}</h2>
      {user.value?.role === 'admin' && <Pause until={pausedUntil} />}
      <dl class="work">
        <dt>{t('Repair')}</dt>
        <dd>{repairWords(repair)}</dd>
        <dt>{t('Check of all copies')}</dt>
        <dd>{scrubWords(scrub)}</dd>
        <dt>{t('Restore test from other devices')}</dt>
        <dd>
          {drill.lastFinishedAt === null
            ? t('Not done yet.')
            : t('Done {ago}: {restored} of {count} {count|file|files} restored.', {
                ago: formatAgo(drill.lastFinishedAt),
                restored: drill.files - drill.failed,
                count: drill.files,
              })}
        </dd>
      </dl>
    </section>
  );
}

function Receipts({ receipts }: Pick<Health, 'receipts'>) {
  if (receipts.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="receipts">
      <h2 id="receipts">{t('Repairs')}</h2>
      <ul class="card">
        {receipts.slice(0, receiptsShown).map(({ at, sentence }) => (
          <li key={`${at}${sentence}`} class="device">
            <Icon name="check" />
            <div>{deviceSaid(sentence)}</div>
            <time class="facts" dateTime={at}>
              {formatAgo(at)}
            </time>
          </li>
        ))}
      </ul>
    </section>
  );
}

function CopiesChart({ total, byCopies }: { total: number; byCopies: Record<string, number> }) {
  const rows = Object.entries(byCopies)
    .map(([copies, count]) => ({ copies: Number(copies), count }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => a.copies - b.copies);
  return (
    <table class="copies">
      <caption class="visually-hidden">{t('Chunks by number of copies')}</caption>
      <tbody>
        {rows.map(({ copies, count }) => (
          <CopiesRow key={copies} copies={copies} count={count} share={count / total} />
        ))}
      </tbody>
    </table>
  );
}

function CopiesRow({ copies, count, share }: { copies: number; count: number; share: number }) {
  const tone = copies === 0 ? 'lost' : copies < wantedCopies ? 'thin' : '';
  return (
    <tr>
      <th scope="row">
        {copies === 0 ? t('unreachable') : t('{count} {count|copy|copies}', { count: copies })}
      </th>
      <td class="chart">
        <svg viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
          <rect class={`bar ${tone}`} width={Math.max(0.5, share * 100)} height="14" rx="1" />
        </svg>
      </td>
      <td class="numbers">{t('{count} {count|chunk|chunks}', { count })}</td>
    </tr>
  );
}
