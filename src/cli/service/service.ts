/** Installs the device as a service of this machine, and asks about it. */
import { spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PeerstorError } from '../../model/errors.ts';
import { makeFolders } from '../../node/index.ts';
import { printLine } from '../terminal/output.ts';
import { factsAt } from '../transfer/disk-facts.ts';
import type { ServicePlan, SystemCommand } from './service-plan.ts';

/** Runs a command of the system. @returns its exit code, and what it said on standard error */
export type SystemRunner = (
  command: SystemCommand,
  options: { show: boolean },
) => Promise<{ code: number; said: string }>;

/** Runs a command in a process of its own. With `show` it uses the terminal of this one. */
export const runOnSystem: SystemRunner = ([program, ...words], { show }) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: show ? 'inherit' : ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr?.on('data', (text) => {
      said += text;
    });
    child.on('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') return reject(cause);
      reject(new PeerstorError('not-found', `This system has no "${program}".`, { cause }));
    });
    child.on('close', (code) => resolve({ code: code ?? 1, said: said.trim() }));
  });

/** Writes the file of the service and starts it. Again: the new file counts. */
export async function installService(plan: ServicePlan, run: SystemRunner): Promise<void> {
  if ((await factsAt(plan.file)) !== undefined) await runAll(plan.uninstall, run, false);
  await makeFolders(dirname(plan.file));
  await writeFile(plan.file, plan.content, { mode: 0o644 });
  await runAll(plan.install, run, true);
}

/** @returns false when no service was there */
export async function uninstallService(plan: ServicePlan, run: SystemRunner): Promise<boolean> {
  const there = (await factsAt(plan.file)) !== undefined;
  await runAll(plan.uninstall, run, false);
  await rm(plan.file, { force: true });
  await runAll(plan.forget, run, false);
  return there;
}

/** Shows what the service manager says. @throws `not-found` where no service is installed */
export async function showService(
  plan: ServicePlan,
  command: SystemCommand,
  run: SystemRunner,
): Promise<number> {
  if ((await factsAt(plan.file)) === undefined) {
    throw new PeerstorError(
      'not-found',
      'No service is installed. "peerstor service install" installs one; a device that you started yourself logs to its own terminal.',
    );
  }
  return (await run(command, { show: true })).code;
}

async function runAll(
  commands: readonly SystemCommand[],
  run: SystemRunner,
  mustWork: boolean,
): Promise<void> {
  for (const command of commands) {
    const { code, said } = await run(command, { show: false });
    if (code === 0 || !mustWork) continue;
    const reason = said === '' ? `exit code ${code}` : said;
    throw new PeerstorError('storage-failed', `"${command.join(' ')}" failed: ${reason}`);
  }
}

/** What a person should know. */
export function printNotes(plan: ServicePlan): void {
  for (const note of plan.notes) printLine(note);
}
