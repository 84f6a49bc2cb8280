/** backup add, list, run, pause, resume, remove, runs, snapshots, restore; sync and adopt alike. */

import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from '../../model/api.ts';
import type { BackupRunView, BackupView, SnapshotView } from '../../model/backups/backup-views.ts';
import { PeerstorError } from '../../model/errors.ts';
import { Client, type GlobalOptions } from '../client/client.ts';
import { splitDrivePath } from '../client/drive-path.ts';
import { CommandFailure } from '../failure.ts';
import { called, onlyOne } from '../lookup.ts';
import {
  countOf,
  formatSize,
  formatTime,
  printJson,
  printLine,
  printNotice,
  printTable,
} from '../terminal/output.ts';
import { terminal } from '../terminal/terminal.ts';
import { TransferReport } from '../transfer/report.ts';
import { restoreSnapshot } from '../transfer/restore-snapshot.ts';

interface AddOptions extends GlobalOptions {
  to: string;
  name?: string;
  watch?: boolean;
  every?: string;
  cron?: string;
  exclude?: string[];
  preset?: string[];
  onDelete?: string;
  pauseOn?: string[];
  keepHourly?: number;
  keepDaily?: number;
  keepWeekly?: number;
  keepMonthly?: number;
}

const pollMs = 300;

export async function addBackup(folder: string, options: AddOptions): Promise<void> {
  const client = await Client.connect(options);
  const { name, watch, every, cron, exclude, preset: presets, onDelete, pauseOn } = options;
  const keep = {
    hourly: options.keepHourly,
    daily: options.keepDaily,
    weekly: options.keepWeekly,
    monthly: options.keepMonthly,
  };
  const isKept = Object.values(keep).some((count) => count !== undefined);
  const json = {
    folder: resolve(folder),
    target: `/${splitDrivePath(options.to).join('/')}`,
    ...{ name, watch, every, cron, exclude, presets, onDelete, pauseOn },
    ...(isKept && { keep }),
  };
  const view = await client.json<BackupView>('/api/v1/backups', { method: 'POST', json });
  if (options.json) return printJson(view);
  printLine(
    `The backup "${view.name}" saves ${view.folder} to ${view.target.path ?? options.to}, ${scheduleWords(view)}.`,
  );
  if (view.nextRunAt === null) printLine(`Run it with: peerstor backup run "${view.name}"`);
}

export async function addSync(
  folder: string,
  options: GlobalOptions & { with: string; mirror?: boolean; name?: string; exclude?: string[] },
) {
  const client = await Client.connect(options);
  const { name, exclude } = options;
  const target = `/${splitDrivePath(options.with).join('/')}`;
  const kind = options.mirror ? 'mirror' : 'sync';
  const json = { kind, folder: resolve(folder), target, name, exclude };
  const view = await client.json<BackupView>('/api/v1/backups', { method: 'POST', json });
  if (options.json) return printJson(view);
  if (options.mirror)
    return printLine(`${view.folder} is kept as ${view.target.path ?? target} is from now on.`);
  printLine(
    `${view.folder} and ${view.target.path ?? target} are kept the same from now on, in both directions.`,
  );
}

export async function addAdopted(
  folder: string,
  options: GlobalOptions & { at: string; name?: string; exclude?: string[] },
) {
  const client = await Client.connect(options);
  const { name, exclude } = options;
  const target = `/${splitDrivePath(options.at).join('/')}`;
  const json = { kind: 'adopt', folder: resolve(folder), target, name, exclude };
  const view = await client.json<BackupView>('/api/v1/backups', { method: 'POST', json });
  if (options.json) return printJson(view);
  printLine(
    `The files in ${view.folder} stay where they are and are shown at ${view.target.path ?? target}; other devices get copies.`,
  );
}

/** Copies of their own for this device: the adopted folder is not needed any more. */
export async function importAdopted(which: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const { id } = await find(client, which);
  const path = `/api/v1/backups/${id}`;
  const begun = await client.json<BackupRunView>(`${path}/import`, { method: 'POST' });
  const run = await ended(client, path, begun);
  if (options.json) printJson(run);
  else printLine(run.sentence);
  if (run.state !== 'done')
    throw new CommandFailure('incomplete', `The import ended as "${run.state}". ${run.sentence}`);
}

export const listAdopted = (options: GlobalOptions) => listOf(['adopt'], options);
export const listBackups = (options: GlobalOptions) => listOf(['backup'], options);
export const listSyncs = (options: GlobalOptions) => listOf(['sync', 'mirror'], options);

async function listOf(kinds: BackupView['kind'][], options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const all = await client.json<Page<BackupView>>('/api/v1/backups');
  const page = { ...all, items: all.items.filter((view) => kinds.includes(view.kind)) };
  if (options.json) return printJson(page);
  printTable(
    ['NAME', 'ID', 'STATE', 'FOLDER', 'TO', 'WHEN', 'LAST RUN', 'NEXT RUN'],
    page.items.map((view) => [
      view.name,
      view.id.slice(0, 8),
      view.needsConsent ? 'stopped' : view.state,
      view.folder,
      view.target.path ?? '(gone)',
      scheduleWords(view),
      view.lastRun ? `${formatTime(view.lastRun.startedAt)} ${view.lastRun.state}` : 'never',
      formatTime(view.nextRunAt),
    ]),
  );
  for (const { name, problem } of page.items) if (problem) printNotice(`${name}: ${problem}`);
}

