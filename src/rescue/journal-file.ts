/**
 * The catalog journal of one volume, kept by the device that lends it: every record of the catalog, in frames
 * that are only ever appended. It is written anew, beside the old one, when somebody's words must open it no
 * more, when it is damaged, and once a month, so that records that were superseded do not pile up.
 */
import { join } from 'node:path';
import { equalBytes } from '../crypto/index.ts';
import type { RecoverableUser } from '../drive/index.ts';
import type { Clock, Random } from '../model/clock.ts';
import type { Catalog } from '../model/contracts/catalog.ts';
import { PeerstorError } from '../model/errors.ts';
import { type DeviceId, deviceId } from '../model/ids.ts';
import { catalogPageBytesMax, catalogPageRecordsMax } from '../model/limits.ts';
import { type DiskFiles, segmentsPath, writeAll } from '../store/index.ts';
import {
  type JournalPage,
  journalHead,
  journalKey,
  keyringCheck,
  keyringFrame,
  newKeyring,
  openPage,
  pageFrame,
  saltBytes,
} from './journal-format.ts';
import { framesOf } from './journal-frames.ts';

export const journalEnding = '.catalog';
const rewriteAfterMs = 30 * 24 * 60 * 60 * 1000;
/** Left free on the disk, whatever the journal would need. */
const freeBytesLeft = 64 * 1024 * 1024;

/** What of the catalog goes into a journal. */
export interface JournalSource
  extends Pick<Catalog, 'networkId' | 'self' | 'get' | 'list' | 'vector' | 'missing'> {
  headOf(device: DeviceId): Uint8Array | undefined;
  /** False while records are lacking: then nothing that has more of them is replaced. */
  isCaughtUp(): boolean;
}

export interface JournalParts {
  catalog: JournalSource;
  genesis: Uint8Array;
  users(): Promise<RecoverableUser[]>;
  /** Secret of this device: the keys of its journals are derived from it. */
  seed: Uint8Array;
  files: DiskFiles;
  clock: Clock;
  random: Random;
}

interface OpenJournal {
  key: Uint8Array;
  check: Uint8Array;
  begunAtMs: number;
  end: number;
  reaches: Map<DeviceId, number>;
}

export class JournalFile {
  readonly #parts: JournalParts;
  readonly #path: string;
  readonly #folder: string;
  #journal: OpenJournal | undefined;

  /** @param volume the folder of a volume that is this device's */
  constructor(parts: JournalParts, volume: string) {
    this.#parts = parts;
    this.#folder = segmentsPath(volume);
    this.#path = join(this.#folder, `${parts.catalog.self}${journalEnding}`);
  }

  /**
   * Adds what the catalog has and the journal has not; durable when it resolves.
   * @returns how many records were written
   * @throws `disk-full`, errors of node:fs
   */
  async bringUpToDate(): Promise<number> {
    const { catalog, clock } = this.#parts;
    const users = await this.#parts.users();
    // Before the first bundle nobody could open it.
    if (users.length === 0) return 0;
    this.#journal ??= await this.#open();
    const journal = this.#journal;
    const isRight = journal !== undefined && equalBytes(journal.check, keyringCheck(users));
    const isOld = journal !== undefined && clock.wallMs() - journal.begunAtMs > rewriteAfterMs;
    if (journal === undefined || !isRight || (isOld && catalog.isCaughtUp())) return this.#rewrite(users);
    return this.#append(journal);
  }

