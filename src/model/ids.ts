/**
 * Branded ids. An id is a lower-case hex string of a fixed length, so that it is safe in a file
 * name, a URL and a log line, and so that two kinds of id cannot be mixed up by accident.
 */
import { PeerstorError } from './errors.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** SHA-256 of a sealed chunk (or of a manifest, which is stored as a chunk): 64 hex digits. */
export type ChunkId = Branded<'ChunkId'>;
/** Raw Ed25519 public key of a device, which is also its libp2p identity: 64 hex digits. */
export type DeviceId = Branded<'DeviceId'>;
/** SHA-256 of the network's genesis record: 64 hex digits. */
export type NetworkId = Branded<'NetworkId'>;
/** Raw Ed25519 public signing key of a user: 64 hex digits. */
export type UserId = Branded<'UserId'>;
/** Random 16 bytes naming one file or folder: 32 hex digits. */
export type EntryId = Branded<'EntryId'>;
/** Random 16 bytes naming one version of one file's content: 32 hex digits. */
export type VersionId = Branded<'VersionId'>;
/** Random 16 bytes naming one volume, kept in its marker file: 32 hex digits. */
export type VolumeId = Branded<'VolumeId'>;
/** 16 bytes naming what opens an entry to somebody: random, or derived from a link's or token's secret: 32 hex digits. */
export type GrantId = Branded<'GrantId'>;
/** Random 16 bytes naming an upload that comes in several requests: 32 hex digits. */
export type UploadId = Branded<'UploadId'>;
/** SHA-256 of a record's canonical bytes: 64 hex digits. */
export type Revision = Branded<'Revision'>;
/** Whoever signs a record: a user, a device or the network's root; a raw Ed25519 public key. */
export type PrincipalId = Branded<'PrincipalId'> | UserId | DeviceId;

const hex64 = /^[0-9a-f]{64}$/;
const hex32 = /^[0-9a-f]{32}$/;

function parser<Id extends string>(noun: string, shape: RegExp): (text: string) => Id {
  return (text) => {
    if (typeof text !== 'string' || !shape.test(text)) {
      throw new PeerstorError('bad-id', `This is no ${noun}: ${String(text).slice(0, 80)}`);
    }
    return text as Id;
  };
}

/** Each parser returns its argument as the branded id, or throws `bad-id`. */
export const chunkId = parser<ChunkId>('chunk id', hex64);
export const deviceId = parser<DeviceId>('device id', hex64);
export const networkId = parser<NetworkId>('network id', hex64);
export const userId = parser<UserId>('user id', hex64);
export const principalId = parser<PrincipalId>('principal id', hex64);
export const revision = parser<Revision>('revision', hex64);
export const entryId = parser<EntryId>('entry id', hex32);
export const versionId = parser<VersionId>('version id', hex32);
export const grantId = parser<GrantId>('grant id', hex32);
export const uploadId = parser<UploadId>('upload id', hex32);
export const volumeId = parser<VolumeId>('volume id', hex32);

/** The id of a record that names its owner: of a media record by the version, of a part of an album by 16 bytes. */
export function ownRecordId(id: string, owner: UserId): string {
  return `${id}.${owner}`;
}

/** Bytes to lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Hex to bytes; the text must have been checked by one of the parsers above. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** How an id is shown to people: its first eight digits. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
