import { useEffect, useState } from 'preact/hooks';
import type { AlertView, HealthView as Health } from '../../../src/model/api.ts';
import { health, refreshNetwork, user } from '../../client/state.ts';
import { formatAgo, formatCount, formatSize } from '../../client/words/format.ts';
import { Icon } from '../../components/icon.tsx';
import { GarbageDialog } from './garbage.tsx';
import { Machine } from './machine.tsx';

const wantedCopies = 3;
const receiptsShown = 20;

/** One sentence first, then what to do, then the figures. */
export function HealthView() {
  const [looking, setLooking] = useState(false);
  useEffect(() => void refreshNetwork(), []);
  const view = health.value;
  if (!view) return <p aria-busy="true">Loading…</p>;
  return (
    <>
      <h1>Health</h1>
      <p class={`notice ${view.level}`}>{view.sentence}</p>
      {view.alerts.length > 0 && (
        <section class="stack" aria-labelledby="alerts">
          <h2 id="alerts">What needs attention</h2>
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
      <Work {...view} />
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
      <strong>{sentence}</strong> {action}
      {solvedAtDevices.includes(code) && (
        <>
          {' '}
          <a href="/devices">Go to devices</a>
        </>
      )}
      {code === 'garbage-stopped' && user.value?.role === 'admin' && (
        <div>
          <button type="button" class="button" onClick={onGarbage}>
            Review
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
          Copies
        </h2>
        {chunks.total === 0 ? (
          <p class="empty">No files are stored yet.</p>
        ) : (
          <CopiesChart total={chunks.total} byCopies={chunks.byCopies} />
        )}
      </section>
      <p class="muted">
        {formatCount(chunks.total, 'chunk', 'chunks')}, {formatSize(bytes)} per copy. A chunk is an encrypted
        piece of a file. {offSiteSentence(offSite)}
      </p>
    </>
  );
}

function offSiteSentence({ places, onePlaceChunks }: Health['offSite']): string {
  if (places < 2) return 'Device locations are not set.';
  if (onePlaceChunks === 0) return `Every chunk has copies in at least two of ${places} places.`;
  return `${formatCount(onePlaceChunks, 'chunk has', 'chunks have')} copies in only one of ${places} places.`;
}

/** Repair, checks and restore tests that run by themselves. */
function Work({ repair, scrub, drill }: Health) {
  const left = repair.etaSeconds === null ? '' : `, about ${Math.ceil(repair.etaSeconds / 60)} min left`;
  const found = `${formatCount(scrub.checkedChunks, 'copy', 'copies')} checked, ${scrub.badChunks} bad`;
  return (
    <section class="card padded" aria-labelledby="work">
      <h2 id="work">Background work on this device</h2>
      <dl class="work">
        <dt>Repair</dt>
        <dd>
          {repair.queued + repair.active === 0
            ? 'Nothing to repair.'
            : `${repair.active} in progress, ${repair.queued} waiting${left}.`}
        </dd>
        <dt>Check of all copies</dt>
        <dd>
          {scrub.running
            ? `In progress: ${found}.`
            : scrub.lastFinishedAt === null
              ? 'Not done yet.'
              : `Done ${formatAgo(scrub.lastFinishedAt)}: ${found}.`}
        </dd>
        <dt>Restore test from other devices</dt>
        <dd>
          {drill.lastFinishedAt === null
            ? 'Not done yet.'
            : `Done ${formatAgo(drill.lastFinishedAt)}: ${drill.files - drill.failed} of ${formatCount(drill.files, 'file', 'files')} restored.`}
        </dd>
      </dl>
    </section>
  );
}

function Receipts({ receipts }: Pick<Health, 'receipts'>) {
  if (receipts.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="receipts">
      <h2 id="receipts">Repairs</h2>
      <ul class="card">
        {receipts.slice(0, receiptsShown).map(({ at, sentence }) => (
          <li key={`${at}${sentence}`} class="device">
            <Icon name="check" />
            <div>{sentence}</div>
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
      <caption class="visually-hidden">Chunks by number of copies</caption>
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
      <th scope="row">{copies === 0 ? 'unreachable' : formatCount(copies, 'copy', 'copies')}</th>
      <td class="chart">
        <svg viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
          <rect class={`bar ${tone}`} width={Math.max(0.5, share * 100)} height="14" rx="1" />
        </svg>
      </td>
      <td class="numbers">{formatCount(count, 'chunk', 'chunks')}</td>
    </tr>
  );
}
