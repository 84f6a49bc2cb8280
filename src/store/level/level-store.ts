/** The ordered index over LevelDB, with a checksum in front of every value. */
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { Level } from 'level';
import type { OrderedStore, Row, RowBounds } from '../../model/contracts/ordered-store.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import { damageOfTables, readableRowsOf, tablesIn } from './damaged-tables.ts';
import { isAsLeft, writeLeft } from './left-files.ts';
import { ReadCache } from './read-cache.ts';

const checksumBytes = 4;
/** Between two tables of some megabytes that are checked in the background. */
const checkPauseMs = 50;
/** Rows of a range that are asked for together. */
const rangeRows = 256;
/** Rows of a page, and the bytes that LevelDB reads ahead for it. */
const pageRows = 4096;
const pageBytes = 256 * 1024;

/** Binary string ↔ bytes, one character a byte. */
const binaryKeys = {
  name: 'binary-string',
  format: 'buffer',
  encode: (key: string) => Buffer.from(key, 'latin1'),
  decode: (bytes: Buffer) => bytes.toString('latin1'),
} as const;

type Database = Level<string, Uint8Array>;

/**
 * One LevelDB database. LevelDB may hand out a damaged value, or the value of another key, without
 * an error (research: one flipped byte in a table), so each value is stored as CRC-32 ‖ bytes, the
 * checksum reaching over the key too.
 *
 * Errors of every method: `index-corrupt` for a wrong checksum (`details.key` names the key) and for
 * damage that LevelDB itself notices; `not-ready` once closed; `disk-full`; else `storage-failed`.
 */
export class LevelStore implements OrderedStore {
  readonly #database: Database;
  readonly #cache = new ReadCache();
  readonly #path: string;
  readonly asLeft: boolean;
  readonly #checking = new AbortController();
  #checked: Promise<void> = Promise.resolve();
  #isDamaged = false;

  private constructor(path: string, database: Database, asLeft: boolean) {
    this.#path = path;
    this.#database = database;
    this.asLeft = asLeft;
  }

  /**
   * Opens the database in a folder and makes it where there is none. Each of its tables is read once, because
   * LevelDB itself does not check its indexes and filters (`level-table.ts`): before this resolves, or, where all
   * files are as a clean end left them, in the background (decision 0055).
   * @param options.onDamage told what the background found; the next start finds it again, and refuses the database
   * @throws `home-locked` when another process has it open, `index-corrupt` when it cannot be
   * opened any more and must be rebuilt, else as every method
   */
  static async open(path: string, options: OpenOptions = {}): Promise<LevelStore> {
    await mustHaveCurrent(path);
    const asLeft = await isAsLeft(path);
    const names = await tablesIn(path);
    const damage = asLeft ? undefined : await damageOfTables(path);
    const database: Database = new Level(path, { keyEncoding: binaryKeys, valueEncoding: 'view' });
    try {
      await database.open();
    } catch (error) {
      throw openError(path, error);
    }
    if (damage === undefined) {
      const store = new LevelStore(path, database, asLeft);
      if (asLeft) store.#checked = store.#checkLater(names, options);
      return store;
    }
    // Opened nevertheless: it would fail where another process has it, whose tables are not whole yet, and
    // puts what was in its log into a table, for `readDamaged`.
    await database.close();
    throw new PeerstorError('index-corrupt', `The local database ${path} has to be rebuilt: ${damage}.`);
  }

  /** What can be read of a damaged database that nobody has open: rows in no order, never wrong ones, but old ones too. */
  static async damaged(path: string): Promise<Pick<OrderedStore, 'range'>> {
    // What is only in LevelDB's log gets into a table.
    const opened = LevelStore.open(path);
    await opened.then((store) => store.close()).catch(() => undefined);
    return {
      async *range({ gte, lt }) {
        for await (const { key, value } of readableRowsOf(path)) {
          const name = binaryKeys.decode(key);
          const row = name >= gte && name < lt ? soundValue(name, value) : undefined;
          if (row) yield [name, row];
        }
      },
    };
  }

  get(key: string): Uint8Array | undefined {
    return this.#cache.get(key, () => this.#read(key));
  }

  getDecoded<Decoded>(key: string, decode: (value: Uint8Array | undefined) => Decoded): Decoded {
    return this.#cache.getDecoded(key, () => this.#read(key), decode);
  }

