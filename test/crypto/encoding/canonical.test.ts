import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode as decodeCbor, encode as encodeCbor } from '@ipld/dag-cbor';
import fc from 'fast-check';
import { decode, encode, isFields } from '../../../src/crypto/index.ts';
import { fromHex, toHex } from '../../../src/model/ids.ts';
import { frameBytesMax } from '../../../src/model/limits.ts';
import { inside, vectors } from '../vectors.ts';

const badRecord = { code: 'bad-record' };
const rows = vectors<{
  accepted: { bytes: string; value: unknown }[];
  refused: { bytes: string; why: string }[];
}>('canonical');

const text = fc.string({ unit: 'grapheme' }).filter((letters) => letters.isWellFormed());
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    text,
    fc.uint8Array(),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(text, tie('value'), { maxKeys: 5 }),
  ),
}));

test('each accepted vector is read and written the same', () => {
  for (const { bytes, value } of rows.accepted) {
    assert.deepEqual(decode(fromHex(bytes)), value);
    assert.equal(toHex(encode(value)), bytes);
  }
});

for (const { bytes, why } of rows.refused) {
  test(`reading refuses ${why}`, () => {
    assert.throws(() => decode(fromHex(bytes)), badRecord);
  });
}

test('a value has one encoding, whatever the order of its keys, and it survives reading', () => {
  fc.assert(
    fc.property(value, (given) => {
      const bytes = encode(given);
      const read = decode(inside(bytes));
      assert.deepEqual(encode(read), bytes);
      if (isFields(read)) assert.deepEqual(encode(Object.fromEntries(Object.entries(read).reverse())), bytes);
    }),
  );
});

test('any bytes are either refused as bad-record or are the one encoding of what they say', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      let read: unknown;
      try {
        read = decode(bytes);
      } catch (error) {
        assert.equal(error instanceof Error && 'code' in error && error.code, 'bad-record');
        return;
      }
      assert.deepEqual(encode(read), bytes);
    }),
    { numRuns: 500 },
  );
});

/** Reads in general, writes again and compares: what the reader of our own replaces. */
function readSlowly(bytes: Uint8Array): unknown {
  const read = decodeCbor(bytes);
  assert.deepEqual(encode(read), bytes);
  return read;
}

function outcome(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch {
    return 'refused';
  }
}

test('reading takes names, numbers and letters that mean something elsewhere as the slow way does', () => {
  const name = fc.constantFrom(
    '/',
    'bytes',
    'asCID',
    '__proto__',
    'constructor',
    'toJSON',
    'code',
    'version',
  );
  const number = fc.constantFrom(
    0,
    1,
    1.5,
    -1,
    2 ** 53,
    -(2 ** 53),
    2 ** 60,
    5e-324,
    2 ** 32,
    -(2 ** 32) - 1,
  );
  const odd = fc.constantFrom('', 'a\ufeff', '\u0000', '\u{10ffff}', '\ufffd', '\u007f\u0080', 'a');
  const { any } = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, true, false),
      number,
      odd,
      // The slow way reads all empty bytes as one array, and so takes two of them for a link.
      fc.uint8Array({ minLength: 1, maxLength: 2 }),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.array(fc.tuple(name, tie('any')), { maxLength: 4 }).map(Object.fromEntries),
    ),
  }));
  let accepted = 0;
  fc.assert(
    fc.property(any, fc.boolean(), (given, double) => {
      let bytes = outcomeBytes(() => encodeCbor(given));
      // A whole number as a double, and -0, in a list.
      if (double && typeof given === 'number') {
        bytes = new Uint8Array(10).fill(0x81, 0, 1).fill(0xfb, 1, 2);
        new DataView(bytes.buffer).setFloat64(2, given === 0 ? -0 : given);
      }
      if (!bytes) return;
      const [fast, slow] = [outcome(() => decode(bytes)), outcome(() => readSlowly(bytes))];
      assert.deepEqual(fast, slow, toHex(bytes));
      accepted += Number(fast !== 'refused');
    }),
    { numRuns: 3000 },
  );
  assert(accepted > 1000, `${accepted} were read`);
});

