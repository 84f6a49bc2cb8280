/**
 * Messages between devices about chunks: names, layouts, sizes. Integers are big-endian. Every length
 * is checked while reading; a message that does not fit is `bad-frame`.
 *
 * | method            | lane    | asks                          | answers                                  |
 * |-------------------|---------|-------------------------------|------------------------------------------|
 * | chunk/put         | bulk    | id ‖ sealed bytes             | 1 byte: stored, present, full or busy    |
 * | chunk/relay        | control | id ‖ device id                | as chunk/put, of that device             |
 * | chunk/get         | bulk    | id                            | sealed bytes                             |
 * | chunk/have        | control | ids                           | 1 byte each: 0 or 1                      |
 * | chunk/hold        | bulk    | ids                           | 1 byte each: 1 is a promise              |
 * | chunk/bad         | control | id                            | nothing                                  |
 * | chunk/excuse      | notify  | ids                           |                                          |
 * | chunk/prove       | control | nonce (32) ‖ ids              | 1 byte each, and if it is 1 an HMAC (32) |
 * | inventory/delta   | notify  | stamp ‖ flag ‖ (±, id)*       |                                          |
 * | inventory/digests | control | nothing                       | stamp ‖ 4096 × (count u32 ‖ XOR u64)     |
 * | inventory/buckets | bulk    | bucket numbers (u16)          | stamp ‖ (bucket u16 ‖ count u32 ‖ ids)*  |
 *
 * stamp = feed id (8 bytes, new at each start) ‖ number of the last batch of that feed (u48): the
 * state that the message describes.
 */
import { chunkBuffers } from '../model/chunk-buffers.ts';
import { PeerstorError } from '../model/errors.ts';
import { type ChunkId, chunkId, type DeviceId, deviceId, toHex } from '../model/ids.ts';
import { sealedChunkBytesMax } from '../model/limits.ts';
import { bucketCount, type ChunkKey, digestBytes } from './database/bucket-digest.ts';

export const idBytes = 32;
/** Ids in one `chunk/have`: 32 KiB, a small frame of the control lane. */
export const haveIdsMax = 1024;
/** Ids in one `chunk/hold`: each is read from the disk before the answer. */
export const holdIdsMax = 16;
/** Ids in one `chunk/prove`: each costs a read of a chunk. */
export const proveIdsMax = 20;
/** Changes in one delta: 33 KiB. */
export const deltaChangesMax = 1000;
/** Bytes of one answer to `inventory/buckets`, unless a single bucket is larger. */
export const bucketAnswerBytes = 512 * 1024;
const stampBytes = 14;

export type PutAnswer = 'stored' | 'present' | 'full' | 'busy';
const putAnswers: readonly PutAnswer[] = ['stored', 'present', 'full', 'busy'];

/** `chunk/put` around bytes in a buffer of `chunkBuffers`, which are not copied; undefined for other bytes. */
export function putInPlace(id: ChunkId, bytes: Uint8Array): Uint8Array | undefined {
  if (!chunkBuffers.isLent(bytes) || bytes.byteOffset < idBytes) return undefined;
  const body = new Uint8Array(bytes.buffer, bytes.byteOffset - idBytes, idBytes + bytes.length);
  body.set(Buffer.from(id, 'hex'));
  return body;
}

export function writePut(id: ChunkId, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(idBytes + bytes.length);
  body.set(Buffer.from(id, 'hex'));
  body.set(bytes, idBytes);
  return body;
}

export function readPut(body: Uint8Array): { id: ChunkId; bytes: Uint8Array } {
  if (body.length <= idBytes) throw malformed('chunk/put');
  if (body.length > idBytes + sealedChunkBytesMax) {
    throw new PeerstorError('too-large', `A chunk may have at most ${sealedChunkBytesMax} bytes.`);
  }
  return { id: idAt(body, 0), bytes: body.subarray(idBytes) };
}

export function writePutAnswer(answer: PutAnswer): Uint8Array {
  return Uint8Array.of(putAnswers.indexOf(answer));
}

