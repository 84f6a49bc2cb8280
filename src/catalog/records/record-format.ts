/**
 * Bytes of a record (docs/FORMAT.md, "Records"):
 *
 *   0x01 ‖ Ed25519 signature (64) ‖ payload
 *   payload = canonical CBOR [table, id, device, seq, hlc, [base …], principal, body | null]
 *   signed  = "peerstor record/1" ‖ network id (32) ‖ payload
 *   revision = SHA-256(payload)
 *
 * Ids are raw bytes in the payload; bases are in ascending order without repeats, so that equal
 * statements have equal bytes. The genesis is the one exception: the network id is its own revision,
 * so its signature leaves the network id out, and its sequence number is 0: it is in no device's log.
 */
import { decode, encode, sha256, verify } from '../../crypto/index.ts';
import type { Signer } from '../../model/contracts/catalog.ts';
import { PeerstorError } from '../../model/errors.ts';
import {
  type DeviceId,
  deviceId,
  fromHex,
  type NetworkId,
  networkId,
  type PrincipalId,
  principalId,
  type Revision,
  revision,
  toHex,
} from '../../model/ids.ts';
import { recordBytesMax } from '../../model/limits.ts';
import {
  type CatalogRecord,
  type GenesisBody,
  hlcTicksPerMs,
  type RecordFields,
} from '../../model/records.ts';
import { isBody } from './record-bodies.ts';

const formatByte = 0x01;
const signatureBytes = 64;
const headBytes = 1 + signatureBytes;
const keyBytes = 32;
const labelBytes = new TextEncoder().encode('peerstor record/1');

/** Concurrent heads that one record can replace: somewhat more than a network has devices. */
export const baseRevisionsMax = 255;
/** Later stamps (from the year 3084) are no exact JavaScript numbers. */
const hlcMax = Number.MAX_SAFE_INTEGER;

const tableShape = /^[a-z][a-z0-9-]{0,31}$/;
// Ids are parts of database keys and appear in logs: short, printable, without spaces.
const idShape = /^[\x21-\x7e]{1,128}$/;

/** A record with the parts that checking its signature needs. */
export interface ParsedRecord {
  readonly record: CatalogRecord;
  readonly signature: Uint8Array;
  readonly payload: Uint8Array;
}

export type Genesis = CatalogRecord<GenesisBody> & { readonly body: GenesisBody };

/**
 * Signs a record. The caller has chosen device, sequence and clock.
 * @throws `bad-record` when a field is out of its bounds or the record is larger than `recordBytesMax`
 */
export function writeRecord(network: NetworkId, fields: RecordFields, signer: Signer): CatalogRecord {
  return sign(fields, signer, network);
}

/** The first record of a new network, signed by its root key; its revision is the network's id. */
export function writeGenesis(body: GenesisBody, root: Signer): Genesis {
  const fields = {
    table: 'genesis',
    id: genesisId,
    device: body.device,
    seq: 0,
    hlc: body.createdAt * hlcTicksPerMs,
    base: [],
    principal: root.principal,
    body,
  };
  return readGenesis(sign(fields, root, undefined).bytes).genesis;
}

/** The genesis cannot be named by its hash, which depends on it. */
export const genesisId = 'genesis';

/** @throws `bad-record` unless these are the bytes of a genesis, signed by the root that it names */
export function readGenesis(bytes: Uint8Array): { genesis: Genesis; networkId: NetworkId } {
  const { record, payload, signature } = parse(bytes);
  const { table, id, body, seq, device, principal, base } = record;
  if (table !== 'genesis' || id !== genesisId || seq !== 0 || base.length > 0) {
    throw bad('it is not a genesis');
  }
  if (!isBody('genesis', id, body)) throw bad('this genesis has not the fields of one');
  if (principal !== body.root || device !== body.device) throw bad('this genesis names another author');
  if (!verify(principal, signedBytes(undefined, payload), signature)) throw bad('its signature is wrong');
  return { genesis: { ...record, body }, networkId: networkId(record.revision) };
}

/**
 * Reads a record of the log; its signature is not checked yet (`signedBytes`).
 * @throws `bad-record` for anything that `writeRecord` would not have written
 */
