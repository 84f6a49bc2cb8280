/** Partial uploads: each is complete in itself, and several become one file by joining their lists of chunks. */
import type { UploadOutcome } from '../../model/contracts/uploads.ts';
import { PeerstorError } from '../../model/errors.ts';
import { storeRest } from '../content/index.ts';
import type { Tree } from '../tree/tree.ts';
import { type OpenedUpload, offsetOf } from './upload-rows.ts';
import type { UploadTable } from './upload-table.ts';

interface JoiningParts {
  table: UploadTable;
  tree: Tree;
}

/** Makes a chunk of the bytes after the last cut, so that other bytes can follow it in a file. */
export async function closePart({ table, tree }: JoiningParts, opened: OpenedUpload): Promise<OpenedUpload> {
  const { head, seals } = opened;
  if (head.tailBytes === 0) return opened;
  const rest = new Uint8Array(head.tailBytes);
  let at = 0;
  for (const { row, sealed } of table.tailRows(head)) {
    const bytes = seals.openTail(row, sealed);
    rest.set(bytes, at);
    at += bytes.length;
  }
  const upload = tree.network.beginUpload();
  try {
    const chunk = await storeRest(rest, tree.contentKeys.dedupeSecret, upload);
    const chunks = seals.sealChunks({ row: head.chunkRows, at: head.chunkBytes }, [chunk]);
    const closed = {
      ...head,
      movedMs: Math.floor(tree.clock.elapsedMs()),
      chunkBytes: head.chunkBytes + rest.length,
      chunkRows: head.chunkRows + 1,
      tailBytes: 0,
      tailRows: 0,
    };
    await table.save(closed, { chunks, dropTail: true });
    return { ...opened, head: closed };
  } finally {
    upload.close();
  }
}

/** The file that all of these became, if they did: an answer was lost on its way. @throws `conflict` where only some did */
export function joinedBefore(opened: readonly OpenedUpload[]): UploadOutcome | undefined {
  const files = new Set(opened.map(({ facts }) => facts.finished?.entry.id));
  const [first] = opened;
  if (files.size === 1) return first?.facts.finished ?? undefined;
  throw new PeerstorError('conflict', 'One of these parts belongs to another file already: send it again.');
}

/** @throws `bad-input` for an upload that is no part, `conflict` for one of which bytes are missing */
export function requireComplete(opened: readonly OpenedUpload[]): void {
  for (const { head, facts } of opened) {
    if (!facts.isPartial)
      throw new PeerstorError('bad-input', `The upload ${head.id} was not begun as a part.`);
    if (facts.size === offsetOf(head)) continue;
    throw new PeerstorError('conflict', `The part ${head.id} is not complete: send the rest of it first.`);
  }
}

/** The parts are over; they are remembered for a client that asks again. */
export async function markJoined(
  { table, tree }: JoiningParts,
  opened: readonly OpenedUpload[],
  finished: UploadOutcome,
): Promise<void> {
  const movedMs = Math.floor(tree.clock.elapsedMs());
  for (const { head, seals, facts } of opened) {
    const sealedFacts = seals.sealFacts({ ...facts, finished });
    await table.cutBack({ ...head, chunkRows: 0, movedMs, isFinished: true, sealedFacts }, 0, null);
  }
}