export function readPutAnswer(body: Uint8Array): PutAnswer {
  const answer = body.length === 1 ? putAnswers[body[0] ?? -1] : undefined;
  if (!answer) throw malformed('the answer to chunk/put');
  return answer;
}

/** The chunk, and the device that it should be given to. */
export function writeRelay({ id, device }: { id: ChunkId; device: DeviceId }): Uint8Array {
  return Buffer.from(id + device, 'hex');
}

export function readRelay(body: Uint8Array): { id: ChunkId; device: DeviceId } {
  if (body.length !== 2 * idBytes) throw malformed('chunk/relay');
  return { id: idAt(body, 0), device: deviceId(toHex(body.subarray(idBytes))) };
}

export function writeIds(ids: readonly ChunkId[]): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(ids.length * idBytes);
  ids.forEach((id, at) => {
    body.set(Buffer.from(id, 'hex'), at * idBytes);
  });
  return body;
}

export function readIds(body: Uint8Array, max: number): ChunkId[] {
  const count = body.length / idBytes;
  if (!Number.isInteger(count) || count < 1 || count > max) throw malformed('a list of chunk ids');
  return Array.from({ length: count }, (_, at) => idAt(body, at * idBytes));
}

export function readHaveAnswer(body: Uint8Array, count: number): boolean[] {
  if (body.length !== count || body.some((byte) => byte > 1)) throw malformed('the answer to chunk/have');
  return Array.from(body, (byte) => byte === 1);
}

/** HMAC-SHA256 of the sealed bytes under the nonce; null where the device lacks the bytes. */
export type Proof = Uint8Array | null;
const proofBytes = 32;

export function writeProve({ nonce, ids }: { nonce: Uint8Array; ids: readonly ChunkId[] }): Uint8Array {
  return Buffer.concat([nonce, writeIds(ids)]);
}

export function readProve(body: Uint8Array): { nonce: Uint8Array; ids: ChunkId[] } {
  if (body.length < proofBytes) throw malformed('chunk/prove');
  return { nonce: body.slice(0, proofBytes), ids: readIds(body.subarray(proofBytes), proveIdsMax) };
}

export function writeProofs(proofs: readonly Proof[]): Uint8Array {
  return Buffer.concat(proofs.flatMap((proof) => (proof ? [Uint8Array.of(1), proof] : [Uint8Array.of(0)])));
}

export function readProofs(body: Uint8Array, count: number): Proof[] {
  const proofs: Proof[] = [];
  let at = 0;
  for (let number = 0; number < count; number += 1) {
    const isThere = body[at] === 1;
    const end = at + 1 + (isThere ? proofBytes : 0);
    if (end > body.length || (body[at] ?? 2) > 1) throw malformed('the answer to chunk/prove');
    proofs.push(isThere ? body.subarray(at + 1, end) : null);
    at = end;
  }
  if (at !== body.length) throw malformed('the answer to chunk/prove');
  return proofs;
}

/** The state of a device's list that a message describes. */
export interface Stamp {
  /** New at each start of the device's process: 16 hex digits. */
  feed: string;
  /** Number of the last batch of changes that the state includes. */
  batch: number;
}

export interface Delta extends Stamp {
  /** Too many changes to send one by one: compare digests instead. */
  overflow: boolean;
  changes: { key: ChunkKey; present: boolean }[];
}

export function writeDelta(delta: Delta): Uint8Array {
  const body = Buffer.alloc(stampBytes + 1 + delta.changes.length * (1 + idBytes));
  writeStamp(delta, body);
  body[stampBytes] = delta.overflow ? 1 : 0;
  let at = stampBytes + 1;
  for (const { key, present } of delta.changes) {
    body[at] = present ? 1 : 0;
    body.write(key, at + 1, 'latin1');
    at += 1 + idBytes;
  }
  return body;
}

