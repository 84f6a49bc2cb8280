/**
 * Frames of a sealed lane: they carry sealed chunks without a second cipher (docs/PROTOCOL.md, section 1).
 *
 *     u32 length ‖ MAC (16) ‖ length bytes of a message;  length 0: END
 *
 * The MAC is HMAC-SHA256, cut to 16 bytes, over u64 counter ‖ u32 length ‖ the covered bytes. Counter and key belong
 * to one direction of one connection, so a frame that is forged, repeated, reordered, left out or reflected fails.
 * Covered are the first KiB of a request or an answer, which hold everything but the bytes of a chunk, and all bytes
 * of every other message. The bytes of a chunk are proved by its id.
 */
import { equalBytes, hkdf, hmacSha256 } from '../../../crypto/index.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { type DeviceId, fromHex } from '../../../model/ids.ts';
import { frameBytesMax } from '../../../model/limits.ts';
import { answerKind, requestKind } from '../frames/message.ts';

export const macBytes = 16;
export const sealedHeadBytes = 4 + macBytes;
export const ticketBytes = 16;
export const secretBytes = 32;
/** Of a request or an answer; more than any head of a message, its method and a chunk id. */
const coveredBytesMax = 1024;
/** Of a message of another kind. */
const smallBytesMax = 64 * 1024;
/** First bytes of messages whose end may be a chunk. */
const chunkCarriers: readonly number[] = [requestKind, answerKind];

/** The keys of one side; the other side has them the other way round. */
export interface SealedKeys {
  send: Uint8Array;
  receive: Uint8Array;
  /** Proves to the other side that this one knows both secrets. */
  proof: Uint8Array;
  /** What the other side has to prove. */
  theirProof: Uint8Array;
}

export interface SealedAgreement {
  dialer: DeviceId;
  acceptor: DeviceId;
  /** 32 fresh random bytes of each side, told over the control lane. */
  dialerSecret: Uint8Array;
  acceptorSecret: Uint8Array;
  ticket: Uint8Array;
}

export function sealedKeys(agreement: SealedAgreement, side: 'dialer' | 'acceptor'): SealedKeys {
  const { dialer, acceptor, dialerSecret, acceptorSecret, ticket } = agreement;
  const secret = Buffer.concat([dialerSecret, acceptorSecret]);
  const context = Buffer.concat([fromHex(dialer), fromHex(acceptor), ticket]);
  const fromDialer = hkdf(secret, 'sealed-lane-dialer/1', context);
  const fromAcceptor = hkdf(secret, 'sealed-lane-acceptor/1', context);
  const dialerProof = hkdf(secret, 'sealed-lane-dialer-proof/1', context, macBytes);
  const acceptorProof = hkdf(secret, 'sealed-lane-acceptor-proof/1', context, macBytes);
  return side === 'dialer'
    ? { send: fromDialer, receive: fromAcceptor, proof: dialerProof, theirProof: acceptorProof }
    : { send: fromAcceptor, receive: fromDialer, proof: acceptorProof, theirProof: dialerProof };
}

/** How many first bytes of a message of this length the MAC covers. @throws `bad-frame`, `frame-too-large` */
export function coveredBytes(length: number, firstByte: number | undefined): number {
  if (length > frameBytesMax) {
    throw new PeerstorError('frame-too-large', `A frame of ${length} bytes exceeds the limit.`);
  }
  if (firstByte !== undefined && chunkCarriers.includes(firstByte)) return Math.min(length, coveredBytesMax);
  if (length <= smallBytesMax) return length;
  throw new PeerstorError('bad-frame', 'The device sent a large message that carries no chunk.');
}

/** MACs of the frames of one direction, in order. */
export class FrameMac {
  readonly #key: Uint8Array;
  #counter = 0n;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** The MAC of the next frame. @param covered its first bytes, as `coveredBytes` says */
  next(length: number, covered: Uint8Array): Uint8Array {
    const input = Buffer.allocUnsafe(12 + covered.byteLength);
    input.writeBigUInt64BE(this.#counter, 0);
    input.writeUInt32BE(length, 8);
    input.set(covered, 12);
    this.#counter += 1n;
    return hmacSha256(this.#key, input).subarray(0, macBytes);
  }

  /** @throws `bad-frame` unless this is the MAC of the next frame */
  check(mac: Uint8Array, length: number, covered: Uint8Array): void {
    if (equalBytes(mac, this.next(length, covered))) return;
    throw new PeerstorError('bad-frame', 'A frame was changed on its way.');
  }
}
