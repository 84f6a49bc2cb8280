/**
 * Reads a local file for an upload. What is sent must be the file as it was at one moment: a file that changes
 * while it is read is noticed before its last byte is given, so the device keeps nothing of it.
 */
import { closeSync, constants, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { PeerstorError } from '../../model/errors.ts';
import { executableMark, isSystemError } from './disk-facts.ts';

const pieceBytes = 256 * 1024;
const writerWaitMs = 10_000;
const writerPollMs = 100;

export interface Source {
  /** Bytes that will come; undefined where nobody knows. */
  bytes: number | undefined;
  modifiedMs: number | undefined;
  /** Undefined where the system has no such mark, or nobody knows. */
  executable?: boolean;
  content: AsyncIterable<Uint8Array>;
  /** The content from this byte on; only of a file whose length is known. */
  from?(offset: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** A file changed while it was read. `grew`: what it had at the beginning could be read. */
export class FileChanged extends Error {
  readonly grew: boolean;

  constructor(grew: boolean) {
    super('it changed while it was read, several times; nothing of it was kept');
    this.name = 'FileChanged';
    this.grew = grew;
  }
}

/**
 * Opens a regular file.
 * @param acceptGrowth give what the file had when it was opened, though it grows
 * @throws {FileChanged} from `content`, before the last byte
 */
export async function openFile(path: string, acceptGrowth: boolean): Promise<Source> {
  const file = await open(path, 'r');
  try {
    const { size, mtimeMs, mode } = await file.stat();
    const mark = executableMark(mode);
    const close = () => file.close();
    if (size > 0) {
      const from = (offset: number) => readWhole(file, { size, mtimeMs, offset }, acceptGrowth);
      return { bytes: size, modifiedMs: mtimeMs, ...mark, content: from(0), from, close };
    }
    // Files that the system makes up, as in /proc, have content and say 0 bytes.
    const first = await readPiece(file, pieceBytes, 0);
    if (first.length === 0) return { bytes: 0, modifiedMs: mtimeMs, ...mark, content: nothing(), close };
    return { bytes: undefined, modifiedMs: undefined, content: readOn(file, first), close };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function* readWhole(
  file: FileHandle,
  before: { size: number; mtimeMs: number; offset: number },
  acceptGrowth: boolean,
): AsyncGenerator<Uint8Array> {
  for (let at = before.offset; at < before.size; ) {
    const piece = await readPiece(file, Math.min(pieceBytes, before.size - at), at);
    if (piece.length === 0) throw new FileChanged(false);
    at += piece.length;
    if (at === before.size) {
      const now = await file.stat();
      const changed = now.size !== before.size || now.mtimeMs !== before.mtimeMs;
      if (changed && !(acceptGrowth && now.size > before.size)) throw new FileChanged(now.size > before.size);
    }
    yield piece;
  }
}

async function* readOn(file: FileHandle, first: Uint8Array): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let piece = first; piece.length > 0; piece = await readPiece(file, pieceBytes, at)) {
    at += piece.length;
    yield piece;
  }
}

async function readPiece(file: FileHandle, bytes: number, at: number): Promise<Uint8Array> {
  // A buffer of its own: the request may still hold the one before.
  const buffer = Buffer.allocUnsafe(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, at);
  return buffer.subarray(0, bytesRead);
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/**
 * Opens a named pipe or a device that a person named: its bytes are sent until it ends.
 * @throws `bad-input` when nobody writes into the pipe within ten seconds
 */
export async function openStream(path: string, signal: AbortSignal): Promise<Source> {
  // Already open in this process: to open it by its name again would wait for another writer.
  const [, inherited] = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path) ?? [];
  if (inherited !== undefined) return streamed(createReadStream('', { fd: Number(inherited) }));
  // With this flag nothing waits for a writer, so this never blocks.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFIFO()) return streamed(createReadStream('', { fd, highWaterMark: pieceBytes }));
    const first = await firstBytes(fd, path, signal);
    const socket = new Socket({ fd, readable: true, writable: false });
    return streamed(withFirst(first, socket), () => socket.destroy());
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Standard input, until it ends. */
export function streamed(content: AsyncIterable<Uint8Array>, end: () => unknown = () => undefined): Source {
  return {
    bytes: undefined,
    modifiedMs: undefined,
    content,
    async close() {
      end();
    },
  };
}

async function* withFirst(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  yield* rest;
}

/**
 * Waits until somebody writes into a pipe: until then it reads as empty, which must not be taken for a file
 * of no bytes. @returns the bytes that were read on the way
 */
async function firstBytes(fd: number, path: string, signal: AbortSignal): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(pieceBytes);
  for (let waitedMs = 0; waitedMs < writerWaitMs; waitedMs += writerPollMs) {
    try {
      const bytes = readSync(fd, buffer);
      if (bytes > 0) return buffer.subarray(0, bytes);
    } catch (error) {
      // The pipe has a writer, who has written nothing yet.
      if (isSystemError(error, 'EAGAIN')) return buffer.subarray(0, 0);
      throw error;
    }
    await wait(writerPollMs, undefined, { signal });
  }
  throw new PeerstorError('bad-input', `nobody writes into the pipe ${path}; start the program that does`);
}
