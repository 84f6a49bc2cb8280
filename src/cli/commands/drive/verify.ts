/** verify: reads files back whole, and says which cannot be. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { EntryView } from '../../../model/api.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { toHex } from '../../../model/ids.ts';
import { createSha256 } from '../../../node/index.ts';
import { Client, type GlobalOptions } from '../../client/client.ts';
import { childrenOf, entryAt } from '../../client/entries.ts';
import { countOf, formatSize, printJson, printLine } from '../../terminal/output.ts';
import { terminal } from '../../terminal/terminal.ts';
import { TransferReport } from '../../transfer/report.ts';

interface VerifyOptions extends GlobalOptions {
  /** Per cent of the files. */
  sample?: number;
  /** A local folder that should have the same files. */
  against?: string;
}

interface Job {
  entry: EntryView;
  names: readonly string[];
}

const readsAtOnce = 4;

export async function verify(path: string, options: VerifyOptions): Promise<void> {
  const { sample = 100, against } = options;
  if (sample < 1 || sample > 100)
    throw new PeerstorError('bad-input', 'A sample is 1 to 100 per cent of the files.');
  const client = await Client.connect(options);
  const top = await entryAt(client, path);
  const report = new TransferReport('verified', options);
  const signal = terminal().interrupted();
  let bytes = 0;
  let passedOver = 0;
  const jobs = filesIn(client, top, []);
  const work = async () => {
    for await (const job of jobs) {
      if (signal.aborted || report.gaveUp) return;
      if (Math.random() * 100 >= sample) {
        passedOver += 1;
        continue;
      }
      const shown = `/${job.names.join('/')}`;
      try {
        await verifyOne(client, job, against, signal);
        report.saved += 1;
        bytes += job.entry.size;
      } catch (error) {
        if (signal.aborted) report.cutOff += 1;
        else report.fail(shown, error);
      }
    }
  };
  await Promise.all(Array.from({ length: readsAtOnce }, work));
  const { saved, failed } = report;
  if (options.json) printJson({ verified: saved, passedOver, bytes, failed });
  report.end(signal.aborted);
  if (options.json) return;
  const rest = passedOver === 0 ? '' : `; ${countOf(passedOver)} not looked at`;
  printLine(`${countOf(saved)} (${formatSize(bytes)}) ${saved === 1 ? 'is' : 'are'} whole${rest}.`);
}

/** The device reads the file back, piece by piece from wherever the copies are; each piece proves itself. */
async function verifyOne(
  client: Client,
  { entry, names }: Job,
  against: string | undefined,
  signal: AbortSignal,
) {
  const ask = { signal };
  const { sha256 } = await client.json<{ sha256: string }>(`/api/v1/entries/${entry.id}/checksum`, ask);
  if (against === undefined) return;
  const local = join(against, ...names);
  const hash = createSha256();
  for await (const piece of createReadStream(local, { signal })) hash.update(piece);
  if (toHex(hash.digest()) !== sha256) throw new PeerstorError('conflict', `it differs from ${local}`);
}

async function* filesIn(client: Client, entry: EntryView, names: readonly string[]): AsyncGenerator<Job> {
  if (entry.kind === 'file') {
    yield { entry, names: names.length === 0 ? [entry.name] : names };
    return;
  }
  for await (const child of childrenOf(client, entry.id))
    yield* filesIn(client, child, [...names, child.name]);
}
