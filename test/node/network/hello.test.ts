import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encode } from '../../../src/crypto/index.ts';
import { systemClock } from '../../../src/model/clock.ts';
import { isPeerstorError, PeerstorError } from '../../../src/model/errors.ts';
import { deviceId, networkId } from '../../../src/model/ids.ts';
import { FramedStream } from '../../../src/node/network/frames/framed-stream.ts';
import {
  decodeHello,
  encodeHello,
  type HandshakeInput,
  type Hello,
  shakeHands,
} from '../../../src/node/network/hello.ts';
import { streamPair } from './stream-pair.ts';

const one = deviceId('1'.repeat(64));
const two = deviceId('2'.repeat(64));

describe('hello', () => {
  it('the hello is decoded as it was encoded, and unknown fields are ignored', () => {
    const hello = helloOf(one, { certificates: [new Uint8Array([1, 2])], features: ['later'] });
    assert.deepEqual(decodeHello(message(encodeHello(hello))), hello);
    const more = encode({ ...hello, format: 1, mood: 'cheerful', protocol: { min: 1, max: 1, best: 1 } });
    assert.deepEqual(decodeHello(message(more)), hello);
  });

  it('the hello is refused with any field missing or of a wrong type', () => {
    const good: Record<string, unknown> = { ...helloOf(one), format: 1 };
    for (const field of Object.keys(good)) {
      for (const wrong of [undefined, null, -1, 'x'.repeat(300), { a: 1 }, [1]]) {
        const fields = { ...good, [field]: wrong };
        if (wrong === undefined) delete fields[field];
        assert.throws(
          () => decodeHello(message(encode(fields))),
          (error) => isPeerstorError(error),
          `${field} = ${JSON.stringify(wrong)}`,
        );
      }
    }
    assert.throws(
      () => decodeHello(message(new Uint8Array([0xff]))),
      (error) => isPeerstorError(error, 'bad-frame'),
    );
  });

  it('the hello gives both sides the hello of the other', async () => {
    const [a, b] = await meet(helloOf(one), helloOf(two));
    assert.equal(a.status === 'fulfilled' && a.value.device, two);
    assert.equal(b.status === 'fulfilled' && b.value.device, one);
  });

  for (const [what, theirs, code] of [
    ['names another device than its key', { device: deviceId('3'.repeat(64)) }, 'not-a-member'],
    ['belongs to another network', { network: networkId('e'.repeat(64)) }, 'not-a-member'],
    ['is for another lane', { lane: 'bulk' }, 'bad-frame'],
    ['speaks only a later protocol', { protocol: { min: 2, max: 3 } }, 'unsupported-format'],
  ] as const) {
    it(`a hello that ${what} is refused, and both sides know why`, async () => {
      const outcomes = await meet(helloOf(one), helloOf(two, theirs));
      for (const outcome of outcomes) {
        assert.ok(
          outcome.status === 'rejected' && isPeerstorError(outcome.reason, code),
          JSON.stringify(outcome),
        );
      }
    });
  }

  it('the refused side of a hello gets the sentence of the side that decides', async () => {
    const refusal = new PeerstorError('not-a-member', 'This device was removed.');
    const [a, b] = await meet(helloOf(one), helloOf(two), refusal);
    for (const outcome of [a, b]) {
      assert.ok(outcome.status === 'rejected');
      assert.equal(outcome.reason.message, refusal.message);
    }
  });
});

describe('a refusal', () => {
  const records = [new Uint8Array([1, 2, 3]), new Uint8Array([4])];

  it('a refusal sends a removed device the records that prove its removal', async () => {
    const told: (readonly Uint8Array[])[] = [];
    const refusal = new PeerstorError('not-a-member', 'This device was removed.');
    const [, refused] = await meet(helloOf(one), helloOf(two), refusal, {
      proofFor: () => records,
      onProof: (proof) => told.push(proof),
    });
    assert.deepEqual(told, [records]);
    assert.ok(refused.status === 'rejected' && isPeerstorError(refused.reason, 'not-a-member'));
  });

  it('a refusal for another reason sends no records', async () => {
    const told: (readonly Uint8Array[])[] = [];
    const refusal = new PeerstorError('conflict', 'The two devices are connected already.');
    await meet(helloOf(one), helloOf(two), refusal, {
      proofFor: () => records,
      onProof: (proof) => told.push(proof),
    });
    assert.deepEqual(told, []);
  });

  for (const [what, junk] of [
    ['junk', [4, 0, 0, 0, 0, 0xff]],
    ['something else', [2, 0, 0, 0, 0]],
    ['records of a wrong kind', [4, 0, 0, 0, 0, ...encode(['text'])]],
  ] as const) {
    it(`a refusal counts although ${what} comes instead of a proof`, async () => {
      const told: unknown[] = [];
      const pair = await streamPair(
        (stream) => new FramedStream(stream, { clock: systemClock, stallMs: 5000 }),
      );
      const refused = shakeHands(pair.accepted, {
        own: helloOf(two),
        peer: one,
        clock: systemClock,
        admit: () => undefined,
        onProof: (proof) => told.push(proof),
      });
      const sentence = Buffer.from('No.');
      await pair.dialled.write([new Uint8Array([1, 0, 0, 0, 0]), encodeHello(helloOf(one))]);
      const code = Buffer.from('not-a-member');
      await pair.dialled.write([new Uint8Array([3, 0, 0, 0, 0, code.length]), code, sentence]);
      await pair.dialled.write([Uint8Array.from(junk)]);
      await assert.rejects(refused, (error) => isPeerstorError(error, 'not-a-member'));
      assert.deepEqual(told, []);
      await pair.end();
    });
  }
});

/** Both hellos over a real stream; `refusal` is what the first side throws at the second. */
async function meet(
  first: Hello,
  second: Hello,
  refusal?: PeerstorError,
  proving: Pick<HandshakeInput, 'proofFor' | 'onProof'> = {},
) {
  const pair = await streamPair((stream) => new FramedStream(stream, { clock: systemClock, stallMs: 5000 }));
  const outcomes = await Promise.allSettled([
    shakeHands(pair.dialled, {
      own: first,
      peer: two,
      clock: systemClock,
      admit: () => {
        if (refusal !== undefined) throw refusal;
      },
      ...proving,
    }),
    shakeHands(pair.accepted, {
      own: second,
      peer: one,
      clock: systemClock,
      admit: () => undefined,
      ...proving,
    }),
  ]);
  await pair.end();
  return outcomes;
}

function helloOf(device: Hello['device'], change: Partial<Hello> = {}): Hello {
  return {
    network: networkId('d'.repeat(64)),
    device,
    certificates: [],
    protocol: { min: 1, max: 1 },
    features: [],
    bootId: 'boot',
    wallMs: 1_700_000_000_000,
    class: 'always-on',
    name: 'NAS',
    addresses: ['/ip4/127.0.0.1/tcp/1'],
    lane: 'control',
    ...change,
  };
}

function message(rest: Uint8Array) {
  return { kind: 'hello' as const, number: 0, rest };
}
