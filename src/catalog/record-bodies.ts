/**
 * Shapes of the bodies that this version of peerstor understands. A body may have more fields than
 * these: they belong to newer versions and are kept. A body that lacks one is kept and forwarded too,
 * but not applied.
 */
import { isFields } from '../crypto/index.ts';
import type { TableName, Tables } from '../model/records.ts';

type Check = (value: unknown) => boolean;

const hex32: Check = (value) => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
const hex64: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const text: Check = (value) => typeof value === 'string' && value.length <= 4096;
const bytes: Check = (value) => value instanceof Uint8Array;
const key: Check = (value) => value instanceof Uint8Array && value.length === 32;
const signature: Check = (value) => value instanceof Uint8Array && value.length === 64;
const flag: Check = (value) => typeof value === 'boolean';
const count: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const oneOf =
  (...words: string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const fields =
  (shape: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isFields(value) && Object.entries(shape).every(([name, check]) => check(value[name]));

/** What the id of a table's record looks like, and its body. */
const tables: { readonly [Table in TableName]: { id: Check; body: Check } } = {
  genesis: {
    id: (value) => value === 'genesis',
    body: fields({ root: hex64, admin: hex64, device: hex64, createdAt: count, random: bytes }),
  },
  user: {
    id: hex64,
    body: fields({
      username: text,
      role: oneOf('admin', 'member'),
      sealingKey: key,
      disabled: flag,
      quotaBytes: orNull(count),
    }),
  },
  bundle: {
    id: hex64,
    body: fields({
      kdf: fields({
        name: oneOf('argon2id'),
        memoryKiB: count,
        passes: count,
        parallelism: count,
        salt: bytes,
      }),
      byPassword: bytes,
      byRecovery: bytes,
      rootByRecovery: optional(bytes),
      generation: count,
    }),
  },
  device: {
    id: hex64,
    body: fields({
      name: text,
      class: oneOf('always-on', 'sleeper'),
      state: oneOf('active', 'draining', 'removed'),
      capacityBytes: count,
      place: text,
      storageOnly: flag,
      proof: signature,
      addedAt: count,
      lastSeq: optional(count),
    }),
  },
  entry: {
    id: hex32,
    body: fields({
      kind: oneOf('file', 'folder'),
      owner: hex64,
      parent: orNull(hex32),
      name: bytes,
      wrappedKey: bytes,
      keyVersion: count,
      fallback: orNull(fields({ parent: hex32, wrappedKey: bytes })),
      createdAt: count,
      trashedAt: orNull(count),
    }),
  },
  version: {
    id: hex32,
    body: fields({
      entry: hex32,
      owner: hex64,
      replaces: list(hex32),
      manifest: hex64,
      sealedBytes: count,
      keyVersion: count,
      sealed: bytes,
    }),
  },
  facts: { id: hex32, body: fields({ owner: hex64, sealed: bytes }) },
};

export function isTable(table: string): table is TableName {
  return Object.hasOwn(tables, table);
}

/** Is `body` what this table's record `id` must hold? */
export function isBody<Table extends TableName>(
  table: Table,
  id: string,
  body: unknown,
): body is Tables[Table] {
  if (!isId(table, id) || !isFields(body)) return false;
  if (whole.get(body) === table) return true;
  if (!tables[table].body(body)) return false;
  whole.set(body, table);
  return true;
}

/** Bodies that were found whole: the same one is asked about at every step. Bodies do not change. */
const whole = new WeakMap<object, TableName>();

/** Is `id` one of this table's ids? (A tombstone has nothing else to check.) */
export function isId(table: TableName, id: string): boolean {
  return tables[table].id(id);
}
