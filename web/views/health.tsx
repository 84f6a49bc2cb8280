import { useEffect } from 'preact/hooks';
import { formatCount, formatSize } from '../client/format.ts';
import { health, refreshNetwork } from '../client/state.ts';

const wantedCopies = 3;
const refreshMs = 5000;

/** One sentence first, then how many chunks have how many copies. */
export function HealthView() {
  useEffect(() => {
    void refreshNetwork();
    const timer = setInterval(() => void refreshNetwork(), refreshMs);
    return () => clearInterval(timer);
  }, []);
  const view = health.value;
  if (!view) return <p aria-busy="true">Looking…</p>;
  const { chunks, alerts } = view;
  return (
    <>
      <h1>Health</h1>
      <p class={`notice ${view.level}`}>{view.sentence}</p>
      <section class="card" aria-labelledby="copies">
        <h2 id="copies" class="visually-hidden">
          Copies
        </h2>
        {chunks.total === 0 ? (
          <p class="empty">Nothing is stored yet.</p>
        ) : (
          <CopiesChart total={chunks.total} byCopies={chunks.byCopies} />
        )}
      </section>
      <p class="muted">
        {formatCount(chunks.total, 'chunk', 'chunks')}, {formatSize(view.bytes)} a copy. A chunk is a sealed
        piece of a file.
      </p>
      {alerts.length > 0 && (
        <section aria-labelledby="alerts">
          <h2 id="alerts">What needs attention</h2>
          <ul>
            {alerts.map((alert) => (
              <li key={`${alert.code}${alert.sentence}`} class={`notice ${alert.level}`}>
                {alert.sentence} {alert.action}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
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
      <th scope="row">{copies === 0 ? 'not reachable' : formatCount(copies, 'copy', 'copies')}</th>
      <td class="chart">
        <svg viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
          <rect class={`bar ${tone}`} width={Math.max(0.5, share * 100)} height="14" rx="1" />
        </svg>
      </td>
      <td class="numbers">{formatCount(count, 'chunk', 'chunks')}</td>
    </tr>
  );
}
