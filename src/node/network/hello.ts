/**
 * The first frames of every lane, in both directions: who I am, which network I belong to, what I speak. A
 * connection serves nothing before the hello has passed. libp2p proves the key of the other end; the
 * certificates here prove that the key belongs to a member.
 *
 *     both sides send    hello
 *     both sides send    welcome, when the other's hello is good (else a refusal, and close; a
 *                        removed device also gets the records that prove its removal)
 *     a side is ready    when it has sent and received a welcome
 */
import { decode, encode, isFields } from '../../crypto/index.ts';
import type { Clock } from '../../model/clock.ts';
import type { Lane, ProtocolRange } from '../../model/contracts/transport.ts';
import { isPeerstorError, PeerstorError, sentenceOf } from '../../model/errors.ts';
import { type DeviceId, deviceId, type NetworkId, networkId } from '../../model/ids.ts';
import { frameBytesMax, helloTimeoutMs } from '../../model/limits.ts';
import type { DeviceClass } from '../../model/records.ts';
import { asError, type FramedStream } from './frames/framed-stream.ts';
import { failureParts, type Message, messageParts, readFailure, readMessage } from './frames/message.ts';
import { limit } from './limits/limit-timer.ts';

export { protocolRange } from '../../model/contracts/transport.ts';

export const helloFormat = 1;

const addressesMax = 32;
const addressBytesMax = 255;
const certificatesMax = 64;
const featuresMax = 64;
const nameBytesMax = 255;

export interface Hello {
  network: NetworkId;
  device: DeviceId;
  /** Records that prove the membership to a device that lacks this device's record. */
  certificates: Uint8Array[];
  protocol: ProtocolRange;
  features: string[];
  /** Changes at each start of the process. */
  bootId: string;
  wallMs: number;
  class: DeviceClass;
  name: string;
  addresses: string[];
  lane: Lane;
}

export interface HandshakeInput {
  own: Hello;
  /** The key that libp2p has proved for the other end. */
  peer: DeviceId;
  clock: Clock;
  /** @throws `not-a-member` or another refusal; the peer gets the sentence */
  admit(theirs: Hello): void | Promise<void>;
  /** Records that prove the peer's removal, sent after a refusal as `not-a-member`. */
  proofFor?(): readonly Uint8Array[];
  /** The peer refused us as `not-a-member` and sent such records; they are not checked yet. */
  onProof?(records: readonly Uint8Array[]): void;
}

/**
 * Runs the exchange.
 * @returns the peer's hello, once both sides have sent welcome
 * @throws the reason of the refusal, ours or theirs; the caller closes the connection
 */
export async function shakeHands(stream: FramedStream, input: HandshakeInput): Promise<Hello> {
  const timer = limit(input.clock, helloTimeoutMs, () => {
    stream.abort(new PeerstorError('peer-timeout', 'The device did not finish its hello in time.'));
  });
  try {
    await stream.write(messageParts('hello', 0, undefined, encodeHello(input.own)));
    const theirs = decodeHello(await next(stream, 'hello', input));
    try {
      checkHello(theirs, input);
      await input.admit(theirs);
    } catch (error) {
      await refuse(stream, error, input);
      throw error;
    }
    await stream.write(messageParts('welcome', 0));
    await next(stream, 'welcome', input);
    return theirs;
  } finally {
    timer.cancel();
  }
}

/** Tells the peer the reason, if the stream still allows it. */
async function refuse(stream: FramedStream, reason: unknown, { proofFor }: HandshakeInput): Promise<void> {
  const error = isPeerstorError(reason) ? reason : new PeerstorError('peer-failed', sentenceOf(reason));
  const proof = error.code === 'not-a-member' ? (proofFor?.() ?? []) : [];
  try {
    await stream.write(failureParts('refusal', 0, error));
    if (proof.length > 0) {
      await stream.write(messageParts('proof', 0, undefined, encode(proof.slice(0, certificatesMax))));
    }
  } catch (failure) {
    stream.abort(asError(failure));
    return;
  }
  await stream.end();
}

async function next(
  stream: FramedStream,
  expected: 'hello' | 'welcome',
  input: HandshakeInput,
): Promise<Message> {
  const frame = await stream.read({ timeoutMs: helloTimeoutMs });
  if (frame === undefined) throw new PeerstorError('peer-unreachable', 'The device closed during the hello.');
  const message = readMessage(frame);
  if (message.kind === 'refusal') {
    const refusal = readFailure(message.rest);
    if (refusal.code === 'not-a-member') await readProof(stream, input);
    throw refusal;
  }
  if (message.kind !== expected) {
    throw new PeerstorError('bad-frame', `The device sent a ${message.kind} instead of a ${expected}.`);
  }
  return message;
}

