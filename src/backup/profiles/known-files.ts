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

const keyBytes = 16;
const rowBytes = 1 + 8 * 4 + 16 + 16;

export class KnownFiles {
  readonly #store: OrderedStore;
  readonly #prefix: string;
  readonly #salt: Uint8Array;

  constructor(store: OrderedStore, profile: { id: string; salt: string }) {
    this.#store = store;
    this.#prefix = `k${idKey(profile.id)}`;
    this.#salt = Buffer.from(profile.salt, 'hex');
  }

  /** The key of a path: `all` gives the same ones. */
  keyOf(path: string): string {
    const hash = sha256(Buffer.concat([this.#salt, Buffer.from(path)]));
    return Buffer.from(hash.subarray(0, keyBytes)).toString('latin1');
  }

  get(key: string): KnownFile | undefined {
    return readRow(this.#store.get(this.#prefix + key));
  }

  async *all(): AsyncGenerator<{ key: string; file: KnownFile }> {
    const bounds = { gte: this.#prefix, lt: endOf(this.#prefix) };
    for await (const [key, row] of this.#store.range(bounds)) {
      const file = readRow(row);
      if (file) yield { key: key.slice(this.#prefix.length), file };
    }
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

function readRow(bytes: Uint8Array | undefined): KnownFile | undefined {
  if (bytes?.length !== rowBytes) return undefined;
  const row = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isFolder = row[0] === 1;
  return {
    kind: isFolder ? 'folder' : 'file',
    size: row.readDoubleBE(1),
    mtimeMs: row.readDoubleBE(9),
    ctimeMs: row.readDoubleBE(17),
    ino: row.readBigUInt64BE(25),
    entry: entryId(toHex(row.subarray(33, 49))),
    version: isFolder ? undefined : versionId(toHex(row.subarray(49, 65))),
  };
}

/** An id may end in 0xff, which has no next character. */
function endOf(prefix: string): string {
  return afterPrefix(prefix.replace(/\xff+$/, ''));
}
