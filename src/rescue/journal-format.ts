/**
 * Bytes of a catalog journal (docs/FORMAT.md, section 2.2): the records of the catalog beside the chunks of a
 * volume, sealed so that the recovery words of a user open them and nothing else on the disk does.
 *
 *   journal = "PEERCAT\n" ‖ format u16 = 1 ‖ 0 u16 ‖ frame …
 *   frame   = length of content u32 ‖ CRC-32 of content u32 ‖ content
 *   content = 0x01 ‖ CBOR keyring | 0x02 ‖ seal(journal key, "catalog-page/1", CBOR page)
 *
 * The first frame is the keyring, which comes once more behind the first pages. Nothing here touches a file.
 */
import { crc32 } from 'node:zlib';
import { decode, encode, hkdf, isFields, open, openFrom, seal, sealTo, sha256 } from '../crypto/index.ts';
import type { RecoverableUser } from '../drive/index.ts';
import { PeerstorError } from '../model/errors.ts';
import { type DeviceId, deviceId, fromHex, type NetworkId, networkId, toHex } from '../model/ids.ts';
import { frameBytesMax } from '../model/limits.ts';
import type { VersionVector } from '../model/records.ts';

export const journalHead = Buffer.from('PEERCAT\n\x00\x01\x00\x00', 'latin1');
export const frameHeadBytes = 8;
/** Of a frame's content: a page of records, sealed. */
export const journalFrameBytesMax = frameBytesMax + 64;
const keyringByte = 0x01;
const pageByte = 0x02;
export const saltBytes = 16;

/** Who may open a journal. Everything in it may be read by whoever has the disk. */
export interface Keyring {
  network: NetworkId;
  device: DeviceId;
  /** With the device's secret it makes the key of the journal. */
  salt: Uint8Array;
  begunAtMs: number;
  users: { byRecovery: Uint8Array; key: Uint8Array }[];
  /** SHA-256 over what the keyring was made from: whether it is still the right one. */
  check: Uint8Array;
}

export interface JournalPage {
  /** In each page; journals of earlier versions have it in the first one only. */
  genesis?: Uint8Array;
  /** Wall clock when it was written, Unix ms. */
  atMs: number;
  records: Uint8Array[];
  /** The newest head of each log, as its device signed it. */
  heads: Record<string, Uint8Array>;
  /** How far each log is in the journal with this page. */
  reaches: VersionVector;
}

export type JournalFrame = { kind: 'keyring'; keyring: Keyring } | { kind: 'page'; sealed: Uint8Array };

/** @param seed secret of the device that writes the journal, so that it can go on after a restart */
export function journalKey(seed: Uint8Array, salt: Uint8Array): Uint8Array {
  return hkdf(seed, 'catalog-journal/1', salt);
}

export async function newKeyring(
  named: Pick<Keyring, 'network' | 'device' | 'salt' | 'begunAtMs'>,
  key: Uint8Array,
  users: readonly RecoverableUser[],
): Promise<Keyring> {
  const wrapped: Keyring['users'] = [];
  for (const { byRecovery, sealingKey } of users)
    wrapped.push({ byRecovery, key: await sealTo(sealingKey, 'catalog-journal-key/1', key) });
  return { ...named, users: wrapped, check: keyringCheck(users) };
}

export function keyringCheck(users: readonly RecoverableUser[]): Uint8Array {
  return sha256(encode(users.map(({ byRecovery, sealingKey }) => [byRecovery, sealingKey])));
}

/** @throws `forbidden` when it was sealed for somebody else */
export function openJournalKey(wrapped: Uint8Array, sealingSecret: Uint8Array): Promise<Uint8Array> {
  return openFrom(sealingSecret, 'catalog-journal-key/1', wrapped);
}

export function keyringFrame({ network, device, salt, begunAtMs, users, check }: Keyring): Buffer {
  const fields = { network: fromHex(network), device: fromHex(device), salt, begunAtMs, users, check };
  return frame(keyringByte, encode(fields));
}

export function pageFrame(key: Uint8Array, { genesis, atMs, records, heads, reaches }: JournalPage): Buffer {
  const fields = { ...(genesis && { genesis }), atMs, records, heads, reaches };
  return frame(pageByte, seal(key, 'catalog-page/1', encode(fields)));
}

/** @returns undefined for a length that no frame has */
export function contentLength(head: Buffer): number | undefined {
  const length = head.readUInt32BE(0);
  return length > 1 && length <= journalFrameBytesMax ? length : undefined;
}

/**
 * Reads the content of a frame.
 * @returns undefined when it is damaged, or of a kind that this version does not know
 */
export function readFrame(head: Buffer, content: Buffer): JournalFrame | undefined {
  if (head.readUInt32BE(4) !== crc32(content)) return undefined;
  if (content[0] === pageByte) return { kind: 'page', sealed: content.subarray(1) };
  if (content[0] !== keyringByte) return undefined;
  const fields = decode(content.subarray(1));
  if (!isFields(fields)) return undefined;
  const { network, device, salt, begunAtMs, users, check } = fields;
  const isWhole = isBytes(network) && isBytes(device) && isBytes(salt) && isBytes(check);
  if (!isWhole || typeof begunAtMs !== 'number' || !Array.isArray(users)) return undefined;
  return {
    kind: 'keyring',
    keyring: {
      network: networkId(toHex(network)),
      device: deviceId(toHex(device)),
      salt,
      begunAtMs,
      check,
      users: users.flatMap((user: unknown) => (isKeyringUser(user) ? [user] : [])),
    },
  };
}

/** @throws `forbidden` for another key, `bad-record` for what is no page */
export function openPage(key: Uint8Array, sealed: Uint8Array): JournalPage {
  const fields = decode(open(key, 'catalog-page/1', sealed));
  if (!isFields(fields)) throw notAPage();
  const { genesis, atMs, records, heads, reaches } = fields;
  if (typeof atMs !== 'number' || !Array.isArray(records) || !records.every(isBytes)) throw notAPage();
  if (!isFields(heads) || !isFields(reaches)) throw notAPage();
  const page: JournalPage = { atMs, records, heads: {}, reaches: {} };
  if (isBytes(genesis)) page.genesis = genesis;
  for (const [id, head] of Object.entries(heads)) if (isBytes(head)) page.heads[id] = head;
  for (const [id, seq] of Object.entries(reaches))
    if (typeof seq === 'number') page.reaches[deviceId(id)] = seq;
  return page;
}

function frame(kind: number, rest: Uint8Array): Buffer {
  const bytes = Buffer.alloc(frameHeadBytes + 1 + rest.length);
  bytes[frameHeadBytes] = kind;
  bytes.set(rest, frameHeadBytes + 1);
  bytes.writeUInt32BE(1 + rest.length, 0);
  bytes.writeUInt32BE(crc32(bytes.subarray(frameHeadBytes)), 4);
  return bytes;
}

function isKeyringUser(user: unknown): user is Keyring['users'][number] {
  return isFields(user) && isBytes(user.byRecovery) && isBytes(user.key);
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function notAPage(): PeerstorError {
  return new PeerstorError('bad-record', 'This is no page of a catalog journal.');
}