/** A refusal counts whether or not the records after it can be read. */
async function readProof(stream: FramedStream, { onProof }: HandshakeInput): Promise<void> {
  let records: Uint8Array[];
  try {
    const frame = await stream.read({ timeoutMs: helloTimeoutMs });
    if (frame === undefined) return;
    const message = readMessage(frame);
    if (message.kind !== 'proof') return;
    records = list(decode(message.rest), certificatesMax, isBytes, 'proof');
  } catch {
    return;
  }
  onProof?.(records);
}

function checkHello(theirs: Hello, { own, peer }: HandshakeInput): void {
  if (theirs.device !== peer) {
    throw new PeerstorError('not-a-member', 'The hello names another device than the key that sent it.');
  }
  if (theirs.network !== own.network) {
    throw new PeerstorError('not-a-member', 'That device belongs to another network.');
  }
  if (theirs.lane !== own.lane) {
    throw new PeerstorError('bad-frame', `The hello is for the ${theirs.lane} lane, not ${own.lane}.`);
  }
  if (theirs.protocol.max < own.protocol.min || theirs.protocol.min > own.protocol.max) {
    const older = theirs.protocol.max < own.protocol.min ? theirs.name : own.name;
    throw new PeerstorError(
      'unsupported-format',
      `The two devices speak no common version: update ${older}.`,
    );
  }
}

export function encodeHello(hello: Hello): Uint8Array {
  const bytes = encode({
    ...hello,
    format: helloFormat,
    protocol: { ...hello.protocol },
    certificates: hello.certificates.slice(0, certificatesMax),
    addresses: hello.addresses.slice(0, addressesMax),
  });
  if (bytes.byteLength + 16 > frameBytesMax) {
    throw new PeerstorError('frame-too-large', 'The proofs of membership do not fit one frame.');
  }
  return bytes;
}

/** Reads a hello and ignores unknown fields. @throws `bad-frame` */
export function decodeHello(message: Message): Hello {
  let fields: unknown;
  try {
    fields = decode(message.rest);
  } catch (error) {
    throw new PeerstorError('bad-frame', 'The hello cannot be read.', { cause: error });
  }
  if (!isFields(fields)) throw bad('a map');
  if (fields.format !== helloFormat) {
    throw new PeerstorError(
      'unsupported-format',
      `The device sent a hello of format ${String(fields.format)}.`,
    );
  }
  const { protocol } = fields;
  if (!isFields(protocol)) throw bad('protocol');
  return {
    network: id(fields.network, networkId),
    device: id(fields.device, deviceId),
    certificates: list(fields.certificates, certificatesMax, isBytes, 'certificates'),
    protocol: { min: whole(protocol.min, 'protocol'), max: whole(protocol.max, 'protocol') },
    features: list(fields.features, featuresMax, isText, 'features'),
    bootId: text(fields.bootId, 64, 'bootId'),
    wallMs: whole(fields.wallMs, 'wallMs'),
    class: oneOf(fields.class, ['always-on', 'sleeper'], 'class'),
    name: text(fields.name, nameBytesMax, 'name'),
    addresses: list(fields.addresses, addressesMax, isText, 'addresses').filter(isShortAddress),
    lane: oneOf(fields.lane, ['control', 'bulk'], 'lane'),
  };
}

function isShortAddress(address: string): boolean {
  return address.length <= addressBytesMax;
}

function bad(field: string): PeerstorError {
  return new PeerstorError('bad-frame', `The hello has no valid ${field}.`);
}

function id<Id>(value: unknown, parse: (text: string) => Id): Id {
  if (typeof value !== 'string') throw bad('id');
  return parse(value);
}

function text(value: unknown, bytesMax: number, field: string): string {
  if (typeof value !== 'string' || Buffer.byteLength(value) > bytesMax) throw bad(field);
  return value;
}

function whole(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw bad(field);
  return value;
}

function oneOf<Choice extends string>(value: unknown, choices: readonly Choice[], field: string): Choice {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw bad(field);
  return found;
}

function list<Item>(
  value: unknown,
  max: number,
  isItem: (item: unknown) => item is Item,
  field: string,
): Item[] {
  if (!Array.isArray(value) || value.length > max) throw bad(field);
  const items: unknown[] = value;
  return items.map((item) => {
    if (!isItem(item)) throw bad(field);
    return item;
  });
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}