export function readDelta(message: Uint8Array): Delta {
  const body = asBuffer(message);
  const count = (body.length - stampBytes - 1) / (1 + idBytes);
  if (!Number.isInteger(count) || count < 0 || count > deltaChangesMax) throw malformed('inventory/delta');
  const changes = Array.from({ length: count }, (_, number) => {
    const at = stampBytes + 1 + number * (1 + idBytes);
    return { key: keyAt(body, at + 1), present: body[at] === 1 };
  });
  return { ...readStamp(body), overflow: body[stampBytes] === 1, changes };
}

export function writeDigests(stamp: Stamp, digests: Uint8Array): Uint8Array {
  const body = Buffer.alloc(stampBytes + digestBytes);
  writeStamp(stamp, body);
  body.set(digests, stampBytes);
  return body;
}

export function readDigests(message: Uint8Array): { stamp: Stamp; digests: Uint8Array } {
  if (message.length !== stampBytes + digestBytes) throw malformed('the answer to inventory/digests');
  return { stamp: readStamp(asBuffer(message)), digests: message.subarray(stampBytes) };
}

export function writeBucketNumbers(buckets: readonly number[]): Uint8Array {
  const body = Buffer.alloc(buckets.length * 2);
  buckets.forEach((bucket, at) => {
    body.writeUInt16BE(bucket, at * 2);
  });
  return body;
}

export function readBucketNumbers(message: Uint8Array): number[] {
  const body = asBuffer(message);
  const count = body.length / 2;
  if (!Number.isInteger(count) || count < 1 || count > bucketCount) throw malformed('inventory/buckets');
  return Array.from({ length: count }, (_, at) => readBucketNumber(body, at * 2));
}

export interface Bucket {
  bucket: number;
  keys: ChunkKey[];
}

/** Bytes that a bucket takes in an answer. */
export function bucketBytes(bucket: Bucket): number {
  return 6 + bucket.keys.length * idBytes;
}

export function writeBuckets(stamp: Stamp, buckets: readonly Bucket[]): Uint8Array {
  const body = Buffer.alloc(stampBytes + buckets.reduce((sum, bucket) => sum + bucketBytes(bucket), 0));
  writeStamp(stamp, body);
  let at = stampBytes;
  for (const { bucket, keys } of buckets) {
    body.writeUInt16BE(bucket, at);
    body.writeUInt32BE(keys.length, at + 2);
    at += 6;
    for (const key of keys) at += body.write(key, at, 'latin1');
  }
  return body;
}

export function readBuckets(message: Uint8Array): { stamp: Stamp; buckets: Bucket[] } {
  const body = asBuffer(message);
  const stamp = readStamp(body);
  const buckets: Bucket[] = [];
  let at = stampBytes;
  while (at < body.length) {
    if (at + 6 > body.length) throw malformed('the answer to inventory/buckets');
    const bucket = readBucketNumber(body, at);
    const count = body.readUInt32BE(at + 2);
    at += 6;
    if (at + count * idBytes > body.length) throw malformed('the answer to inventory/buckets');
    const keys = Array.from({ length: count }, (_, number) => keyAt(body, at + number * idBytes));
    at += count * idBytes;
    buckets.push({ bucket, keys });
  }
  return { stamp, buckets };
}

function writeStamp(stamp: Stamp, body: Buffer): void {
  body.write(stamp.feed, 0, 8, 'hex');
  body.writeUIntBE(stamp.batch, 8, 6);
}

function readStamp(body: Buffer): Stamp {
  if (body.length < stampBytes) throw malformed('a stamp');
  return { feed: body.toString('hex', 0, 8), batch: body.readUIntBE(8, 6) };
}

function readBucketNumber(body: Buffer, at: number): number {
  const bucket = body.readUInt16BE(at);
  if (bucket >= bucketCount) throw malformed('a bucket number');
  return bucket;
}

function idAt(body: Uint8Array, at: number): ChunkId {
  return chunkId(toHex(body.subarray(at, at + idBytes)));
}

function keyAt(body: Buffer, at: number): ChunkKey {
  return body.toString('latin1', at, at + idBytes);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function malformed(what: string): PeerstorError {
  return new PeerstorError(
    'bad-frame',
    `A device sent malformed ${what}. Check that both devices run the same version.`,
  );
}
