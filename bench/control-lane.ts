/** How long a small question takes while chunks fill a narrow link, against the same link idle. */
import { MiB, type Row } from './measure.ts';
import { callRate, chunkBytes, openSlowPair, type TransportPair } from './transport-pair.ts';

const bytesPerSecond = 1e6;
const everyMs = 50;

/** @param mib sent over the link meanwhile, at 1 MB a second */
export async function measureControlLane(mib: number): Promise<Row[]> {
  const pair = await openSlowPair(bytesPerSecond);
  try {
    const idle = await roundTrips(pair, new Promise((resolve) => setTimeout(resolve, 5000)));
    const chunk = new Uint8Array(chunkBytes).fill(7);
    let rate = 0;
    const bulk = callRate(mib, () => pair.transport.call(pair.peer, 'chunk/put', chunk, { lane: 'bulk' }));
    const busy = await roundTrips(
      pair,
      bulk.then((measured) => {
        rate = measured;
      }),
    );
    const [idleP50, p50, p99] = [quantile(idle, 0.5), quantile(busy, 0.5), quantile(busy, 0.99)];
    return [
      {
        what: 'bulk over a link of 1 MB/s',
        value: `${rate.toFixed(2)} MiB/s`,
        ratio: `${((rate * MiB) / bytesPerSecond).toFixed(2)} of the link`,
      },
      {
        what: `control call meanwhile, p50 of ${busy.length}`,
        value: `${p50.toFixed(0)} ms`,
        ratio: `${(p50 / idleP50).toFixed(0)} × the idle link`,
      },
      {
        what: 'control call meanwhile, p99',
        value: `${p99.toFixed(0)} ms`,
        ratio: `${(p99 / idleP50).toFixed(0)} × the idle link's p50 (${idleP50.toFixed(1)} ms)`,
        aim: '< 1000 ms',
      },
    ];
  } finally {
    await pair.close();
  }
}

/** Milliseconds of small calls, one after the other, as long as the work goes on. */
async function roundTrips({ transport, peer }: TransportPair, work: Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const startMs = performance.now();
    await transport.call(peer, 'rss', new Uint8Array());
    times.push(performance.now() - startMs);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  await over;
  return times;
}

function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
