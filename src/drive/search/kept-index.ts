/**
 * The table of a drive as a sealed file in the home of the device, so that a sign-in does not read the whole drive
 * again. Frames of `u32` length ‖ sealed bytes; the label of each says which file, which frame, and whether it is the
 * last, so none can be left out, moved, or taken from another file. A file that does not open is none.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { open, randomBytes, seal, sealBytesAdded } from '../../crypto/index.ts';
import type { SealedFiles } from '../../model/contracts/files/sealed-files.ts';
import { sentenceOf } from '../../model/errors.ts';
import type { OwnSeals, Tree } from '../tree/tree.ts';
import type { Columns } from './entry-table.ts';
import { PieceReader } from './piece-reader.ts';
import { piecesOf, type TableState, tableFrom } from './table-pieces.ts';

const label = 'search-index/1';
const fileIdBytes = 16;
const frameBytes = 1024 * 1024;

/** What of a tree is needed here. */
interface Keeping extends Pick<Tree, 'files' | 'log'> {
  readonly own: Pick<OwnSeals, 'index'> | undefined;
}

/** Of a tree that was granted nothing is kept. @throws as `SealedFiles.write` */
export async function writeKept({ own, files }: Keeping, columns: Columns, state: TableState): Promise<void> {
  if (own) await files.write(own.index.name, sealedFrames(own.index.key, piecesOf(columns, state)));
}

/** @returns undefined where nothing was kept that can be used */
export async function readKept({ own, files, log }: Keeping): ReturnType<typeof tableFrom> {
  if (!own) return undefined;
  try {
    return await tableFrom(openedFrames(files, own.index));
  } catch (error) {
    // It is made anew, and then the file is replaced.
    log.warn({ error: sentenceOf(error) }, 'The index for search that was kept here cannot be used.');
    return undefined;
  }
}

async function* sealedFrames(key: Uint8Array, pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const fileId = randomBytes(fileIdBytes);
  yield fileId;
  let number = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += frameBytes) {
      yield* frame(seal(key, labelOf(fileId, number, 'goes on'), piece.subarray(at, at + frameBytes)));
      number += 1;
      await breathe();
    }
  }
  yield* frame(seal(key, labelOf(fileId, number, 'ends'), new Uint8Array(0)));
}

function* frame(sealed: Uint8Array): Iterable<Uint8Array> {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(sealed.length);
  yield length;
  yield sealed;
}

/** What was written. @throws `forbidden` for what somebody changed or cut, `storage-failed` */
async function* openedFrames(
  files: SealedFiles,
  { name, key }: OwnSeals['index'],
): AsyncIterable<Uint8Array> {
  const reader = new PieceReader(files.read(name));
  try {
    const fileId = new Uint8Array(fileIdBytes);
    if (!(await reader.fill(fileId))) return;
    for (let number = 0; ; number += 1) {
      const sealed = await nextFrame(reader);
      if (sealed.length === sealBytesAdded) {
        open(key, labelOf(fileId, number, 'ends'), sealed);
        return;
      }
      yield open(key, labelOf(fileId, number, 'goes on'), sealed);
      await breathe();
    }
  } finally {
    await reader.end();
  }
}

/** Empty where there is no whole frame of a length that was written: it does not open. */
async function nextFrame(reader: PieceReader): Promise<Uint8Array> {
  const length = Buffer.alloc(4);
  if (!(await reader.fill(length))) return new Uint8Array(0);
  const bytes = length.readUInt32BE();
  if (bytes > frameBytes + sealBytesAdded) return new Uint8Array(0);
  const sealed = new Uint8Array(bytes);
  return (await reader.fill(sealed)) ? sealed : new Uint8Array(0);
}

function labelOf(fileId: Uint8Array, number: number, part: 'goes on' | 'ends'): string {
  return `${label} ${Buffer.from(fileId).toString('hex')} ${number} ${part}`;
}
