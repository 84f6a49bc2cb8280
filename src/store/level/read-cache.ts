/**
 * What was read last from a database, so that the same few rows (a folder, its parents, a user) are not asked of
 * LevelDB a dozen times for each request: that costs 15 µs, and garbage. That a key is absent is kept too, and what
 * was made of a value.
 */

/** Larger values are rare, and not worth their memory. */
const valueBytesMax = 1024;
/** Of each of two generations: about 4 MB together with their keys. */
const entriesMax = 4096;

interface Kept {
  /** Null: the key is absent. */
  readonly value: Uint8Array | null;
  /** What a `decode` made of the value. */
  decoded?: { readonly by: unknown; readonly what: unknown };
}

export class ReadCache {
  #young = new Map<string, Kept>();
  #old = new Map<string, Kept>();
  /** Key → batches under way that write it: nobody knows yet which value is there. */
  readonly #writing = new Map<string, number>();

  /**
   * @param read asks the database; what it throws is passed on, and nothing is kept
   * @returns bytes that are the caller's own
   */
  get(key: string, read: () => Uint8Array | undefined): Uint8Array | undefined {
    return copyOf(this.#find(key, read).value);
  }

  /** What `decode` makes of the value, which it must not change or keep. @param read as for `get` */
  getDecoded<Decoded>(
    key: string,
    read: () => Uint8Array | undefined,
    decode: (value: Uint8Array | undefined) => Decoded,
  ): Decoded {
    const kept = this.#find(key, read);
    // One function makes one kind of thing.
    if (kept.decoded?.by === decode) return kept.decoded.what as Decoded;
    const what = decode(kept.value ?? undefined);
    kept.decoded = { by: decode, what };
    return what;
  }

  /** Before a batch is handed to the database. @returns call it when the batch has succeeded or failed */
  begin(keys: readonly string[]): () => void {
    for (const key of keys) {
      this.#young.delete(key);
      this.#old.delete(key);
      this.#writing.set(key, (this.#writing.get(key) ?? 0) + 1);
    }
    return () => {
      for (const key of keys) {
        const others = (this.#writing.get(key) ?? 1) - 1;
        if (others > 0) this.#writing.set(key, others);
        else this.#writing.delete(key);
      }
    };
  }

  #find(key: string, read: () => Uint8Array | undefined): Kept {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) {
      this.#keep(key, old);
      return old;
    }
    const value = read();
    const kept: Kept = { value: value ?? null };
    if (!this.#writing.has(key) && (value?.length ?? 0) <= valueBytesMax) this.#keep(key, kept);
    return kept;
  }

  #keep(key: string, kept: Kept): void {
    if (this.#young.size >= entriesMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, kept);
  }
}

/** Of a Buffer, `slice` would be a view. */
function copyOf(value: Uint8Array | null): Uint8Array | undefined {
  return value ? new Uint8Array(value) : undefined;
}
