import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packReferences, packSlots } from '../../../src/crypto/encoding/packed.ts';
import {
  decode,
  encode,
  isFields,
  type Manifest,
  newKey,
  openManifest,
  readReferences,
  seal,
  sealManifest,
  sha256,
} from '../../../src/crypto/index.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { chunkId, fromHex, toHex } from '../../../src/model/ids.ts';
import {
  chunkBytesMax,
  inlineBytesMax,
  manifestReferencesMax,
  sealedChunkBytesMax,
} from '../../../src/model/limits.ts';
import { inside, ramp, spoiled, vectors } from '../vectors.ts';

const key = ramp(32, 77);
const cutter = 'fastcdc/1';

function leafOf(count: number): Manifest & { kind: 'leaf' } {
  const numbered = Array.from({ length: count }, (_, index) =>
    sha256(Uint8Array.of(index & 255, index >> 8)),
  );
  return {
    kind: 'leaf',
    references: numbered.map((hash) => ({ id: chunkId(toHex(hash)), size: sealedChunkBytesMax })),
    slots: numbered.map((hash) => ({ key: hash, size: chunkBytesMax })),
    cutter,
  };
}

function rebuilt(fields: Record<string, unknown>): Uint8Array {
  return Uint8Array.from([2, ...encode(fields)]);
}

function fieldsOf(bytes: Uint8Array): Record<string, unknown> {
  const fields = decode(bytes.subarray(1));
  assert(isFields(fields));
  return fields;
}

const hash32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const plainRecords = { noNullPrototype: true };
const reference = fc.record(
  {
    id: hash32.map((bytes) => chunkId(toHex(bytes))),
    size: fc.integer({ min: 1, max: sealedChunkBytesMax }),
  },
  plainRecords,
);
const slot = fc.record({ key: hash32, size: fc.integer({ min: 0, max: chunkBytesMax }) }, plainRecords);
const manifests: fc.Arbitrary<Manifest> = fc.oneof(
  fc.uint8Array({ maxLength: 100 }).map((content) => ({ kind: 'inline' as const, content })),
  fc.array(fc.tuple(reference, slot), { minLength: 1, maxLength: 20 }).map((pairs) => ({
    kind: 'leaf' as const,
    references: pairs.map(([first]) => first),
    slots: pairs.map(([, second]) => second),
    cutter,
  })),
  fc.array(fc.tuple(reference, fc.maxSafeNat()), { minLength: 1, maxLength: 20 }).map((pairs) => ({
    kind: 'index' as const,
    references: pairs.map(([first]) => first),
    sizes: pairs.map(([, second]) => second),
    cutter,
  })),
);

interface Row {
  entryKey: string;
  manifest: {
    kind: 'inline' | 'leaf' | 'index';
    content?: string;
    references?: { id: string; size: number }[];
    slots?: { key: string; size: number }[];
    sizes?: number[];
    cutter?: string;
  };
  id: string;
  bytes: string;
}

test('the vectors open to what they say, and name their references without a key', () => {
  for (const { entryKey, manifest, id, bytes } of vectors<Row[]>('manifest')) {
    const stored = fromHex(bytes);
    assert.equal(toHex(sha256(stored)), id);
    const { content, slots, ...same } = manifest;
    assert.deepEqual(openManifest(fromHex(entryKey), stored), {
      ...same,
      ...(content !== undefined && { content: fromHex(content) }),
      ...(slots && { slots: slots.map((slot) => ({ ...slot, key: fromHex(slot.key) })) }),
    });
    assert.deepEqual(readReferences(stored), { kind: manifest.kind, references: manifest.references ?? [] });
  }
});

test('every manifest comes back as it was, under the id of its bytes', () => {
  fc.assert(
    fc.property(manifests, (manifest) => {
      const { id, bytes } = sealManifest(key, manifest);
      assert.equal(id, toHex(sha256(bytes)));
      assert.deepEqual(openManifest(key, inside(bytes)), manifest);
      const { references } = readReferences(inside(bytes));
      assert.deepEqual(references, manifest.kind === 'inline' ? [] : manifest.references);
    }),
  );
});

test('a full leaf and a full index stay below the size of a chunk', () => {
  const leaf = leafOf(manifestReferencesMax);
  const index: Manifest = {
    kind: 'index',
    references: leaf.references,
    sizes: leaf.references.map(() => Number.MAX_SAFE_INTEGER),
    cutter,
  };
  for (const manifest of [leaf, index]) {
    const { bytes } = sealManifest(key, manifest);
    assert(bytes.length < chunkBytesMax, `${bytes.length} bytes`);
    assert.deepEqual(openManifest(key, bytes), manifest);
  }
  assert.throws(() => sealManifest(key, leafOf(manifestReferencesMax + 1)), { code: 'too-large' });
});

test('small content lives inside, up to its limit', () => {
  const content = ramp(inlineBytesMax, 0);
  assert.deepEqual(openManifest(key, sealManifest(key, { kind: 'inline', content }).bytes), {
    kind: 'inline',
    content,
  });
  const larger = ramp(inlineBytesMax + 1, 0);
  assert.throws(() => sealManifest(key, { kind: 'inline', content: larger }), { code: 'too-large' });
});

