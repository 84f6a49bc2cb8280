/**
 * Shapes of the bodies that this version of peerstor understands. A body may have more fields: they belong to newer
 * versions and are kept. A body that lacks a field is kept and forwarded too, but not applied.
 */
import { isAffordable, isFields } from '../../crypto/index.ts';
import type { TableName, Tables } from '../../model/records.ts';

type Check = (value: unknown) => boolean;

const hex32: Check = (value) => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
const hex64: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const text: Check = (value) => typeof value === 'string' && value.length <= 4096;
const pem: Check = (value) => typeof value === 'string' && value.length <= 16_384;
const bytes: Check = (value) => value instanceof Uint8Array;
const key: Check = (value) => value instanceof Uint8Array && value.length === 32;
const signature: Check = (value) => value instanceof Uint8Array && value.length === 64;
const useId: Check = (value) => typeof value === 'string' && /^[0-9a-f]{32}\.[0-9a-f]{64}$/.test(value);
/** 16 bytes, and the user (or device) to whom the record belongs. */
const ownId: Check = (value) => typeof value === 'string' && /^[0-9a-f]{32}\.[0-9a-f]{64}$/.test(value);
const secretId: Check = (value) => typeof value === 'string' && /^epoch-[1-9][0-9]{0,14}$/.test(value);
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
const fields = (shape: Readonly<Record<string, Check>>): Check => {
  const checks = Object.entries(shape);
  return (value) => isFields(value) && checks.every(([name, check]) => check(value[name]));
};

/** @param most entries that it may have */
const mapOf =
  (name: Check, check: Check, most: number): Check =>
  (value) => {
    if (!isFields(value)) return false;
    const entries = Object.entries(value);
    return entries.length <= most && entries.every(([key, one]) => name(key) && check(one));
  };

/** Folders between an entry and the granted one: a drive is never so deep, and no more are walked. */
export const grantStepsMax = 512;
const devicesMax = 4096;

const kdf = fields({
  name: oneOf('argon2id'),
  memoryKiB: count,
  passes: count,
  parallelism: count,
  salt: bytes,
});
/** Opening it costs what the record asks for, so a record that asks for too much is invalid. */
const affordableKdf: Check = (value) => kdf(value) && isAffordable(value);
const via = optional(
  fields({ grant: hex32, steps: mapOf(hex32, hex64, grantStepsMax), nonce: optional(bytes) }),
);

/** The shape of a table's ids and bodies. */
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
      signOuts: optional(count),
      authority: optional(fields({ certificate: pem, sealedKey: bytes })),
      invite: optional(hex64),
    }),
  },
  bundle: {
    id: hex64,
    body: fields({
      kdf: affordableKdf,
      byPassword: bytes,
      byRecovery: bytes,
      wordsByPassword: optional(bytes),
      sealingKey: optional(key),
      rootByRecovery: optional(bytes),
      secondFactor: optional(bytes),
      generation: count,
      passkeys: optional(
        list(fields({ id: text, publicKey: bytes, host: text, sealedKeys: bytes, facts: bytes })),
      ),
      trustees: optional(
        fields({
          needed: count,
          waitMs: count,
          madeAt: count,
          words: bytes,
          secret: bytes,
          shares: list(fields({ kind: oneOf('user', 'device'), id: hex64, sealed: bytes })),
        }),
      ),
      wordsTestedAt: optional(count),
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
      sealingKey: optional(key),
      tls: optional(fields({ name: text, publicKey: bytes, hostNames: list(text) })),
      vouched: optional(fields({ certificate: pem, hostNames: list(text) })),
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
      oldKeys: optional(bytes),
      wrappedFor: optional(oneOf('owner')),
      via,
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
      plainBytes: optional(count),
      via,
    }),
  },
  facts: { id: hex32, body: fields({ owner: hex64, sealed: bytes, via }) },
  invite: {
    id: hex64,
    body: fields({
      role: oneOf('admin', 'member'),
      quotaBytes: orNull(count),
      createdAt: count,
      expiresAt: count,
      withdrawn: flag,
    }),
  },
  grant: {
    id: hex32,
    body: fields({
      kind: oneOf('user', 'link', 'token'),
      owner: hex64,
      entry: hex32,
      rights: oneOf('view', 'upload', 'edit'),
      grantee: hex64,
      sealedKey: bytes,
      keyVersion: count,
      kdf: orNull(affordableKdf),
      createdAt: count,
      expiresAt: orNull(count),
      maxUses: orNull(count),
      revoked: flag,
      notes: bytes,
    }),
  },
  use: { id: useId, body: fields({ count, lastAt: count }) },
  secret: {
    id: secretId,
    body: fields({ epoch: count, createdAt: count, sealed: mapOf(hex64, bytes, devicesMax), check: key }),
  },
  media: {
    id: ownId,
    body: fields({
      entry: hex32,
      owner: hex64,
      manifest: orNull(hex64),
      sealedBytes: count,
      sealed: bytes,
    }),
  },
  album: { id: ownId, body: fields({ owner: hex64, sealed: bytes }) },
  recovery: {
    id: ownId,
    body: fields({
      user: hex64,
      says: oneOf('request', 'stop', 'share'),
      key: optional(key),
      createdAt: optional(count),
      sealed: optional(bytes),
    }),
  },
};

export function isTable(table: string): table is TableName {
  return Object.hasOwn(tables, table);
}

/** Does `body` have the shape that a record `id` of this table needs? */
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

/** Bodies that were found valid, since each step asks again. Bodies do not change. */
const whole = new WeakMap<object, TableName>();

/** Does `id` have the shape of this table's ids? A tombstone needs no other check. */
export function isId(table: TableName, id: string): boolean {
  return tables[table].id(id);
}
