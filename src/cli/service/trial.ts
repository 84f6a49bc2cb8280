/** What a device that was started by a program on trial does about it. */
import { setTimeout as wait } from 'node:timers/promises';
import { homeFolder, type RunningDevice, readRunFacts } from '../../node/index.ts';
import { confirmTrial, ownPack, readTrial } from '../../single/index.ts';

/** A device that served for so long is healthy: what it does at its start is done, or well under way. */
const servedMs = 5000;

/** True where a newer program was tried in the place of this one, and failed. */
export function hasFailedTrial(): boolean {
  return ownPack() !== undefined && readTrial(process.execPath)?.state === 'failed';
}

/** Ends the trial of the program that runs, or tells that a newer one failed. Does nothing where no update is under way. */
export async function endTrial(device: RunningDevice, home: string | undefined): Promise<void> {
  const version = ownPack()?.version;
  if (version === undefined) return;
  const program = process.execPath;
  const trial = readTrial(program);
  if (trial?.state === 'failed') {
    device.audit.note({
      event: 'update-failed',
      sentence: `Version ${trial.to} did not become healthy here, so ${trial.from} is back.`,
    });
    confirmTrial(program);
    return;
  }
  if (trial?.to !== version) return;
  await wait(servedMs, undefined, { ref: false });
  if (!(await isServing(home))) return;
  device.audit.note({ event: 'program-updated', sentence: `Updated from ${trial.from} to ${version}.` });
  confirmTrial(program);
}

async function isServing(home: string | undefined): Promise<boolean> {
  const facts = await readRunFacts(homeFolder(home));
  if (facts?.pid !== process.pid) return false;
  try {
    return (await fetch(new URL('/healthz', facts.url), { signal: AbortSignal.timeout(30_000) })).ok;
  } catch {
    return false;
  }
}
