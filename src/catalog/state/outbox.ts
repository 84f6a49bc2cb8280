/**
 * HOME/outbox.log: a second copy of what this device wrote and others do not have yet (I7). The
 * database is an index that may be lost; without this file, these records would be lost with it.
 *
 *   frame = length of content (4, big-endian) ‖ CRC-32 of content (4) ‖ content
 *   content = record bytes, or 0x00 ‖ device (32) ‖ seq (6): that device's records up to this one were
 *             forgotten, because others have them
 *
 * A frame is appended and synced before the write of its record is acknowledged. A kill can tear the last frame: the
 * next start cuts off everything after the last whole frame. Forgetting writes a new file and renames it over the
 * old one.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { assert } from '../../model/assert.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type DeviceId, deviceId, fromHex, toHex } from '../../model/ids.ts';
import { recordBytesMax } from '../../model/limits.ts';
import { parseRecord } from '../records/record-format.ts';
import { numberBytes, numberOfBytes } from '../records/store-layout.ts';

export interface Outbox {
  /** Reads the journal and cuts off a torn end. Earlier calls wait for it. */
  open(): Promise<void>;
  /** Resolves when the records are on disk. */
  append(records: readonly Uint8Array[]): Promise<void>;
  /** All its records, oldest first. */
  records(): AsyncIterable<Uint8Array>;
  /** The device whose records it has; undefined before the first one. A device with a new key starts a new file. */
  readonly device: DeviceId | undefined;
  /** The highest sequence number that was ever in it. */
  readonly lastSeq: number;
  /** The number up to which records were forgotten. */
  readonly forgottenSeq: number;
  /** Drops records up to `seq`, once that frees enough space. @param durable makes sure that the database has them, right before */
  forget(seq: number, durable?: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

const frameHeadBytes = 8;
const forgottenByte = 0x00;
const deviceBytes = 32;
const seqBytes = 6;
/** Less than this is not worth a new file. */
const forgetBytesMin = 64 * 1024;
const readBytes = 256 * 1024;
const markBytes = 32 * 1024;

/** @param path HOME/outbox.log */
export function createOutbox(path: string): Outbox {
  return new FileOutbox(path);
}

interface Mark {
  /** The highest sequence number before `end`. */
  seq: number;
  end: number;
}

interface Frame {
  content: Uint8Array;
  /** Where the frame ends in the file. */
  end: number;
}

class FileOutbox implements Outbox {
  readonly #path: string;
  #file: FileHandle | undefined;
  #length = 0;
  /** Some offsets at which the file can be cut, oldest first. */
  #marks: Mark[] = [];
  #tail: Promise<unknown> = Promise.resolve();
  device: DeviceId | undefined;
  lastSeq = 0;
  forgottenSeq = 0;

  constructor(path: string) {
    this.#path = path;
  }

  open(): Promise<void> {
    return this.#inLine(async () => {
      if (this.#file) return;
      await rm(`${this.#path}.new`, { force: true });
      const file = await open(this.#path, 'a+', 0o600);
      try {
        const { size } = await file.stat();
        await this.#read(file, size);
        if (this.#length < size) await file.truncate(this.#length);
        await file.sync();
        await syncFolder(dirname(this.#path));
      } catch (error) {
        await file.close();
        throw error;
      }
      this.#file = file;
    });
  }

  append(records: readonly Uint8Array[]): Promise<void> {
    return this.#inLine(async () => {
      const file = this.#opened();
      const last = records.at(-1);
      if (!last) return;
      const bytes = Buffer.concat(records.map(frameOf));
      await writeAll(file, bytes);
      await file.datasync();
      this.#length += bytes.length;
      this.#reached(last);
    });
  }

  async *records(): AsyncIterable<Uint8Array> {
    await this.#tail;
    for await (const { content } of framesOf(this.#opened(), this.#length)) {
      if (content[0] !== forgottenByte) yield content;
    }
  }

  forget(seq: number, durable?: () => Promise<void>): Promise<void> {
    return this.#inLine(async () => {
      const file = this.#opened();
      const here = { seq: this.lastSeq, end: this.#length };
      const cut = [...this.#marks, here].findLast((mark) => mark.seq <= seq);
      // A new file must drop half of the old one, so that it is not rewritten too often.
      if (!cut || this.#length < forgetBytesMin || cut.end * 2 < this.#length) return;
      await durable?.();
      const kept = await readAll(file, cut.end, this.#length);
      await this.#replace(Buffer.concat([frameOf(this.#forgottenUpTo(cut.seq)), kept]));
    });
  }

  close(): Promise<void> {
    return this.#inLine(async () => {
      await this.#file?.close();
      this.#file = undefined;
    });
  }

  async #read(file: FileHandle, size: number): Promise<void> {
    this.#length = 0;
    this.#marks = [];
    let last: Uint8Array | undefined;
    for await (const { content, end } of framesOf(file, size)) {
      if (content[0] === forgottenByte) this.forgottenSeq = Math.max(this.forgottenSeq, dotOf(content).seq);
      this.#length = end;
      last = content;
      if (this.#isFarEnough()) this.#reached(content);
    }
    if (last) this.#reached(last);
  }

  async #replace(bytes: Uint8Array): Promise<void> {
    const path = `${this.#path}.new`;
    const file = await open(path, 'ax+', 0o600);
    try {
      await writeAll(file, bytes);
      await file.sync();
      await rename(path, this.#path);
    } catch (error) {
      await file.close();
      await rm(path, { force: true });
      throw error;
    }
    await syncFolder(dirname(this.#path));
    await this.#file?.close();
    this.#file = file;
    await this.#read(file, bytes.length);
  }

  #forgottenUpTo(seq: number): Uint8Array {
    assert(this.device, 'an outbox that forgets had records');
    return Buffer.concat([Buffer.of(forgottenByte), fromHex(this.device), numberBytes(seq, seqBytes)]);
  }

  #reached(content: Uint8Array): void {
    const { device, seq } = dotOf(content);
    this.device = device;
    this.lastSeq = Math.max(this.lastSeq, seq);
    if (this.#isFarEnough()) this.#marks.push({ seq: this.lastSeq, end: this.#length });
  }

  #isFarEnough(): boolean {
    return this.#length - (this.#marks.at(-1)?.end ?? 0) >= markBytes;
  }

  #opened(): FileHandle {
    assert(this.#file, 'the outbox is open while it is used');
    return this.#file;
  }

  #inLine<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#tail.then(task);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}

/** An outbox that lives as long as its object: for tests and the simulator. */
export function createMemoryOutbox(): Outbox {
  let kept: Uint8Array[] = [];
  const outbox: Outbox & { device: DeviceId | undefined; lastSeq: number; forgottenSeq: number } = {
    device: undefined,
    lastSeq: 0,
    forgottenSeq: 0,
    open: () => Promise.resolve(),
    async append(records: readonly Uint8Array[]) {
      kept.push(...records);
      const last = records.at(-1);
      if (!last) return;
      const { device, seq } = dotOf(last);
      outbox.device = device;
      outbox.lastSeq = Math.max(outbox.lastSeq, seq);
    },
    async *records() {
      yield* [...kept];
    },
    async forget(seq: number) {
      outbox.forgottenSeq = Math.max(outbox.forgottenSeq, Math.min(seq, outbox.lastSeq));
      kept = kept.filter((record) => dotOf(record).seq > outbox.forgottenSeq);
    },
    close: () => Promise.resolve(),
  };
  return outbox;
}

function frameOf(content: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(frameHeadBytes + content.length);
  frame.writeUInt32BE(content.length, 0);
  frame.writeUInt32BE(crc32(content), 4);
  frame.set(content, frameHeadBytes);
  return frame;
}

function dotOf(content: Uint8Array): { device: DeviceId; seq: number } {
  if (content[0] !== forgottenByte) return parseRecord(content).record;
  const deviceEnd = 1 + deviceBytes;
  return {
    device: deviceId(toHex(content.subarray(1, deviceEnd))),
    seq: numberOfBytes(content.subarray(deviceEnd, deviceEnd + seqBytes)),
  };
}

/** Whole frames, oldest first. A damaged frame is skipped when whole ones follow. */
async function* framesOf(file: FileHandle, size: number): AsyncIterable<Frame> {
  let pending = Buffer.alloc(0);
  let end = 0;
  for (let at = 0; at < size; ) {
    const piece = await readAll(file, at, Math.min(size, at + readBytes));
    at += piece.length;
    pending = Buffer.concat([pending, piece]);
    while (pending.length >= frameHeadBytes) {
      const length = pending.readUInt32BE(0);
      if (length === 0 || length > recordBytesMax) return;
      if (pending.length < frameHeadBytes + length) break;
      const content = pending.subarray(frameHeadBytes, frameHeadBytes + length);
      end += frameHeadBytes + length;
      if (crc32(content) === pending.readUInt32BE(4)) yield { content: new Uint8Array(content), end };
      pending = pending.subarray(frameHeadBytes + length);
    }
  }
}

async function readAll(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(end - start);
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
    if (bytesRead === 0)
      throw new PeerstorError('storage-failed', 'The outbox journal is shorter than it was.');
    at += bytesRead;
  }
  return bytes;
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at);
    at += bytesWritten;
  }
}

/** A rename or a new file is durable once its folder is synced, which Windows cannot do. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
