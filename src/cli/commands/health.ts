/** health, health garbage: how well everything is kept, and what this device keeps for nothing. */
import type { HealthView, ReceiptView } from '../../model/api.ts';
import type { GarbageReport } from '../../model/contracts/health.ts';
import { Client, type GlobalOptions } from '../client/client.ts';
import { formatSize, formatTime, printJson, printLine, printTable } from '../terminal/output.ts';

/** The device keeps more of them: `--json` has all. */
const receiptsShown = 10;

export async function health(options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const view = await client.json<HealthView>('/api/v1/health');
  if (options.json) return printJson(view);
  printLine(view.sentence);
  printLine();
  printTable(
    ['COPIES', 'CHUNKS'],
    Object.entries(view.chunks.byCopies)
      .filter(([, chunks]) => chunks > 0)
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([copies, chunks]) => [copies, String(chunks)]),
  );
  printLine();
  printLine(`size      ${formatSize(view.bytes)} a copy`);
  printLine(`places    ${placesLine(view)}`);
  printLine(`repair    ${repairLine(view.repair)}`);
  printLine(`scrub     ${scrubLine(view.scrub)}`);
  printLine(`drill     ${drillLine(view.drill)}`);
  for (const { level, sentence, action } of view.alerts) {
    printLine();
    printLine(`${level === 'danger' ? '!!' : '!'} ${sentence}`);
    if (action) printLine(`  ${action}`);
  }
  printReceipts(view.receipts);
}

function placesLine({ offSite: { places, onePlaceChunks } }: HealthView): string {
  if (places < 2) return 'one, or not said: "peerstor device set NAME --place home" says where a device is';
  return onePlaceChunks === 0
    ? `${places}; everything is in more than one of them`
    : `${places}; ${onePlaceChunks} chunks are in one of them only`;
}

function repairLine({ queued, active, etaSeconds }: HealthView['repair']): string {
  if (queued + active === 0) return 'nothing to do';
  const left = etaSeconds === null ? '' : `, about ${Math.ceil(etaSeconds / 60)} min left`;
  return `${active} copies under way, ${queued} wait${left}`;
}

function scrubLine({ running, lastFinishedAt, checkedChunks, badChunks }: HealthView['scrub']): string {
  const found = `${checkedChunks} copies read, ${badChunks} bad`;
  if (running) return `under way: ${found}`;
  return lastFinishedAt === null ? 'not done yet' : `done ${formatTime(lastFinishedAt)}: ${found}`;
}

function drillLine({ lastFinishedAt, files, failed }: HealthView['drill']): string {
  if (lastFinishedAt === null)
    return 'not done yet: files are read back once somebody was signed in here for a while';
  return `done ${formatTime(lastFinishedAt)}: ${files - failed} of ${files} files read from other devices`;
}

function printReceipts(receipts: ReceiptView[]): void {
  if (receipts.length === 0) return;
  printLine();
  printLine('What this device repaired:');
  for (const { at, sentence } of receipts.slice(0, receiptsShown)) {
    printLine(`  ${formatTime(at)}  ${sentence}`);
  }
}

/** Shows what nothing needs; deletes what waits for an admin only when that is said. */
export async function garbage(options: GlobalOptions & { confirm?: boolean }): Promise<void> {
  const client = await Client.connect(options);
  const path = '/api/v1/health/garbage';
  const report = options.confirm
    ? await client.json<GarbageReport>(`${path}/confirm`, { method: 'POST' })
    : await client.json<GarbageReport>(path);
  if (options.json) return printJson(report);
  if (options.confirm)
    return printLine('Agreed: what waited goes to the trash now, and from there in 7 days.');
  const { chunks, bytes, dueChunks, dueBytes, oldestAt, waitsFor, stopped } = report;
  if (chunks === 0) return printLine('Everything on this device is needed.');
  printLine(
    `${chunks} chunks (${formatSize(bytes)}) here are needed by nothing, since ${formatTime(oldestAt)}.`,
  );
  printLine(`${dueChunks} of them (${formatSize(dueBytes)}) were kept long enough.`);
  if (waitsFor !== null) printLine(waitsFor);
  if (stopped === null) return;
  printLine(
    `${stopped.chunks} chunks (${formatSize(stopped.bytes)}) would go without anybody having deleted them. ` +
      'Look whether anything is missing; if not, run "peerstor health garbage --confirm".',
  );
}
