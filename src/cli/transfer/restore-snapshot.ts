/** Brings the files of a snapshot of a backup to this machine. */
import { basename, dirname } from 'node:path';
import type { Page } from '../../model/api.ts';
import type { SnapshotEntryView, SnapshotView } from '../../model/backups/backup-views.ts';
import { PeerstorError } from '../../model/errors.ts';
import { makeFolders } from '../../node/index.ts';
import type { Client } from '../client/client.ts';
import { formatSize } from '../terminal/output.ts';
import { factsAt } from './disk-facts.ts';
import { download, inTheWay } from './download.ts';
import { childPath, localName } from './local-names.ts';
import { PartFiles } from './part-files.ts';
import type { TransferReport } from './report.ts';

export interface RestorePlan {
  client: Client;
  report: TransferReport;
  signal: AbortSignal;
  platform: NodeJS.Platform;
  overwrite: boolean;
  dryRun: boolean;
}

/**
 * @param wanted.at a time, or the id of a snapshot; @param wanted.under a path in the snapshot
 * @param to what lies below `under` goes into this folder
 * @returns the snapshot that was taken
 */
export async function restoreSnapshot(
  plan: RestorePlan,
  wanted: { backup: string; at: string; under: string },
  to: string,
): Promise<SnapshotView> {
  const { client, report, signal } = plan;
  const under = wanted.under.split('/').filter(Boolean);
  let snapshot: SnapshotView | undefined;
  let cursor: string | null = '0';
  while (cursor !== null && !signal.aborted && !report.gaveUp) {
    const query = new URLSearchParams({ limit: '1000', cursor, under: under.join('/') });
    const at = snapshot?.id ?? wanted.at;
    const path = `/api/v1/backups/${wanted.backup}/snapshots/${encodeURIComponent(at)}?${query}`;
    const page: Page<SnapshotEntryView> & { snapshot: SnapshotView } = await client.json(path);
    snapshot ??= page.snapshot;
    for (const entry of page.items) {
      if (signal.aborted || report.gaveUp) break;
      await restoreOne(plan, entry, placeOf(entry, under, to, plan));
    }
    cursor = page.nextCursor;
  }
  if (snapshot) return snapshot;
  throw new PeerstorError('aborted', 'Stopped before anything was restored.');
}

/** The folder `under` becomes `to`; a file that was asked for by its path goes into `to`. */
function placeOf(
  entry: SnapshotEntryView,
  under: readonly string[],
  to: string,
  { platform }: RestorePlan,
): string {
  const names = entry.path.split('/');
  const own =
    names.length === under.length && entry.kind === 'file' ? names.slice(-1) : names.slice(under.length);
  return own.reduce((folder, name) => childPath(folder, localName(name, platform)), to);
}

async function restoreOne(plan: RestorePlan, entry: SnapshotEntryView, path: string): Promise<void> {
  const { client, report, signal, dryRun, overwrite } = plan;
  try {
    if (entry.kind === 'folder') {
      if (!dryRun) await makeFolders(path);
      return;
    }
    const there = await factsAt(path);
    const apartMs = there ? Math.abs(there.mtimeMs - Date.parse(entry.modifiedAt)) : Number.POSITIVE_INFINITY;
    if (there?.isFile() && there.size === entry.size && apartMs < 2000) {
      report.unchanged += 1;
      return;
    }
    if (there && (!overwrite || there.isDirectory())) throw inTheWay();
    if (dryRun) {
      report.saved += 1;
      return report.say(`${path}  would be restored  ${formatSize(entry.size)}`);
    }
    await makeFolders(dirname(path));
    report.progress.expect(entry.size);
    const { entryId: id, version, size, modifiedAt, executable } = entry;
    const file = { id: id ?? '', version: version ?? '', size, modifiedAt, executable };
    await download(
      client,
      {
        entry: file,
        version: { id: file.version, modifiedAt, size, executable },
        name: basename(path),
        path,
        parts: await PartFiles.in(dirname(path)),
        overwrite,
      },
      report.progress,
      signal,
    );
    report.done(path);
  } catch (error) {
    if (signal.aborted) report.cutOff += 1;
    else report.fail(path, error);
  }
}