export async function runBackup(
  which: string,
  options: GlobalOptions & { dryRun?: boolean; wait?: boolean },
): Promise<void> {
  const client = await Client.connect(options);
  const { id } = await find(client, which);
  const dryRun = options.dryRun === true;
  const path = `/api/v1/backups/${id}`;
  const begun = await client.json<BackupRunView>(`${path}/run`, { method: 'POST', json: { dryRun } });
  const run = dryRun || options.wait === false ? begun : await ended(client, path, begun);
  if (options.json) printJson(run);
  else {
    for (const { path: file, message } of run.failed) printNotice(`not saved: ${file}: ${message}`);
    printLine(run.sentence);
  }
  const isWell = ['done', 'running', 'dry-run'].includes(run.state);
  if (!isWell) throw new CommandFailure('incomplete', `The run ended as "${run.state}". ${run.sentence}`);
}

export const pauseBackup = (which: string, options: GlobalOptions) => setPaused(which, true, options);
export const resumeBackup = (which: string, options: GlobalOptions) => setPaused(which, false, options);

export async function removeBackup(which: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const { id, name } = await find(client, which);
  await client.done(`/api/v1/backups/${id}`, { method: 'DELETE' });
  if (options.json) return printJson({ removed: id });
  printLine(`"${name}" was removed. The files stay where they are.`);
}

export async function listRuns(which: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const { id } = await find(client, which);
  const page = await client.json<Page<BackupRunView>>(`/api/v1/backups/${id}/runs`);
  if (options.json) return printJson(page);
  printTable(
    ['STARTED', 'STATE', 'READ', 'SENTENCE'],
    page.items.map(({ startedAt, state, bytes, sentence }) => [
      formatTime(startedAt),
      state,
      formatSize(bytes),
      sentence,
    ]),
  );
}

export async function listSnapshots(which: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const { id } = await find(client, which);
  const page = await client.json<Page<SnapshotView>>(`/api/v1/backups/${id}/snapshots`);
  if (options.json) return printJson(page);
  printTable(
    ['ID', 'TIME', 'FILES', 'SIZE'],
    page.items.map(({ id: snapshot, at, files, bytes }) => [
      snapshot,
      formatTime(at),
      String(files),
      formatSize(bytes),
    ]),
  );
}

interface RestoreOptions extends GlobalOptions {
  at?: string;
  overwrite?: boolean;
  dryRun?: boolean;
}

export async function restoreBackup(
  which: string,
  path: string,
  folder: string,
  options: RestoreOptions,
): Promise<void> {
  const client = await Client.connect(options);
  const { id } = await find(client, which);
  const at = options.at ?? new Date().toISOString();
  if (Number.isNaN(Date.parse(at)) && !/^\d{4}-\d\d-\d\dT[\d-]+Z$/.test(at))
    throw new PeerstorError(
      'bad-input',
      `"${at}" is no time: write 2026-11-21, 2026-11-21T10:00:00Z or the id of a snapshot.`,
    );
  const { interrupted, platform } = terminal();
  const report = new TransferReport('restored', options);
  const signal = interrupted();
  const { overwrite = false, dryRun = false } = options;
  const plan = { client, report, signal, platform, overwrite, dryRun };
  const snapshot = await restoreSnapshot(plan, { backup: id, at, under: path }, resolve(folder));
  const { saved, unchanged, failed } = report;
  if (options.json) printJson({ snapshot, saved, unchanged, failed });
  report.end(signal.aborted);
  if (options.json || dryRun) return;
  const before = unchanged === 0 ? '' : `; ${unchanged} were here already`;
  printLine(`${countOf(saved)} restored into ${folder} as of ${formatTime(snapshot.at)}${before}`);
}

async function setPaused(which: string, paused: boolean, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const { id } = await find(client, which);
  const view = await client.json<BackupView>(`/api/v1/backups/${id}`, { method: 'PATCH', json: { paused } });
  if (options.json) return printJson(view);
  printLine(
    paused
      ? `The backup "${view.name}" is paused.`
      : `The backup "${view.name}" goes on, ${scheduleWords(view)}.`,
  );
}

async function find(client: Client, which: string): Promise<BackupView> {
  const { items } = await client.json<Page<BackupView>>('/api/v1/backups');
  return onlyOne(called(items, which), 'backup, sync or adopted folder', which);
}

async function ended(client: Client, path: string, begun: BackupRunView): Promise<BackupRunView> {
  for (;;) {
    const { items } = await client.json<Page<BackupRunView>>(`${path}/runs`);
    const run = items.find(({ id }) => id === begun.id) ?? begun;
    if (run.state !== 'running') return run;
    await pause(pollMs);
  }
}

function scheduleWords({ watch, every, cron }: BackupView): string {
  if (watch) return 'when something changes';
  if (every !== null) return `every ${every}`;
  return cron === null ? 'when you say so' : `at "${cron}"`;
}