test('two empty bytes beside each other are no link, whatever their names', () => {
  const twins = { '/': new Uint8Array(), bytes: new Uint8Array() };
  assert.deepEqual(decode(encode(twins)), twins);
});

test('text keeps a byte order mark at its start, which the slow way loses and so refuses', () => {
  const bytes = encode('\ufeffname');
  assert.equal(decode(bytes), '\ufeffname');
  assert.throws(() => readSlowly(bytes));
});

function outcomeBytes(write: () => Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(write());
  } catch {
    return undefined;
  }
}

test('reading accepts what a general decoder reads and writes the same again, and nothing else', () => {
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255), insert: fc.boolean() });
  let accepted = 0;
  fc.assert(
    fc.property(value, fc.array(change, { maxLength: 2 }), (given, changes) => {
      let bytes = Uint8Array.from(encodeCbor(given));
      for (const { at, byte, insert } of changes) {
        const place = at % (bytes.length + 1);
        const rest = bytes.subarray(place + (insert ? 0 : 1));
        bytes = Uint8Array.from([...bytes.subarray(0, place), byte, ...rest]);
      }
      const slow = outcome(() => readSlowly(bytes));
      assert.deepEqual(
        outcome(() => decode(bytes)),
        slow,
        toHex(bytes),
      );
      accepted += Number(slow !== 'refused' && changes.length > 0);
    }),
    { numRuns: 2000 },
  );
  assert(accepted > 50, 'some changed bytes are read too');
});

test('bytes that were read are plain copies of their own', () => {
  const source = Buffer.from(encode({ key: new Uint8Array([1, 2, 3]) }));
  const read = decode(source);
  assert(isFields(read) && read.key instanceof Uint8Array);
  assert.equal(Object.getPrototypeOf(read.key), Uint8Array.prototype);
  assert.equal(read.key.buffer.byteLength, 3);
  source.fill(0);
  assert.deepEqual(read.key, new Uint8Array([1, 2, 3]));
});

test('encoded bytes are plain and share no buffer', () => {
  for (const given of [1, 'text', { a: new Uint8Array(500) }, Buffer.from([1, 2])]) {
    const bytes = encode(given);
    assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
    assert.equal(bytes.buffer.byteLength, bytes.length);
  }
});

test('writing refuses what has no canonical form', () => {
  const loop: unknown[] = [];
  loop.push(loop);
  const refused: unknown[] = [
    undefined,
    { a: undefined },
    [undefined],
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1n,
  ];
  refused.push(
    ...[new Date(), new Map(), () => 1, Symbol('s'), '\ud800', { '\ud800': 1 }, loop].map((x) => [x]),
  );
  for (const given of refused) assert.throws(() => encode(given), badRecord);
});

test('the depth that is accepted is the same for writing and reading', () => {
  const nested = (levels: number) => Uint8Array.from([...Array(levels).fill(0x81), 0x00]);
  assert.deepEqual(encode(decode(nested(64))), nested(64));
  assert.throws(() => decode(nested(65)), badRecord);
  assert.throws(() => decode(nested(100_000)), badRecord);
});

test('a key named __proto__ is a key like any other', () => {
  const read = decode(fromHex('a1695f5f70726f746f5f5f01'));
  assert(isFields(read));
  assert.equal(Object.getPrototypeOf(read), Object.prototype);
  assert.deepEqual(Object.keys(read), ['__proto__']);
});

test('what is larger than a frame is refused before it is read', () => {
  assert.throws(() => decode(new Uint8Array(frameBytesMax + 1)), {
    code: 'bad-record',
    message: /too large/,
  });
  assert.throws(() => encode(new Uint8Array(frameBytesMax)), { code: 'bad-record', message: /too large/ });
});
