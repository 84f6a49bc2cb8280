/**
 * The parts of a drive's records that only a holder of the entry's key can read: names, display facts,
 * facts of a version, and the keys of children. Each part is sealed under its own label.
 */
import { decode, encode, isFields, open, openFromNow, seal, sealTo } from '../../crypto/index.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { EntryFacts, Sealed, VersionFacts } from '../../model/records.ts';

const keyLabel = 'entry-key/1';
const nameLabel = 'name/1';
const factsLabel = 'facts/1';
const versionLabel = 'version/1';
const oldKeysLabel = 'old-keys/1';
const dropLabel = 'drop/1';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const keyBytes = 32;

/** Tries each key in turn; usually the first one fits. @throws what `open` throws for the last key */
export function openWithAny<Result>(keys: readonly Uint8Array[], open: (key: Uint8Array) => Result): Result {
  let failed: unknown;
  for (const key of keys) {
    try {
      return open(key);
    } catch (error) {
      if (!isPeerstorError(error, 'forbidden')) throw error;
      failed = error;
    }
  }
  throw failed ?? new PeerstorError('forbidden', 'This cannot be opened with your keys.');
}

/** Seals an entry's key under its parent's. */
export function wrapKey(parentKey: Uint8Array, key: Uint8Array): Sealed {
  return seal(parentKey, keyLabel, key);
}

/** @throws `forbidden` when the parent's key is not the one it was wrapped with */
export function unwrapKey(parentKey: Uint8Array, wrapped: Sealed): Uint8Array {
  const key = open(parentKey, keyLabel, wrapped);
  if (key.length !== keyBytes) throw malformed('key');
  return key;
}

/** Seals an entry's key for the owner of the drive alone: the uploader of a drop box cannot open it. */
export function wrapForOwner(sealingKey: Uint8Array, key: Uint8Array): Promise<Sealed> {
  return sealTo(sealingKey, dropLabel, key);
}

/** @throws `forbidden` to everybody but the owner */
export function unwrapForOwner(sealingSecret: Uint8Array, wrapped: Sealed): Uint8Array {
  const key = openFromNow(sealingSecret, dropLabel, wrapped);
  if (key.length !== keyBytes) throw malformed('key');
  return key;
}

/** Seals the former keys of an entry under its present key. */
export function sealOldKeys(key: Uint8Array, oldKeys: readonly Uint8Array[]): Sealed {
  return seal(key, oldKeysLabel, encode([...oldKeys]));
}

export function openOldKeys(key: Uint8Array, sealed: Sealed): Uint8Array[] {
  const keys = decode(open(key, oldKeysLabel, sealed));
  const isKey = (one: unknown): one is Uint8Array => one instanceof Uint8Array && one.length === keyBytes;
  if (!Array.isArray(keys) || !keys.every(isKey)) throw malformed('keys');
  return keys;
}

export function sealName(key: Uint8Array, name: string): Sealed {
  return seal(key, nameLabel, new TextEncoder().encode(name));
}

export function openName(key: Uint8Array, sealed: Sealed): string {
  try {
    return utf8.decode(open(key, nameLabel, sealed));
  } catch (error) {
    if (error instanceof TypeError) throw malformed('name', error);
    throw error;
  }
}

export const noFacts: Readonly<EntryFacts> = { tags: [], starred: false };

export function sealFacts(key: Uint8Array, facts: EntryFacts): Sealed {
  return seal(key, factsLabel, encode(facts));
}

/** Also returns fields that a newer version of peerstor wrote, so that writing the facts again keeps them. */
export function openFacts(key: Uint8Array, sealed: Sealed): EntryFacts {
  const facts = decode(open(key, factsLabel, sealed));
  if (!isFields(facts)) throw malformed('facts');
  const { tags, starred, versionNames, properties } = facts;
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string') || typeof starred !== 'boolean') {
    throw malformed('facts');
  }
  return {
    ...facts,
    tags,
    starred,
    versionNames: textsIn(versionNames),
    properties: textsIn(properties),
  };
}

function textsIn(names: unknown): Readonly<Record<string, string>> {
  if (names === undefined) return {};
  if (!isFields(names)) throw malformed('facts');
  const given: Record<string, string> = {};
  for (const [version, name] of Object.entries(names)) {
    if (typeof name !== 'string') throw malformed('facts');
    given[version] = name;
  }
  return given;
}

/** The content digest is written under the name `sha256`, as every record so far has it (FORMAT). */
export function sealVersionFacts(
  key: Uint8Array,
  { contentDigest, executable, attributes = {}, ...facts }: VersionFacts,
): Sealed {
  const mark = executable === true ? { executable } : {};
  const more = Object.keys(attributes).length > 0 ? { attributes } : {};
  return seal(key, versionLabel, encode({ ...facts, ...mark, ...more, sha256: contentDigest }));
}

export function openVersionFacts(key: Uint8Array, sealed: Sealed): VersionFacts {
  const facts = decode(open(key, versionLabel, sealed));
  if (!isFields(facts)) throw malformed('version');
  const { size, mime, modifiedAt, sha256: contentDigest, executable = false, attributes } = facts;
  const shaped =
    typeof size === 'number' &&
    Number.isSafeInteger(size) &&
    size >= 0 &&
    typeof mime === 'string' &&
    typeof modifiedAt === 'number' &&
    isDate(modifiedAt) &&
    contentDigest instanceof Uint8Array &&
    typeof executable === 'boolean';
  if (!shaped) throw malformed('version');
  return { size, mime, modifiedAt, contentDigest, executable, attributes: textsIn(attributes) };
}

/** Unix milliseconds that JavaScript can write as a date. */
export function isDate(ms: number): boolean {
  return Number.isSafeInteger(ms) && !Number.isNaN(new Date(ms).getTime());
}

function malformed(part: string, cause?: unknown): PeerstorError {
  return new PeerstorError('bad-record', `The ${part} of this entry is damaged.`, { cause });
}
