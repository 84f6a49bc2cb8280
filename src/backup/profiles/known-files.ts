/**
 * What a profile saved: for each path of the source the facts of then, and the entry that it became. Names are
 * not in it: a row's key is a hash of the path. It can be lost: then files are read again, and the drive finds
 * that it has them.
 */
import { sha256 } from '../../crypto/index.ts';
import { afterPrefix, idKey, type OrderedStore } from '../../model/contracts/ordered-store.ts';
import { type EntryId, entryId, toHex, type VersionId, versionId } from '../../model/ids.ts';
import type { FileFacts } from '../source/scanner.ts';

export interface KnownFile extends FileFacts {
  kind: 'file' | 'folder';
  entry: EntryId;
  /** Of a file. */
  version: VersionId | undefined;
}

export const keyBytes = 16;
export const rowBytes = 1 + 8 * 4 + 16 + 16;

export class KnownFiles {
  readonly #store: OrderedStore;
  readonly #prefix: string;
  readonly #salt: Uint8Array;
  #hashed = Buffer.alloc(1024);

  constructor(store: OrderedStore, profile: { id: string; salt: string }) {
    this.#store = store;
    this.#prefix = `k${idKey(profile.id)}`;
    this.#salt = Buffer.from(profile.salt, 'hex');
  }

  /** The key of a path: `all` gives the same ones. */
  keyOf(path: string): string {
    // One buffer for all: this is asked for every path of a source.
    const most = this.#salt.length + path.length * 3;
    if (this.#hashed.length < most) this.#hashed = Buffer.alloc(most * 2);
    this.#hashed.set(this.#salt);
    const end = this.#salt.length + this.#hashed.write(path, this.#salt.length);
    const hash = sha256(this.#hashed.subarray(0, end));
    return Buffer.from(hash.buffer, hash.byteOffset, keyBytes).toString('latin1');
  }

  get(key: string): KnownFile | undefined {
    return readRow(this.#store.get(this.#prefix + key));
  }

  async *all(): AsyncGenerator<{ key: string; file: KnownFile }> {
    for await (const [key, row] of this.rows()) {
      const file = readRow(row);
      if (file) yield { key, file };
    }
  }

  /** In the order of the keys, as they were written. */
  async *rows(): AsyncGenerator<readonly [key: string, row: Uint8Array]> {
    const bounds = { gte: this.#prefix, lt: endOf(this.#prefix) };
    for await (const [key, row] of this.#store.range(bounds)) yield [key.slice(this.#prefix.length), row];
  }

  async set(key: string, file: KnownFile | undefined): Promise<void> {
    await this.#store.batch([{ key: this.#prefix + key, value: file ? writeRow(file) : null }]);
  }

  async clear(): Promise<void> {
    const keys: string[] = [];
    for await (const { key } of this.all()) keys.push(key);
    for (let at = 0; at < keys.length; at += 1000) {
      const changes = keys.slice(at, at + 1000).map((key) => ({ key: this.#prefix + key, value: null }));
      await this.#store.batch(changes);
    }
  }
}

function writeRow({ kind, size, mtimeMs, ctimeMs, ino, entry, version }: KnownFile): Uint8Array {
  const row = Buffer.alloc(rowBytes);
  row[0] = kind === 'folder' ? 1 : 0;
  row.writeDoubleBE(size, 1);
  row.writeDoubleBE(mtimeMs, 9);
  row.writeDoubleBE(ctimeMs, 17);
  row.writeBigUInt64BE(BigInt.asUintN(64, ino), 25);
  row.write(entry, 33, 'hex');
  if (version) row.write(version, 49, 'hex');
  return row;
}

export function readRow(bytes: Uint8Array | undefined): KnownFile | undefined {
  if (bytes?.length !== rowBytes) return undefined;
  const row = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isFolder = row[0] === 1;
  return {
    kind: isFolder ? 'folder' : 'file',
    ...readFacts(row, 0),
    entry: entryId(toHex(row.subarray(33, 49))),
    version: isFolder ? undefined : versionId(toHex(row.subarray(49, 65))),
  };
}

/** @param start where the row begins */
export function readFacts(row: Buffer, start: number): FileFacts {
  return {
    size: row.readDoubleBE(start + 1),
    mtimeMs: row.readDoubleBE(start + 9),
    ctimeMs: row.readDoubleBE(start + 17),
    ino: row.readBigUInt64BE(start + 25),
  };
}

/** An id may end in 0xff, which has no next character. */
function endOf(prefix: string): string {
  return afterPrefix(prefix.replace(/\xff+$/, ''));
}
