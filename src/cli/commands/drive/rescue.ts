/** rescue: plain files from volumes and recovery words, where no device is left. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeFolders } from '../../../node/index.ts';
import { openRescuedDrive, type RescuedDrive } from '../../../rescue/index.ts';
import type { GlobalOptions } from '../../client/client.ts';
import { printJson } from '../../terminal/output.ts';
import { readWords } from '../../terminal/prompt.ts';
import { terminal } from '../../terminal/terminal.ts';
import { savePlainFiles } from '../../transfer/plain-files.ts';
import { TransferReport } from '../../transfer/report.ts';

interface RescueOptions extends GlobalOptions {
  to: string;
  wordsStdin?: boolean;
  dryRun?: boolean;
}

export async function rescue(volumes: string[], options: RescueOptions): Promise<void> {
  const words = await readWords(options);
  const to = resolve(options.to);
  if (!options.dryRun) await makeFolders(to);
  // What is in it is sealed as in the catalog of a device.
  const scratch = await mkdtemp(join(tmpdir(), 'peerstor-rescue-'));
  try {
    const rescued = await openRescuedDrive({ volumes, words, scratch: join(scratch, 'catalog') });
    try {
      await saveAll(rescued, to, options);
    } finally {
      await rescued.close();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function saveAll(rescued: RescuedDrive, to: string, options: RescueOptions): Promise<void> {
  const { username, knownUntil, problems, drive } = rescued;
  const report = new TransferReport('rescued', options);
  report.note(`The drive of ${username}, as it was known on these volumes at ${knownUntil}.`);
  for (const problem of problems) report.note(problem);
  const { interrupted, platform } = terminal();
  const signal = interrupted();
  await savePlainFiles({ drive, report, signal, dryRun: options.dryRun === true, platform }, to);
  if (options.json) {
    const { saved, unchanged, failed } = report;
    printJson({ username, knownUntil, problems, saved, unchanged, failed });
  }
  report.end(signal.aborted);
}