  async #append(journal: OpenJournal): Promise<number> {
    const { files } = this.#parts;
    let written = 0;
    const file = await files.open(this.#path, 'write').catch((error: unknown) => {
      this.#journal = undefined;
      throw error;
    });
    try {
      // What a crash left of a frame would hide what is written behind it.
      if ((await file.size()) !== journal.end) await file.truncate(journal.end);
      for await (const page of this.#pagesAfter(journal.reaches)) {
        await this.#mustHaveRoom();
        const frame = pageFrame(journal.key, { ...page, genesis: this.#parts.genesis });
        await writeAll(file, [frame], journal.end);
        await file.datasync();
        journal.end += frame.length;
        noteReaches(journal, page);
        written += page.records.length;
      }
    } catch (error) {
      this.#journal = undefined;
      throw error;
    } finally {
      await file.close();
    }
    return written;
  }

  async #rewrite(users: readonly RecoverableUser[]): Promise<number> {
    const { catalog, files, clock, random, seed } = this.#parts;
    const salt = random.bytes(saltBytes);
    const key = journalKey(seed, salt);
    const named = { network: catalog.networkId, device: catalog.self, salt, begunAtMs: clock.wallMs() };
    const keyring = await newKeyring(named, key, users);
    const unfinished = `${this.#path}.new`;
    if ((await files.kind(unfinished)) !== undefined) await files.unlink(unfinished);
    const file = await files.open(unfinished, 'make');
    const journal: OpenJournal = { key, ...keyring, end: 0, reaches: new Map() };
    let written = 0;
    try {
      const start = Buffer.concat([journalHead, keyringFrame(keyring)]);
      await writeAll(file, [start], 0);
      journal.end = start.length;
      for await (const page of this.#pagesAfter(journal.reaches)) {
        await this.#mustHaveRoom();
        // In each of them, so that no damaged page takes it away.
        const frame = pageFrame(key, { ...page, genesis: this.#parts.genesis });
        await writeAll(file, [frame], journal.end);
        journal.end += frame.length;
        noteReaches(journal, page);
        written += page.records.length;
      }
      // Once more, far from the first one: without it no page opens.
      const again = keyringFrame(keyring);
      await writeAll(file, [again], journal.end);
      journal.end += again.length;
      await file.datasync();
      await file.close();
      await files.rename(unfinished, this.#path);
      await files.syncFolder(this.#folder);
    } catch (error) {
      await file.close().catch(() => undefined);
      await files.unlink(unfinished).catch(() => undefined);
      throw error;
    }
    this.#journal = journal;
    return written;
  }

  /** Pages of all logs, filled up: a page of each device every few minutes would be many small frames. */
  async *#pagesAfter(reaches: ReadonlyMap<DeviceId, number>): AsyncGenerator<JournalPage, void, void> {
    const { catalog, clock } = this.#parts;
    let page: JournalPage | undefined;
    let bytes = 0;
    for (const device of Object.keys(catalog.vector()).map((id) => deviceId(id))) {
      for (let since = reaches.get(device) ?? 0, complete = false; !complete; ) {
        const missing = await catalog.missing(device, since);
        ({ complete } = missing);
        const size = missing.records.reduce((sum, { length }) => sum + length, 0);
        const isFull = bytes + size > catalogPageBytesMax;
        if (page && (isFull || page.records.length + missing.records.length > catalogPageRecordsMax)) {
          yield page;
          page = undefined;
          bytes = 0;
        }
        if (missing.reachesSeq > since) {
          page ??= { atMs: clock.wallMs(), records: [], heads: {}, reaches: {} };
          page.records = page.records.concat(missing.records);
          if (missing.signed) page.heads[device] = missing.signed;
          page.reaches[device] = missing.reachesSeq;
          bytes += size;
        }
        since = missing.reachesSeq;
      }
    }
    if (page) yield page;
  }

  /** @returns undefined when there is none that this device can go on with */
  async #open(): Promise<OpenJournal | undefined> {
    const { files, catalog, seed } = this.#parts;
    if ((await files.kind(this.#path)) !== 'file') return undefined;
    const file = await files.open(this.#path, 'read');
    try {
      let journal: OpenJournal | undefined;
      for await (const { frame, end } of framesOf(file)) {
        if (frame === undefined) return undefined;
        if (frame.kind === 'page') {
          if (!journal) return undefined;
          noteReaches(journal, openPage(journal.key, frame.sealed));
          journal.end = end;
          continue;
        }
        if (frame.keyring.network !== catalog.networkId) return undefined;
        if (journal) {
          journal.end = end;
          continue;
        }
        journal = { key: journalKey(seed, frame.keyring.salt), ...frame.keyring, end, reaches: new Map() };
      }
      return journal;
    } catch (error) {
      // Of another key, or nonsense: a new one is written.
      if (error instanceof PeerstorError) return undefined;
      throw error;
    } finally {
      await file.close();
    }
  }

  async #mustHaveRoom(): Promise<void> {
    const { freeBytes } = await this.#parts.files.space(this.#folder);
    if (freeBytes >= freeBytesLeft) return;
    throw new PeerstorError(
      'disk-full',
      `The disk of ${this.#folder} is full, so the catalog is not written beside the chunks: make room.`,
    );
  }
}

function noteReaches({ reaches }: OpenJournal, page: JournalPage): void {
  for (const [id, seq] of Object.entries(page.reaches)) reaches.set(deviceId(id), seq);
}
