/** A page of a snapshot, for whoever looks into it or restores from it. */
import type { Page } from '../../model/api.ts';
import type { SnapshotEntryView, SnapshotView } from '../../model/backups/backup-views.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { SnapshotLine } from './snapshot-format.ts';

/**
 * @param options.under a file, or a folder with what is in it; everything where it is empty
 * @param options.direct only what is directly in that folder
 * @param options.after how many entries to pass over
 * @throws `not-found` when nothing is there under that path
 */
export async function readView(
  { snapshot, lines }: { snapshot: SnapshotView; lines: AsyncIterable<SnapshotLine> },
  { under, after, limit, direct = false }: { under: string; after: number; limit: number; direct?: boolean },
): Promise<Page<SnapshotEntryView> & { snapshot: SnapshotView }> {
  const top = under.split('/').filter(Boolean).join('/');
  const items: SnapshotEntryView[] = [];
  let seen = 0;
  let found = top === '';
  for await (const line of lines) {
    if (top !== '' && line.path !== top && !line.path.startsWith(`${top}/`)) continue;
    found = true;
    if (direct && parentOf(line.path) !== top) continue;
    seen += 1;
    if (seen <= after) continue;
    if (items.length === limit) return { snapshot, items, nextCursor: String(after + limit) };
    items.push(viewOf(line));
  }
  if (!found) throw new PeerstorError('not-found', 'This snapshot has nothing of that path.');
  return { snapshot, items, nextCursor: null };
}

function parentOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

function viewOf({
  path,
  kind,
  size,
  modifiedAtMs,
  executable,
  entry,
  version,
}: SnapshotLine): SnapshotEntryView {
  const modifiedAt = new Date(modifiedAtMs).toISOString();
  return { path, kind, size, modifiedAt, executable, entryId: entry, version };
}
