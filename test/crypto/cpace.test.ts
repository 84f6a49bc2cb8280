import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cpaceSide,
  generator,
  generatorString,
  intermediateSessionKey,
  prefixed,
  sharedSecret,
  transcriptOf,
} from '../../src/crypto/cpace.ts';
import { type CpaceInput, hkdf, startCpace } from '../../src/crypto/index.ts';
import { fromHex, toHex } from '../../src/model/ids.ts';
import { ramp, spoiled, vectors } from './vectors.ts';

interface Side {
  scalar: string;
  associated: string;
  share: string;
}
interface Run {
  source: string;
  code: string;
  channel: string;
  sessionId: string;
  generatorStringLength: number;
  generator: string;
  initiator: Side;
  responder: Side;
  transcript: string;
  secret: string;
  sessionKey: string;
}
const rows = vectors<{
  runs: Run[];
  multiply: { scalar: string; point: string; product: string };
  invalid: string[];
  prefixed: { parts: string[]; joined: string }[];
}>('cpace');

const none = new Uint8Array(0);
const input: CpaceInput = { code: '12345678', channel: ramp(64, 1), sessionId: ramp(16, 2) };

function scalarOf(hex: string): bigint {
  return BigInt(`0x${toHex(fromHex(hex).reverse())}`);
}

/** Both sides of one exchange; `responder` may differ from what the initiator uses. */
function exchange(responderInput: CpaceInput = input, theirs = none) {
  const initiator = startCpace('initiator', input);
  const responder = startCpace('responder', responderInput);
  return {
    a: initiator.finish(responder.share, { mine: none, theirs }),
    b: responder.finish(initiator.share, { mine: none, theirs: none }),
  };
}

for (const run of rows.runs) {
  const code = fromHex(run.code);
  const [channel, sessionId] = [fromHex(run.channel), fromHex(run.sessionId)];
  const message = ({ share, associated }: Side) => ({
    share: fromHex(share),
    associated: fromHex(associated),
  });

  test(`every step gives the values of ${run.source}`, () => {
    assert.equal(generatorString(code, channel, sessionId).length, run.generatorStringLength);
    assert.equal(toHex(generator(code, channel, sessionId).toBytes()), run.generator);
    for (const [mine, other] of [
      [run.initiator, run.responder],
      [run.responder, run.initiator],
    ] as const) {
      assert.equal(toHex(sharedSecret(scalarOf(mine.scalar), fromHex(other.share))), run.secret);
    }
    const transcript = transcriptOf(message(run.initiator), message(run.responder));
    assert.equal(toHex(transcript), run.transcript);
    assert.equal(toHex(intermediateSessionKey(sessionId, fromHex(run.secret), transcript)), run.sessionKey);
  });

  test(`both sides reach the key of ${run.source}`, () => {
    const given = { code: Buffer.from(code).toString(), channel, sessionId };
    const { initiator, responder } = run;
    const a = cpaceSide('initiator', given, scalarOf(initiator.scalar));
    const b = cpaceSide('responder', given, scalarOf(responder.scalar));
    assert.equal(toHex(a.share), initiator.share);
    assert.equal(toHex(b.share), responder.share);
    const [adA, adB] = [fromHex(initiator.associated), fromHex(responder.associated)];
    const key = hkdf(fromHex(run.sessionKey), 'cpace/key');
    assert.deepEqual(a.finish(b.share, { mine: adA, theirs: adB }).key, key);
    assert.deepEqual(b.finish(a.share, { mine: adB, theirs: adA }).key, key);
  });
}

test('multiplying gives the value of the draft, and its invalid points are refused', () => {
  const { scalar, point, product } = rows.multiply;
  assert.equal(toHex(sharedSecret(scalarOf(scalar), fromHex(point))), product);
  for (const invalid of rows.invalid) {
    assert.throws(() => sharedSecret(scalarOf(scalar), fromHex(invalid)), { code: 'bad-input' });
  }
});

test('lists of parts are joined as in the draft, long ones too', () => {
  for (const { parts, joined } of rows.prefixed) assert.equal(toHex(prefixed(...parts.map(fromHex))), joined);
  assert.equal(toHex(prefixed(new Uint8Array(127)).subarray(0, 2)), '7f00');
  assert.equal(toHex(prefixed(new Uint8Array(128)).subarray(0, 3)), '800100');
  assert.equal(toHex(prefixed(new Uint8Array(300)).subarray(0, 3)), 'ac0200');
});

test('the same code gives both sides one key and tags that the other accepts', () => {
  const { a, b } = exchange();
  assert.deepEqual(a.key, b.key);
  assert.equal(a.checkTag(b.myTag), true);
  assert.equal(b.checkTag(a.myTag), true);
});

test('another code, channel, session or associated bytes fails the confirmation on both sides', () => {
  const outcomes = [
    exchange({ ...input, code: '12345679' }),
    exchange({ ...input, channel: ramp(64, 2) }),
    exchange({ ...input, sessionId: ramp(16, 3) }),
    exchange(input, Uint8Array.of(1)),
  ];
  for (const { a, b } of outcomes) {
    assert.notDeepEqual(a.key, b.key);
    assert.equal(a.checkTag(b.myTag), false);
    assert.equal(b.checkTag(a.myTag), false);
  }
});

test('a tag sent back to its sender, spoiled or cut is not accepted', () => {
  const { a, b } = exchange();
  assert.equal(a.checkTag(a.myTag), false);
  assert.equal(a.checkTag(spoiled(b.myTag, 31)), false);
  assert.equal(a.checkTag(b.myTag.subarray(1)), false);
  assert.equal(a.checkTag(none), false);
});

test('a share sent back to its sender does not confirm', () => {
  const side = startCpace('initiator', input);
  const outcome = side.finish(side.share, { mine: none, theirs: none });
  assert.equal(outcome.checkTag(outcome.myTag), false);
});

test('identity, encodings that are not canonical and wrong lengths are refused', () => {
  const prime = fromHex(`ed${'ff'.repeat(30)}7f`);
  const negative = Uint8Array.of(1, ...new Uint8Array(31));
  const shares = [
    new Uint8Array(32),
    new Uint8Array(32).fill(255),
    prime,
    negative,
    new Uint8Array(31),
    none,
  ];
  for (const share of shares) {
    const side = startCpace('responder', input);
    assert.throws(() => side.finish(share, { mine: none, theirs: none }), { code: 'bad-input' });
  }
});

test('a share serves one exchange only, also after a refused one', () => {
  const peer = startCpace('responder', input);
  const side = startCpace('initiator', input);
  assert.throws(() => side.finish(new Uint8Array(32), { mine: none, theirs: none }), { code: 'bad-input' });
  assert.throws(() => side.finish(peer.share, { mine: none, theirs: none }), /broken invariant/);
});

test('shares are fresh for each exchange', () => {
  assert.notDeepEqual(startCpace('initiator', input).share, startCpace('initiator', input).share);
});
