/** A large file: what was sent of it stays at the device when somebody or something stops it, and is not sent again. */
import { setTimeout as wait } from 'node:timers/promises';
import type { EntryView } from '../../model/api.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { isFileTime } from '../../model/file-time.ts';
import type { Client } from '../client/client.ts';
import {
  beginUpload,
  endUpload,
  offsetOfUpload,
  sendRest,
  type UploadFacts,
  unfinishedUpload,
} from '../client/uploads.ts';
import type { TransferReport } from './report.ts';
import { FileChanged, type Source } from './source-bytes.ts';

/** Smaller ones are sent in one request: sending them again costs less than asking how far they came. */
export const largeBytesMin = 8 * 1024 * 1024;
/** So often a device that is away is asked again before the file counts as failed: about a minute. */
const triesMax = 12;
const pauseMsMin = 200;
const pauseMsMax = 8000;

export interface LargeFile {
  /** A file of known length that can be read from any byte. */
  source: Source & { bytes: number; from(offset: number): AsyncIterable<Uint8Array> };
  parentId: string;
  name: string;
}

export interface LargePut {
  client: Client;
  report: TransferReport;
  query: string;
  signal: AbortSignal;
}

/** @throws {FileChanged}, and what the device says */
export async function putLarge(put: LargePut, file: LargeFile): Promise<EntryView> {
  const { client, signal } = put;
  const upload = new LargeUpload(put, file);
  for (let tries = 1; ; tries += 1) {
    const before = upload.offset;
    try {
      return await upload.goOn();
    } catch (error) {
      if (error instanceof FileChanged) {
        await endUpload(client, upload.id).catch(() => undefined);
        throw error;
      }
      if (signal.aborted || !isWorthAnotherTry(error)) throw error;
      if (upload.offset > before) tries = 1;
      if (tries >= triesMax) throw error;
      put.report.progress.waitFor('waiting for the device');
      await wait(Math.min(pauseMsMax, pauseMsMin * 2 ** tries), undefined, { signal });
    }
  }
}

class LargeUpload {
  readonly #put: LargePut;
  readonly #file: LargeFile;
  id = '';
  /** Bytes that the device had when it was asked last. */
  offset = 0;
  /** Bytes that were shown as sent. */
  #shown = 0;

  constructor(put: LargePut, file: LargeFile) {
    this.#put = put;
    this.#file = file;
  }

  /** Sends what is missing. @throws what breaks it off */
  async goOn(): Promise<EntryView> {
    const { client, report, signal } = this.#put;
    const { source } = this.#file;
    this.offset = await this.#find();
    this.#show(this.offset);
    const content = this.#counted(source.from(this.offset));
    const rest = { offset: this.offset, bytes: source.bytes - this.offset, content, signal };
    const entry = await sendRest(client, this.id, rest);
    report.progress.waitFor('');
    if (entry) return entry;
    throw new PeerstorError('peer-failed', 'The device took the file and did not say what became of it.');
  }

  /** Finds the upload that an earlier command or try began, or begins it. @returns where it goes on */
  async #find(): Promise<number> {
    const { client, query, signal } = this.#put;
    const facts = factsOf(this.#file);
    this.id ||= (await unfinishedUpload(client, facts)) ?? '';
    if (this.id !== '') {
      try {
        return await offsetOfUpload(client, this.id, signal);
      } catch (error) {
        if (!isPeerstorError(error, 'not-found')) throw error;
      }
    }
    this.id = await beginUpload(client, facts, query);
    return 0;
  }

  async *#counted(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { report } = this.#put;
    let at = this.offset;
    for await (const piece of content) {
      report.progress.waitFor('');
      at += piece.length;
      this.#show(at);
      yield piece;
    }
    report.progress.waitFor('waiting until other devices have it');
  }

  /** What is sent again is not counted again. */
  #show(at: number): void {
    if (at <= this.#shown) return;
    this.#put.report.progress.add(at - this.#shown);
    this.#shown = at;
  }
}

function factsOf({ source, parentId, name }: LargeFile): UploadFacts {
  const { bytes: size, modifiedMs, executable } = source;
  const isKnown = modifiedMs !== undefined && isFileTime(modifiedMs);
  const modifiedAt = isKnown ? new Date(modifiedMs).toISOString() : undefined;
  return { parentId, name, size, modifiedAt, executable };
}

/** The device was away, or is starting; what it refused stays refused. */
function isWorthAnotherTry(error: unknown): boolean {
  return (
    isPeerstorError(error, 'peer-unreachable') ||
    isPeerstorError(error, 'not-ready') ||
    // A part that was sent is gone there: it says from where to go on.
    (isPeerstorError(error, 'conflict') && error.details.offset !== undefined)
  );
}
