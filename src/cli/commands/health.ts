/** health, health garbage: how many copies there are, and which chunks on this device nothing references. */
import type { HealthView, ReceiptView } from '../../model/api.ts';
import type { GarbageReport } from '../../model/contracts/health.ts';
import { Client, type GlobalOptions } from '../client/client.ts';
import { formatSize, formatTime, printJson, printLine, printTable } from '../terminal/output.ts';

/** The device keeps more receipts; `--json` prints them all. */
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
  if (places < 2) return 'not set: "peerstor device set NAME --place home" says where a device is';
  return onePlaceChunks === 0
    ? `${places}; every chunk has copies in at least two of them`
    : `${places}; ${onePlaceChunks} chunks have copies in only one of them`;
}

function repairLine({ queued, active, etaSeconds }: HealthView['repair']): string {
  if (queued + active === 0) return 'nothing to do';
  const left = etaSeconds === null ? '' : `, about ${Math.ceil(etaSeconds / 60)} min left`;
  return `${active} copies are being made, ${queued} are queued${left}`;
}

function scrubLine({ running, lastFinishedAt, checkedChunks, badChunks }: HealthView['scrub']): string {
  const found = `${checkedChunks} copies read, ${badChunks} bad`;
  if (running) return `running: ${found}`;
  return lastFinishedAt === null ? 'not done yet' : `done ${formatTime(lastFinishedAt)}: ${found}`;
}

function drillLine({ lastFinishedAt, files, failed }: HealthView['drill']): string {
  if (lastFinishedAt === null)
    return 'not done yet: it reads files back while somebody is signed in on this device';
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

/** Shows chunks that nothing references; deletes those that wait for an admin only with `--confirm`. */
export async function garbage(options: GlobalOptions & { confirm?: boolean }): Promise<void> {
  const client = await Client.connect(options);
  const path = '/api/v1/health/garbage';
  const report = options.confirm
    ? await client.json<GarbageReport>(`${path}/confirm`, { method: 'POST' })
    : await client.json<GarbageReport>(path);
  if (options.json) return printJson(report);
  if (options.confirm)
    return printLine('Confirmed: these chunks go to the trash now and are deleted from there after 7 days.');
  const { chunks, bytes, dueChunks, dueBytes, oldestAt, waitsFor, stopped } = report;
  if (chunks === 0) return printLine('Every chunk on this device is needed.');
  printLine(
    `Nothing references ${chunks} chunks (${formatSize(bytes)}) on this device, the oldest since ${formatTime(oldestAt)}.`,
  );
  printLine(`The grace period of ${dueChunks} of them (${formatSize(dueBytes)}) is over.`);
  if (waitsFor !== null) printLine(waitsFor);
  if (stopped === null) return;
  printLine(
    `${stopped.chunks} chunks (${formatSize(stopped.bytes)}) would be deleted although nobody deleted that much. ` +
      'Check that no file is missing, then run "peerstor health garbage --confirm".',
  );
}
