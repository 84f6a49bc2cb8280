/** get, export, cat: files of the drive on this machine. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { EntryView } from '../../../model/api.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { Client, type GlobalOptions } from '../../client/client.ts';
import { entryAt } from '../../client/entries.ts';
import { findVersion, type VersionView } from '../../client/versions.ts';
import { countOf, printJson, printLine } from '../../terminal/output.ts';
import { terminal } from '../../terminal/terminal.ts';
import { excludeBy } from '../../transfer/exclude.ts';
import { type GetPlan, getEntry } from '../../transfer/get.ts';
import { localName } from '../../transfer/local-names.ts';
import { TransferReport } from '../../transfer/report.ts';

interface GetOptions extends GlobalOptions {
  overwrite?: boolean;
  exclude?: string[];
  dryRun?: boolean;
  version?: string;
}

export async function get(path: string, to: string | undefined, options: GetOptions): Promise<void> {
  const client = await Client.connect(options);
  const entry = await entryAt(client, path);
  const { platform } = terminal();
  const name = entry.name === '' ? 'drive' : localName(entry.name, platform);
  const there = to === undefined ? undefined : await stat(to).catch(() => undefined);
  const inside = to !== undefined && (there?.isDirectory() || /[/\\]$/.test(to));
  await fetchInto(client, entry, to === undefined ? name : inside ? join(to, name) : to, options);
}

/** The same into the folder itself, for a copy of everything that is brought up to date again and again. */
export async function exportTo(path: string, folder: string, options: GetOptions): Promise<void> {
  const client = await Client.connect(options);
  const entry = await entryAt(client, path);
  if (entry.kind === 'file') throw new PeerstorError('bad-input', `${path} is a file: use "peerstor get".`);
  await fetchInto(client, entry, folder, options);
}

async function fetchInto(
  client: Client,
  entry: EntryView,
  local: string,
  options: GetOptions,
): Promise<void> {
  const { interrupted, platform } = terminal();
  const report = new TransferReport('downloaded', options);
  const signal = interrupted();
  const version =
    options.version === undefined ? undefined : await formerVersion(client, entry, options.version);
  const plan: GetPlan = {
    client,
    report,
    signal,
    platform,
    exclude: excludeBy(options.exclude),
    overwrite: options.overwrite === true,
    dryRun: options.dryRun === true,
    asked: Promise.resolve(),
    ...(version && { version }),
  };
  await getEntry(plan, entry, local);
  const { saved: files, unchanged, failed } = report;
  if (options.json) printJson({ id: entry.id, path: local, files, unchanged, failed });
  report.end(signal.aborted);
  if (options.json || plan.dryRun || entry.kind === 'file') return;
  const before = unchanged === 0 ? '' : `; ${unchanged} were here already`;
  printLine(`${countOf(files)} downloaded into ${local}${before}`);
}

async function formerVersion(client: Client, entry: EntryView, which: string): Promise<VersionView> {
  if (entry.kind === 'folder') throw new PeerstorError('bad-input', 'A folder has no versions; name a file.');
  return findVersion(client, entry, which);
}

interface CatOptions extends GlobalOptions {
  range?: { from: number; to: number | undefined };
  version?: string;
}

export async function cat(path: string, options: CatOptions): Promise<void> {
  const client = await Client.connect(options);
  const entry = await entryAt(client, path);
  if (entry.kind === 'folder') throw new PeerstorError('bad-input', `${path} is a folder.`);
  const version =
    options.version === undefined
      ? ''
      : `?version=${(await formerVersion(client, entry, options.version)).id}`;
  const { range } = options;
  const answer = await client.send(`/api/v1/entries/${entry.id}/content${version}`, {
    headers: { accept: '*/*', ...(range && { range: `bytes=${range.from}-${range.to ?? ''}` }) },
  });
  await pipeline(answer.body, terminal().stdout, { end: false });
}
