/** Reads a file of the source, and only one that stays as it is while it is read. */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { type FileFacts, factsOf, sameFacts } from './scanner.ts';

const pieceBytes = 1024 * 1024;
const noFollow = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;

/** The file changed while it was read: what was read is no version of it. */
export class FileChanged extends Error {
  constructor() {
    super('the file changed while it was read; the next run takes it');
    this.name = 'FileChanged';
  }
}

/**
 * The content of a file. The last thing that it does is to look whether the file is still the same, so that an
 * upload that reads it to its end has one state of it, and one that does not commits nothing.
 * @throws {FileChanged}, errors of node:fs
 */
export async function* readSteady(path: string, expected: FileFacts, onBytes: (count: number) => void) {
  // O_NONBLOCK: a pipe that took the file's place must not hang.
  const file = await open(path, constants.O_RDONLY | noFollow | (constants.O_NONBLOCK ?? 0));
  try {
    await mustBe(file, expected);
    let length = 0;
    for (;;) {
      const piece = new Uint8Array(pieceBytes);
      const { bytesRead } = await file.read(piece, 0, pieceBytes, length);
      if (bytesRead === 0) break;
      length += bytesRead;
      if (length > expected.size) throw new FileChanged();
      onBytes(bytesRead);
      yield piece.subarray(0, bytesRead);
    }
    if (length !== expected.size) throw new FileChanged();
    await mustBe(file, expected);
    // Another file may have been renamed over it.
    const there = await lstat(path, { bigint: true }).catch(() => undefined);
    if (!there?.isFile() || !sameFacts(factsOf(there), expected)) throw new FileChanged();
  } finally {
    await file.close();
  }
}

/** The first bytes of a file. */
export async function readSample(path: string, bytes: number): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | noFollow | (constants.O_NONBLOCK ?? 0));
  try {
    const sample = new Uint8Array(bytes);
    const { bytesRead } = await file.read(sample, 0, bytes, 0);
    return sample.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function mustBe(file: FileHandle, expected: FileFacts): Promise<void> {
  const stats = await file.stat({ bigint: true });
  if (!stats.isFile() || !sameFacts(factsOf(stats), expected)) throw new FileChanged();
}
