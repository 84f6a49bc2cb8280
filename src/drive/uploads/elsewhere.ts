/** Uploads that were begun at another device, which is off or was left: what it told this one of them (decision 0046). */
import type { UploadCopy } from '../../model/contracts/uploads.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { UploadId } from '../../model/ids.ts';
import type { StoredChunk } from '../content/index.ts';
import type { Tree } from '../tree/tree.ts';
import {
  bytesOf,
  decodeHead,
  type OpenedUpload,
  openUpload,
  type RowPlace,
  type UploadHolder,
  type UploadSeals,
} from './upload-rows.ts';
import type { UploadTable } from './upload-table.ts';

export interface ElsewhereParts {
  table: UploadTable;
  tree: Tree;
  holder: UploadHolder;
}

interface OpenedCopy extends OpenedUpload {
  rows: UploadCopy['rows'];
}

/** Makes an upload of another device one of this device, if it is known here and the holder's. */
export async function adoptUpload(parts: ElsewhereParts, id: UploadId): Promise<void> {
  const { table } = parts;
  if (table.has(id)) return;
  const copies = table.copies(id).flatMap((copy) => openedCopy(parts, copy) ?? []);
  const [furthest] = copies.sort((one, other) => other.head.chunkBytes - one.head.chunkBytes);
  if (furthest) await table.alone(id, () => takeOver(parts, furthest));
}

/** What the holder began at other devices and has not finished, as far as it is known here. */
export function uploadsElsewhere(parts: ElsewhereParts): OpenedUpload[] {
  const copies = parts.table.copies().flatMap((copy) => openedCopy(parts, copy) ?? []);
  const seen = new Set<UploadId>();
  return copies.filter(({ head: { id, isFinished } }) => {
    const isNew = !isFinished && !parts.table.has(id) && !seen.has(id);
    seen.add(id);
    return isNew;
  });
}

/** Undefined for one of another holder, and for what a device made up. */
function openedCopy(
  { holder, tree }: ElsewhereParts,
  { id, head, rows }: UploadCopy,
): OpenedCopy | undefined {
  const read = decodeHead(id, head);
  if (read?.holder !== holder.id) return undefined;
  const nowMs = Math.floor(tree.clock.elapsedMs());
  const bare = { chunkRows: 0, tailBytes: 0, tailRows: 0, beganMs: nowMs, movedMs: nowMs };
  try {
    return { ...openUpload(holder, { ...read, ...bare }), rows };
  } catch (error) {
    if (isPeerstorError(error)) return undefined;
    throw error;
  }
}

/** It goes on with as many of its chunks as are here, or at devices that are connected. */
async function takeOver(
  { table, tree }: ElsewhereParts,
  { head, seals, rows: given }: OpenedCopy,
): Promise<void> {
  if (table.has(head.id)) return;
  if (head.isFinished) return table.adopt(head, []);
  // Each chunk that is found becomes as fresh for garbage collection as one that comes now.
  const upload = tree.network.beginUpload();
  const rows: Uint8Array[] = [];
  let at = 0;
  try {
    for (const sealed of given()) {
      const place = { row: rows.length, at };
      const chunks = chunksIn(seals, place, sealed);
      const kept: StoredChunk[] = [];
      for (const chunk of chunks) {
        if (!(await upload.adopt(chunk.reference.id))) break;
        kept.push(chunk);
      }
      if (kept.length > 0) rows.push(seals.sealChunks(place, kept));
      at += bytesOf(kept);
      if (kept.length === 0 || kept.length < chunks.length) break;
    }
  } finally {
    upload.close();
  }
  await table.adopt({ ...head, chunkBytes: at, chunkRows: rows.length }, rows);
}

/** None where the row is not what should follow: a device lied, or lost something. */
function chunksIn(seals: UploadSeals, place: RowPlace, sealed: Uint8Array): StoredChunk[] {
  try {
    return seals.openChunks(place, sealed);
  } catch (error) {
    if (isPeerstorError(error)) return [];
    throw error;
  }
}
