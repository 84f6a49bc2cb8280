/**
 * What it costs to keep copies: of a lost device, of an upload, on a narrow link, in the background.
 *
 *   node bench/replication.bench.ts [--mib 512] [--rounds 3] [--churn-minutes 30] [--only repair,uplink]
 */
import { measureChurn } from './churn.ts';
import { measureControlLane } from './control-lane.ts';
import { measureCopiesMoved } from './copies-moved.ts';
import { machine, numberFlag, printRows, type Row } from './measure.ts';
import { measureRepair } from './repair-rate.ts';
import { measureScrub } from './scrub-cost.ts';
import { measureUplink } from './uplink.ts';
import { measureSafety } from './upload-safety.ts';

const mib = numberFlag('mib', 512);
const rounds = numberFlag('rounds', 3);
const churnMinutes = numberFlag('churn-minutes', 30);
/** What goes over a link of one or two megabytes a second, so that it takes about half a minute. */
const slowMib = Math.min(48, mib / 8);

const parts: Record<string, { title: string; measure: () => Promise<Row[]> }> = {
  repair: { title: 'a lost device', measure: () => measureRepair(mib, rounds) },
  moved: { title: 'bytes moved and room used', measure: () => measureCopiesMoved(Math.ceil(mib / 2)) },
  safety: { title: 'uploads', measure: () => measureSafety(mib, rounds) },
  control: { title: 'control beside bulk', measure: () => measureControlLane(slowMib) },
  scrub: { title: 'scrub', measure: () => measureScrub(mib, rounds) },
  uplink: { title: 'a gateway with 2 MB/s out', measure: () => measureUplink(slowMib, rounds) },
  churn: { title: 'memory under churn', measure: () => measureChurn(churnMinutes) },
};

const at = process.argv.indexOf('--only');
const names = at < 0 ? Object.keys(parts) : (process.argv[at + 1] ?? '').split(',');
console.log(machine());
for (const name of names) {
  const part = parts[name];
  if (!part) throw new Error(`--only knows ${Object.keys(parts).join(', ')}`);
  printRows(part.title, await part.measure());
}