  #read(key: string): Uint8Array | undefined {
    let stored: Uint8Array | undefined;
    try {
      stored = this.#database.getSync(key);
    } catch (error) {
      throw databaseError(error);
    }
    return stored === undefined ? undefined : checked(key, stored);
  }

  async batch(
    changes: readonly { key: string; value: Uint8Array | null }[],
    options: { sync?: boolean } = {},
  ): Promise<void> {
    const operations = changes.map(({ key, value }) =>
      value === null
        ? ({ type: 'del', key } as const)
        : ({ type: 'put', key, value: withChecksum(key, value) } as const),
    );
    const written = this.#cache.begin(changes.map(({ key }) => key));
    try {
      await this.#database.batch(operations, { sync: options.sync === true });
    } catch (error) {
      throw databaseError(error);
    } finally {
      written();
    }
  }

  async *range(bounds: RowBounds): AsyncIterable<Row> {
    for await (const rows of this.#rowsOf(bounds, { rowsAtOnce: rangeRows }))
      for (const [key, stored] of rows) yield [key, checked(key, stored)] as const;
  }

  async *pages(bounds: RowBounds): AsyncIterable<Row[]> {
    for await (const rows of this.#rowsOf(bounds, { rowsAtOnce: pageRows, highWaterMarkBytes: pageBytes }))
      yield rows.map(([key, stored]) => [key, checked(key, stored)] as const);
  }

  async *#rowsOf(
    { gte, lt, reverse = false, limit = -1 }: RowBounds,
    { rowsAtOnce, ...held }: { rowsAtOnce: number; highWaterMarkBytes?: number },
  ): AsyncIterable<Row[]> {
    try {
      const iterator = this.#database.iterator({ gte, lt, reverse, limit, ...held });
      try {
        for (;;) {
          const rows = await iterator.nextv(rowsAtOnce);
          if (rows.length === 0) return;
          yield rows;
        }
      } finally {
        await iterator.close();
      }
    } catch (error) {
      throw databaseError(error);
    }
  }

  /** Ends cleanly: what is there now is trusted at the next start, unless damage was found. */
  async close(): Promise<void> {
    this.#checking.abort();
    await this.#checked;
    if (this.#database.status !== 'open') return;
    await this.#database.close();
    // Without the list the next start reads the tables: no reason to fail.
    if (!this.#isDamaged) await writeLeft(this.#path).catch(() => undefined);
  }

  /** @param names tables that were there before the database was opened */
  async #checkLater(names: readonly string[], options: OpenOptions): Promise<void> {
    const { signal } = this.#checking;
    const { checkAfterMs = 30_000, onDamage } = options;
    const pause = async () => {
      await sleep(checkPauseMs, undefined, { signal, ref: false });
    };
    try {
      await sleep(checkAfterMs, undefined, { signal, ref: false });
      const damage = await damageOfTables(this.#path, { names, pause });
      if (damage === undefined) return;
      this.#isDamaged = true;
      onDamage?.(
        `The local database ${this.#path} is damaged, ${damage}: restart this device to have it made again.`,
      );
    } catch (error) {
      if (signal.aborted) return;
      // A disk that cannot be read now is met again at the next start.
      this.#isDamaged = true;
      onDamage?.(`The local database ${this.#path} could not be checked: ${sentenceOf(error)}`);
    }
  }
}

interface OpenOptions {
  onDamage?: (sentence: string) => void;
  /** For tests. */
  checkAfterMs?: number;
}

/**
 * Without its file CURRENT LevelDB takes a folder for new, and deletes the tables in it.
 * @throws `index-corrupt`
 */
async function mustHaveCurrent(path: string): Promise<void> {
  const names = await readdir(path).catch((): string[] => []);
  if (names.includes('CURRENT') || !names.some((name) => /^MANIFEST-|\.(ldb|sst|log)$/.test(name))) return;
  throw new PeerstorError(
    'index-corrupt',
    `The local database ${path} is damaged: its file CURRENT is gone.`,
  );
}

/** Where keys are laid out for their checksum: a buffer for each would be garbage, of a million rows at a start. */
const keySpace = Buffer.alloc(1024);

function checksum(key: string, bytes: Uint8Array): number {
  if (key.length > keySpace.length) return crc32(bytes, crc32(binaryKeys.encode(key)));
  keySpace.write(key, 0, 'latin1');
  return crc32(bytes, crc32(keySpace.subarray(0, key.length)));
}

function withChecksum(key: string, bytes: Uint8Array): Uint8Array {
  const stored = Buffer.allocUnsafe(checksumBytes + bytes.length);
  stored.writeUInt32BE(checksum(key, bytes));
  stored.set(bytes, checksumBytes);
  return stored;
}

function soundValue(key: string, stored: Uint8Array): Uint8Array | undefined {
  if (stored.length < checksumBytes) return undefined;
  const bytes = stored.subarray(checksumBytes);
  const claimed = new DataView(stored.buffer, stored.byteOffset).getUint32(0);
  return claimed === checksum(key, bytes) ? bytes : undefined;
}

function checked(key: string, stored: Uint8Array): Uint8Array {
  const value = soundValue(key, stored);
  if (value) return value;
  throw new PeerstorError(
    'index-corrupt',
    'A value of the local database is damaged; it has to be made again from the chunks and the other devices.',
    { details: { key } },
  );
}

/** Codes of an error and of its causes: classic-level hides the reason in `cause`. */
function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') codes.push(at.code);
  }
  return codes;
}

function openError(path: string, error: unknown): PeerstorError {
  if (codesOf(error).includes('LEVEL_LOCKED')) {
    return new PeerstorError(
      'home-locked',
      `Another peerstor is running with the database ${path}: stop that one, or start this one with another --home.`,
      { cause: error },
    );
  }
  return databaseError(error, path);
}

/** Messages by which LevelDB reports a damaged file of its own, whatever code it gives. */
const damageShape =
  /corrupt|missing files|CURRENT|(MANIFEST-\d+|\.ldb|\.sst): (No such file|Invalid argument)/i;

function databaseError(error: unknown, path?: string): PeerstorError {
  if (error instanceof PeerstorError) return error;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const named = path === undefined ? 'The local database' : `The local database ${path}`;
  const codes = codesOf(error);
  const reason = sentenceOf(cause);
  if (codes.includes('LEVEL_CORRUPTION') || damageShape.test(reason)) {
    return new PeerstorError('index-corrupt', `${named} is damaged and has to be rebuilt: ${reason}`, {
      cause: error,
    });
  }
  if (path === undefined && codes.some((code) => code.endsWith('_NOT_OPEN'))) {
    return new PeerstorError('not-ready', `${named} is closed.`, { cause: error });
  }
  if (/no space left/i.test(reason)) {
    return new PeerstorError('disk-full', `${named} cannot be written: ${reason}`, { cause: error });
  }
  return new PeerstorError('storage-failed', `${named} failed: ${reason}`, { cause: error });
}