test('neither content nor keys can be read without the entry key', () => {
  const leaf = leafOf(2);
  const { bytes } = sealManifest(key, leaf);
  assert.throws(() => openManifest(newKey(), bytes), { code: 'forbidden' });
  for (const slot of leaf.slots) {
    // The test's chunk keys equal its chunk ids, so look for a key together with its plain size.
    assert.equal(toHex(bytes).includes(`${toHex(slot.key)}00100000`), false);
  }
  const content = new TextEncoder().encode('a secret in a small file');
  const small = sealManifest(key, { kind: 'inline', content }).bytes;
  assert.equal(toHex(small).includes(toHex(content)), false);
});

test('turning over any bit of any byte is refused', () => {
  const { bytes } = sealManifest(key, leafOf(2));
  for (let index = 0; index < bytes.length; index++) {
    assert.throws(
      () => openManifest(key, spoiled(bytes, index)),
      (error) => isPeerstorError(error) && /^(chunk-corrupt|forbidden|unsupported-format)$/.test(error.code),
    );
  }
});

test('references, kind and cutter cannot be exchanged for others', () => {
  const mine = fieldsOf(sealManifest(key, leafOf(2)).bytes);
  const other = fieldsOf(
    sealManifest(key, { ...leafOf(2), references: leafOf(4).references.slice(2), cutter }).bytes,
  );
  assert.deepEqual(openManifest(key, rebuilt(mine)), leafOf(2));
  const exchanged = [
    { ...mine, references: other.references },
    { ...mine, sealed: other.sealed },
    { ...mine, kind: 'index' },
    { ...mine, cutter: 'fastcdc/2' },
  ];
  for (const fields of exchanged) {
    assert.throws(() => openManifest(key, rebuilt(fields)), { code: 'chunk-corrupt' });
  }
});

test('malformed bytes are bad-record without a key and chunk-corrupt with one', () => {
  const good = fieldsOf(sealManifest(key, leafOf(1)).bytes);
  const packed = good.references;
  assert(packed instanceof Uint8Array);
  const zeroSize = new Uint8Array(packed).fill(0, 32);
  const hugeSize = new Uint8Array(packed).fill(0xff, 32);
  const malformed = [
    new Uint8Array(0),
    Uint8Array.of(2),
    Uint8Array.of(2, 0xa0),
    Uint8Array.of(2, 0x81, 0),
    new Uint8Array(sealedChunkBytesMax + 1).fill(2),
    rebuilt({ ...good, more: 1 }),
    rebuilt({ ...good, kind: 'other' }),
    rebuilt({ ...good, kind: 'inline' }),
    rebuilt({ ...good, cutter: 7 }),
    rebuilt({ ...good, cutter: 'x'.repeat(65) }),
    rebuilt({ ...good, sealed: 'text' }),
    rebuilt({ ...good, references: 'text' }),
    rebuilt({ ...good, references: new Uint8Array(0) }),
    rebuilt({ ...good, references: packed.subarray(1) }),
    rebuilt({ ...good, references: zeroSize }),
    rebuilt({ ...good, references: hugeSize }),
    rebuilt({ ...good, references: packReferences(leafOf(manifestReferencesMax + 1).references) }),
    rebuilt({ ...good, sealed: new Uint8Array(sealedChunkBytesMax) }),
    Uint8Array.from([...rebuilt(good), 0]),
  ];
  for (const bytes of malformed) {
    assert.throws(() => readReferences(bytes), { code: 'bad-record' });
    assert.throws(() => openManifest(key, bytes), { code: 'chunk-corrupt' });
  }
});

test('a sealed part of the wrong shape is refused', () => {
  const leaf = leafOf(2);
  const outer = fieldsOf(sealManifest(key, leaf).bytes);
  assert(outer.references instanceof Uint8Array);
  const bound = { kind: 'leaf', cutter, references: sha256(outer.references) };
  const inner = [
    7,
    bound,
    { ...bound, slots: 1 },
    { ...bound, slots: packSlots(leaf.slots.slice(1)) },
    { ...bound, slots: packSlots([...leaf.slots, ...leaf.slots]) },
    { ...bound, slots: ramp(72, 0) },
    { ...bound, kind: 'index', slots: packSlots(leaf.slots) },
  ];
  for (const wrong of inner) {
    const bytes = rebuilt({ ...outer, sealed: seal(key, 'manifest/1', encode(wrong)) });
    assert.throws(() => openManifest(key, bytes), { code: 'chunk-corrupt' });
  }
});

test('a later format is named as one, not called damaged', () => {
  const { bytes } = sealManifest(key, leafOf(1));
  const later = new Uint8Array(bytes);
  later[0] = 9;
  assert.throws(() => readReferences(later), { code: 'unsupported-format' });
  assert.throws(() => openManifest(key, later), { code: 'unsupported-format' });
});

test('any bytes at all give a PeerstorError or a manifest', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => {
      for (const read of [readReferences, (bytes: Uint8Array) => openManifest(key, bytes)]) {
        assert.throws(
          () => read(Uint8Array.from([2, ...tail])),
          (error) => isPeerstorError(error),
        );
      }
    }),
    { numRuns: 300 },
  );
});

test('a manifest that contradicts itself is our own mistake', () => {
  const leaf = leafOf(2);
  const wrong: Manifest[] = [
    { ...leaf, slots: leaf.slots.slice(1) },
    { ...leaf, references: [], slots: [] },
    { ...leaf, slots: leaf.slots.map(({ size }) => ({ key: new Uint8Array(31), size })) },
    { kind: 'index', references: leaf.references, sizes: [1], cutter },
  ];
  for (const manifest of wrong) assert.throws(() => sealManifest(key, manifest), /broken invariant/);
});
