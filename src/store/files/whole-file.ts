/** Reading and writing in full, where the operating system may do a part only. */
import { PeerstorError } from '../../model/errors.ts';
import type { DiskFiles, OpenFile } from './disk-files.ts';

/** Writes all bytes of the parts from byte `at` on. Errors are those of node:fs. */
export async function writeAll(file: OpenFile, parts: readonly Uint8Array[], at: number): Promise<void> {
  let left = parts;
  for (let place = at; left.length > 0; ) {
    const taken = await file.write(left, place);
    place += taken;
    left = without(left, taken);
  }
}

/** Fills the parts from byte `at` on. @returns whether there were enough bytes */
export async function readAll(file: OpenFile, parts: readonly Uint8Array[], at: number): Promise<boolean> {
  let left = without(parts, 0);
  for (let place = at; left.length > 0; ) {
    const came = await file.read(left, place);
    if (came === 0) return false;
    place += came;
    left = without(left, came);
  }
  return true;
}

/** What is left of the parts after so many bytes; parts without bytes are left out. */
function without(parts: readonly Uint8Array[], done: number): readonly Uint8Array[] {
  const left: Uint8Array[] = [];
  let skip = done;
  for (const part of parts) {
    if (skip >= part.length) skip -= part.length;
    else {
      left.push(skip === 0 ? part : part.subarray(skip));
      skip = 0;
    }
  }
  return left;
}

/**
 * Writes a new file so that its bytes survive a power cut; its name does so only after its folder
 * was synced. A file that could not be finished is left behind: the caller removes it.
 */
export async function writeSynced(files: DiskFiles, path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.open(path, 'make');
  try {
    await writeAll(file, [bytes], 0);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Reads a small file. @throws `storage-failed` when it has more than `bytesMax` bytes; errors of node:fs */
export async function readSmall(files: DiskFiles, path: string, bytesMax: number): Promise<Uint8Array> {
  const file = await files.open(path, 'read');
  try {
    const size = await file.size();
    if (size > bytesMax)
      throw new PeerstorError('storage-failed', `The file ${path} is damaged: it is too long.`);
    const bytes = new Uint8Array(size);
    await readAll(file, [bytes], 0);
    return bytes;
  } finally {
    await file.close();
  }
}
