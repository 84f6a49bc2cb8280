/**
 * What travels in a frame after the hello (docs/PROTOCOL.md, messages):
 *
 *     u8 kind ‖ u32 number ‖ rest
 *
 *     kind  name         number       rest
 *        1  hello        0            canonical CBOR, see hello.ts
 *        2  welcome      0            —
 *        3  refusal      0            as failure
 *        4  proof        0            after a refusal: CBOR, see hello.ts
 *       10  request      request id   u8 length ‖ method ‖ body
 *       11  answer       request id   body
 *       12  failure      request id   u8 length ‖ error code ‖ sentence
 *       13  notify       0            u8 length ‖ method ‖ body
 *       14  cancel       request id   —
 *       15  ping         any          —
 *       16  pong         the ping's   —
 *       20  creditAsk    how many     —
 *       21  creditGrant  how many     —
 *       22  creditReturn how many     —
 *
 * Request ids are counted by the side that asks; integers are big-endian, text is UTF-8.
 */
import { isErrorCode, PeerstorError } from '../../../model/errors.ts';
import { frameBytesMax } from '../../../model/limits.ts';

const kinds = {
  hello: 1,
  welcome: 2,
  refusal: 3,
  proof: 4,
  request: 10,
  answer: 11,
  failure: 12,
  notify: 13,
  cancel: 14,
  ping: 15,
  pong: 16,
  creditAsk: 20,
  creditGrant: 21,
  creditReturn: 22,
} as const;

/** First bytes of the frames that a sealed lane has to tell apart. */
export const requestKind = kinds.request;
export const answerKind = kinds.answer;

export type MessageKind = keyof typeof kinds;

const kindNames = new Map(
  Object.entries(kinds).map(([name, number]) => [number as number, name as MessageKind]),
);

export interface Message {
  kind: MessageKind;
  number: number;
  /** Everything after the number; a view into the frame. */
  rest: Uint8Array;
}

const headBytes = 5;
/** Maximum length of a method's name in UTF-8 bytes. */
export const methodBytesMax = 128;
/** Maximum body of a request or an answer: a frame minus room for heads. */
export const bodyBytesMax = frameBytesMax - 256;
/** Larger requests need a credit of the receiver, because they fill its memory. */
export const largeRequestBytes = 64 * 1024;
const sentenceBytesMax = 2048;

const nothing: Uint8Array = new Uint8Array(0);

/** The parts of one frame, in order; `body` is not copied. */
export function messageParts(
  kind: MessageKind,
  number: number,
  label?: string,
  body = nothing,
): Uint8Array[] {
  const text = label === undefined ? nothing : Buffer.from(label, 'utf8');
  const head = new Uint8Array(headBytes + (label === undefined ? 0 : 1 + text.byteLength));
  head[0] = kinds[kind];
  new DataView(head.buffer).setUint32(1, number);
  if (label !== undefined) {
    head[headBytes] = text.byteLength;
    head.set(text, headBytes + 1);
  }
  return body.byteLength === 0 ? [head] : [head, body];
}

export function failureParts(
  kind: 'failure' | 'refusal',
  number: number,
  error: PeerstorError,
): Uint8Array[] {
  const sentence = Buffer.from(error.message, 'utf8').subarray(0, sentenceBytesMax);
  return messageParts(kind, number, error.code, sentence);
}

/** @throws `bad-frame` */
export function readMessage(frame: Uint8Array): Message {
  if (frame.byteLength < headBytes)
    throw new PeerstorError('bad-frame', 'The device sent a frame without a head.');
  const kind = kindNames.get(frame[0]!);
  if (kind === undefined) {
    throw new PeerstorError('bad-frame', `The device sent a message of the unknown kind ${frame[0]}.`);
  }
  const number = new DataView(frame.buffer, frame.byteOffset, headBytes).getUint32(1);
  return { kind, number, rest: frame.subarray(headBytes) };
}

/** Splits `u8 length ‖ label ‖ body`. @throws `bad-frame` */
export function readLabelled(rest: Uint8Array): { label: string; body: Uint8Array } {
  const length = rest[0];
  if (length === undefined || rest.byteLength < 1 + length) {
    throw new PeerstorError('bad-frame', 'The device sent a message that is cut short.');
  }
  return {
    label: Buffer.from(rest.subarray(1, 1 + length)).toString('utf8'),
    body: rest.subarray(1 + length),
  };
}

/** The error that a peer reported; unknown codes become `peer-failed`. */
export function readFailure(rest: Uint8Array): PeerstorError {
  const { label, body } = readLabelled(rest);
  const sentence = Buffer.from(body).toString('utf8');
  return new PeerstorError(isErrorCode(label) ? label : 'peer-failed', sentence);
}
