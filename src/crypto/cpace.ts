/**
 * CPace on ristretto255 with SHA-512, initiator-responder (draft-irtf-cfrg-cpace): two devices that
 * share only a short code agree on a strong key; an attacker gets one guess per exchange.
 */
import { createHash } from 'node:crypto';
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { assert } from '../model/assert.ts';
import { PeerstorError } from '../model/errors.ts';
import { type Bytes, concat, plain, textBytes } from './bytes.ts';
import { equalBytes, hkdf, hmacSha256 } from './hash.ts';
import { randomBytes } from './random.ts';

const { Point } = ristretto255;
const domain = textBytes('CPaceRistretto255');
const sessionDomain = textBytes('CPaceRistretto255_ISK');
/** SHA-512's block: the code is padded to fill the first one, so that its length does not show. */
const hashBlockBytes = 128;

export type CpaceRole = 'initiator' | 'responder';

export interface CpaceInput {
  /** What the person carried over. Both sides must pass the same text. */
  code: string;
  /** Names the two parties and the purpose: both sides must pass the same bytes. */
  channel: Uint8Array;
  /** Fresh for each exchange; both must pass the same bytes. */
  sessionId: Uint8Array;
}

export interface CpaceSide {
  /** 32 bytes for the other side. */
  readonly share: Uint8Array;
  /**
   * Once only: a second try needs a new exchange.
   * @param associated bytes that each side sent along with its share; they are bound into the key
   * @throws `bad-input` when `peerShare` is no valid group element
   */
  finish(peerShare: Uint8Array, associated: { mine: Uint8Array; theirs: Uint8Array }): CpaceOutcome;
}

export interface CpaceOutcome {
  /** 32 bytes. Worth nothing before the other side's tag was checked. */
  key: Uint8Array;
  /** 32 bytes for the other side. */
  myTag: Uint8Array;
  /** True when the other side knows the code and saw the same exchange. */
  checkTag(tag: Uint8Array): boolean;
}

export function startCpace(role: CpaceRole, input: CpaceInput): CpaceSide {
  return cpaceSide(role, input, randomScalar());
}

/** `startCpace` with a chosen scalar: for known-answer tests only. */
export function cpaceSide(role: CpaceRole, input: CpaceInput, scalar: bigint): CpaceSide {
  const { sessionId } = input;
  const share = plain(generator(textBytes(input.code), input.channel, sessionId).multiply(scalar).toBytes());
  let finished = false;
  return {
    share,
    finish(peerShare, associated) {
      assert(!finished, 'a CPace share is used once');
      finished = true;
      const secret = sharedSecret(scalar, peerShare);
      const mine = { share, associated: associated.mine };
      const theirs = { share: peerShare, associated: associated.theirs };
      const [first, second] = role === 'initiator' ? [mine, theirs] : [theirs, mine];
      return confirm(role, transcriptOf(first, second), sessionId, secret);
    },
  };
}

interface Message {
  share: Uint8Array;
  associated: Uint8Array;
}

function confirm(
  role: CpaceRole,
  transcript: Bytes,
  sessionId: Uint8Array,
  secret: Uint8Array,
): CpaceOutcome {
  const sessionKey = intermediateSessionKey(sessionId, secret, transcript);
  const tagOf = (side: CpaceRole) => hmacSha256(hkdf(sessionKey, `cpace/confirm/${side}`), transcript);
  const expected = tagOf(role === 'initiator' ? 'responder' : 'initiator');
  return {
    key: hkdf(sessionKey, 'cpace/key'),
    myTag: tagOf(role),
    checkTag: (tag) => equalBytes(tag, expected),
  };
}

/** Section "calculate_generator": hash of code, channel and session, mapped to the group. */
export function generator(code: Uint8Array, channel: Uint8Array, sessionId: Uint8Array) {
  const point = ristretto255_hasher.deriveToCurve?.(sha512(generatorString(code, channel, sessionId)));
  assert(point, 'the ristretto255 library has the one-way map of RFC 9496');
  return point;
}

export function generatorString(code: Uint8Array, channel: Uint8Array, sessionId: Uint8Array): Bytes {
  const used = prefixed(domain).length + prefixed(code).length;
  const padding = new Uint8Array(Math.max(0, hashBlockBytes - 1 - used));
  return prefixed(domain, code, padding, channel, sessionId);
}

/** Section "scalar_mult_vfy": refuses bad encodings and the neutral element, which would give the key away. */
export function sharedSecret(scalar: bigint, peerShare: Uint8Array): Bytes {
  let point: InstanceType<typeof Point>;
  try {
    point = Point.fromBytes(peerShare);
  } catch (cause) {
    throw invalidShare(cause);
  }
  if (point.is0()) throw invalidShare();
  return plain(point.multiply(scalar).toBytes());
}

export function intermediateSessionKey(
  sessionId: Uint8Array,
  secret: Uint8Array,
  transcript: Uint8Array,
): Bytes {
  return sha512(concat(prefixed(sessionDomain, sessionId, secret), transcript));
}

/** Section "transcript_ir": the initiator's message first. */
export function transcriptOf(initiator: Message, responder: Message): Bytes {
  return concat(
    prefixed(initiator.share, initiator.associated),
    prefixed(responder.share, responder.associated),
  );
}

/** Section "lv_cat": each part behind its length as LEB128, so that no two lists join to the same bytes. */
export function prefixed(...parts: readonly Uint8Array[]): Bytes {
  return concat(...parts.flatMap((part) => [leb128(part.length), part]));
}

function leb128(length: number): Bytes {
  const digits: number[] = [];
  let rest = length;
  do {
    digits.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return new Uint8Array(digits);
}

/** 64 bytes reduced modulo the group order: uniform but for 2^-256. */
function randomScalar(): bigint {
  for (;;) {
    const scalar = Point.Fn.create(BigInt(`0x${Buffer.from(randomBytes(64)).toString('hex')}`));
    if (scalar !== 0n) return scalar;
  }
}

function sha512(bytes: Uint8Array): Bytes {
  return plain(createHash('sha512').update(bytes).digest());
}

function invalidShare(cause?: unknown): PeerstorError {
  return new PeerstorError(
    'bad-input',
    'The other device sent an invalid pairing message: start pairing again.',
    {
      cause,
    },
  );
}