export function parseRecord(bytes: Uint8Array): ParsedRecord {
  const parsed = parse(bytes);
  if (parsed.record.table === 'genesis') throw bad('a network has one genesis, and it is in no log');
  if (parsed.record.seq < 1) throw bad('its sequence number must be at least 1');
  return parsed;
}

/** The bytes that the signature covers; without a network, those of the genesis. */
export function signedBytes(network: NetworkId | undefined, payload: Uint8Array): Uint8Array {
  return Buffer.concat([labelBytes, network === undefined ? new Uint8Array(0) : fromHex(network), payload]);
}

function sign(fields: RecordFields, signer: Signer, network: NetworkId | undefined): CatalogRecord {
  const { table, id, device, seq, hlc, principal, body } = fields;
  const base = [...new Set(fields.base)].sort();
  checkFields({ ...fields, base });
  const keys = [fromHex(device), base.map(fromHex), fromHex(principal)] as const;
  const payload = encode([table, id, keys[0], seq, hlc, keys[1], keys[2], body]);
  const signature = signer.sign(signedBytes(network, payload));
  if (signature.length !== signatureBytes) throw bad('its signature is not 64 bytes long');
  const bytes = new Uint8Array(headBytes + payload.length);
  bytes[0] = formatByte;
  bytes.set(signature, 1);
  bytes.set(payload, headBytes);
  if (bytes.length > recordBytesMax) throw bad(`it is larger than ${recordBytesMax} bytes`);
  return { ...fields, base, revision: revision(toHex(sha256(payload))), bytes };
}

function parse(bytes: Uint8Array): ParsedRecord {
  if (bytes.length <= headBytes) throw bad('it is too short');
  if (bytes.length > recordBytesMax) throw bad(`it is larger than ${recordBytesMax} bytes`);
  if (bytes[0] !== formatByte) throw unknownFormat(bytes[0] ?? 0);
  const payload = bytes.subarray(headBytes);
  const values = decode(payload);
  if (!Array.isArray(values) || values.length !== 8) throw bad('it is not a list of eight fields');
  const [table, id, device, seq, hlc, base, principal, body]: unknown[] = values;
  const fields = {
    table: text(table),
    id: text(id),
    device: key(device, deviceId),
    seq: integer(seq),
    hlc: integer(hlc),
    base: revisions(base),
    principal: key(principal, principalId),
    body: body ?? null,
  };
  checkFields(fields);
  const record = { ...fields, revision: revision(toHex(sha256(payload))), bytes };
  return { record, signature: bytes.subarray(1, headBytes), payload };
}

function checkFields({ table, id, seq, hlc, base }: RecordFields): void {
  if (!tableShape.test(table)) throw bad('its table name is not valid');
  if (!idShape.test(id)) throw bad('its id is not 1 to 128 printable characters');
  if (!Number.isSafeInteger(seq) || seq < 0 || seq > seqMax)
    throw bad('its sequence number is out of bounds');
  if (!Number.isSafeInteger(hlc) || hlc < 0 || hlc > hlcMax) throw bad('its time is out of bounds');
  if (base.length > baseRevisionsMax) throw bad(`it replaces more than ${baseRevisionsMax} revisions`);
  if (base.some((one, index) => index > 0 && one <= (base[index - 1] ?? ''))) {
    throw bad('its bases are not in ascending order');
  }
}

/** Sequence numbers take six bytes in the local database. */
export const seqMax = 2 ** 48 - 1;

function text(value: unknown): string {
  if (typeof value !== 'string') throw bad('its table or id is not text');
  return value;
}

function integer(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw bad('a number of it is not whole');
  return value;
}

function key<Id extends DeviceId | PrincipalId | Revision>(value: unknown, brand: (hex: string) => Id): Id {
  if (!(value instanceof Uint8Array) || value.length !== keyBytes)
    throw bad('one of its ids is not 32 bytes long');
  return brand(toHex(value));
}

function revisions(value: unknown): Revision[] {
  if (!Array.isArray(value)) throw bad('its bases are not a list');
  return value.map((one: unknown) => key(one, revision));
}

function bad(why: string): PeerstorError {
  return new PeerstorError('bad-record', `This record cannot be taken: ${why}.`);
}

function unknownFormat(found: number): PeerstorError {
  const sentence = `This record has format ${found}, which this version of peerstor cannot read. Update this device.`;
  return new PeerstorError('unsupported-format', sentence);
}
