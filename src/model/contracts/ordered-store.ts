/**
 * An ordered key-value index on this device: LevelDB (`store/level-store.ts`) or memory
 * (`store/memory-ordered-store.ts`). It is an index, never the only copy (I7).
 *
 * Keys are binary strings: every character is one byte (0 to 255), so an id takes half the room of
 * its hex form (`idKey`) and a prefix can stay readable.
 */
export interface OrderedStore {
  /** True where every file is as the last clean end left it: what would be lost with a power cut need not be looked for. */
  readonly asLeft?: boolean;
  /** Synchronous: for hot paths. @throws `index-corrupt` when the value's checksum is wrong */
  get(key: string): Uint8Array | undefined;
  /**
   * What a value says, for hot paths: where the store keeps values that were read last, it keeps what was made of them too.
   * @param decode gives something immutable; there is one way to decode a key
   */
  getDecoded?<Decoded>(key: string, decode: (value: Uint8Array | undefined) => Decoded): Decoded;
  /** All or nothing. `sync: true` means durable when it resolves (I2). A null value deletes. */
  batch(
    changes: readonly { key: string; value: Uint8Array | null }[],
    options?: { sync?: boolean },
  ): Promise<void>;
  /** Keys in [gte, lt) in byte order (reversed on demand), a consistent snapshot. */
  range(bounds: RowBounds): AsyncIterable<Row>;
  /** The same rows, many at a time, for who reads very many: a row by itself costs as much as reading it. */
  pages?(bounds: RowBounds): AsyncIterable<Row[]>;
  close(): Promise<void>;
}

export type Row = readonly [key: string, value: Uint8Array];

export interface RowBounds {
  gte: string;
  lt: string;
  reverse?: boolean;
  limit?: number;
}

/** As `OrderedStore.getDecoded`, for any store. */
export function decoded<Decoded>(
  store: OrderedStore,
  key: string,
  decode: (value: Uint8Array | undefined) => Decoded,
): Decoded {
  return store.getDecoded ? store.getDecoded(key, decode) : decode(store.get(key));
}

/** As `OrderedStore.pages`, for any store. */
export async function* pagesOf(store: OrderedStore, bounds: RowBounds): AsyncIterable<Row[]> {
  if (store.pages) {
    yield* store.pages(bounds);
    return;
  }
  const page: Row[] = [];
  for await (const row of store.range(bounds)) page.push(row);
  if (page.length > 0) yield page;
}

/** Hex id → the binary string of its bytes. */
export function idKey(hexId: string): string {
  return Buffer.from(hexId, 'hex').toString('latin1');
}

/** Binary string of an id → hex. */
export function idOfKey(key: string): string {
  return Buffer.from(key, 'latin1').toString('hex');
}

/** The first key after every key that begins with `prefix` (which must not end in 0xff). */
export function afterPrefix(prefix: string): string {
  const last = prefix.length - 1;
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1);
}

/** `store` seen through a prefix: rooms share one database without meeting. */
export function withPrefix(store: OrderedStore, prefix: string): OrderedStore {
  return {
    get: (key) => store.get(prefix + key),
    batch: (changes, options) =>
      store.batch(
        changes.map(({ key, value }) => ({ key: prefix + key, value })),
        options,
      ),
    async *range(bounds) {
      const inner = { ...bounds, gte: prefix + bounds.gte, lt: prefix + bounds.lt };
      for await (const [key, value] of store.range(inner)) yield [key.slice(prefix.length), value] as const;
    },
    async *pages(bounds) {
      const inner = { ...bounds, gte: prefix + bounds.gte, lt: prefix + bounds.lt };
      for await (const page of pagesOf(store, inner))
        yield page.map(([key, value]) => [key.slice(prefix.length), value] as const);
    },
    close: () => Promise.resolve(),
  };
}
