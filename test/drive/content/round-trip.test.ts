import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { openManifest } from '../../../src/crypto/index.ts';
import { contentKeys } from '../../../src/drive/content/content-keys.ts';
import { chunkBytesMax, chunkBytesMin } from '../../../src/model/limits.ts';
import { randomContent, textContent } from '../../chunking/random-content.ts';
import { entryKey, inPieces, keys, MemoryChunkNetwork, readAll, write } from './world.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const boundaries = [0, 1, 4095, 4096, 4097, 256 * KiB - 1, 256 * KiB, 256 * KiB + 1, MiB - 1, MiB, MiB + 1];
const sizes = [...boundaries, 3 * MiB + 77, 6 * MiB];

for (const [kind, make] of [
  ['random', randomContent],
  ['text', textContent],
] as const) {
  test(`${kind} content of every size comes back as it was`, async () => {
    for (const size of sizes) {
      const network = new MemoryChunkNetwork();
      const content = make(size, size + 1);
      const written = await write(content, network);
      assert.equal(written.size, size);
      assert.ok((await readAll(network, written)).equals(content), `${size} bytes`);
      const stored = [...network.chunks.values()].reduce((sum, { length }) => sum + length, 0);
      assert.equal(written.sealedBytes, stored);
      assert.equal(written.references, network.chunks.size - network.manifests);
      if (kind === 'text' && size > 256 * KiB) assert.ok(stored < size / 2, 'text is stored compressed');
    }
  });
}

test('up to 4 KiB there is no chunk, up to 256 KiB one, beyond that several within the bounds', async () => {
  const chunksOf = async (size: number) => {
    const network = new MemoryChunkNetwork();
    const { manifest } = await write(randomContent(size, 1), network);
    const opened = openManifest(entryKey, network.chunks.get(manifest) ?? new Uint8Array(0));
    return opened.kind === 'leaf' ? opened.slots.map((slot) => slot.size) : opened.kind;
  };
  assert.equal(await chunksOf(0), 'inline');
  assert.equal(await chunksOf(4096), 'inline');
  assert.deepEqual(await chunksOf(4097), [4097]);
  assert.deepEqual(await chunksOf(256 * KiB), [256 * KiB]);
  const many = await chunksOf(8 * MiB);
  assert.ok(Array.isArray(many) && many.length > 8);
  for (const size of many.slice(0, -1)) assert.ok(size >= chunkBytesMin && size <= chunkBytesMax);
});

test('any content in any pieces comes back, also in any range', async () => {
  const content = randomContent(2_500_000, 4);
  const network = new MemoryChunkNetwork();
  const whole = await write(content, network);
  const place = fc.oneof(
    fc.integer({ min: 0, max: content.length }),
    fc.constantFrom(0, 1, content.length - 1, content.length),
  );
  await fc.assert(
    fc.asyncProperty(place, place, async (one, other) => {
      const [start, end] = one < other ? [one, other] : [other, one];
      const found = await readAll(network, whole, { start, end });
      assert.ok(found.equals(content.subarray(start, end)), `${start} to ${end}`);
    }),
    { numRuns: 60 },
  );
  for (const pieceBytes of [1000, 16_384, 700_001, 3_000_000]) {
    const again = await write(inPieces(content, pieceBytes), new MemoryChunkNetwork());
    assert.deepEqual(again.contentDigest, whole.contentDigest, `pieces of ${pieceBytes}`);
  }
  // Zeros are cut at the maximum, wherever that lies within a piece.
  const zeros = new Uint8Array(2_500_000);
  const odd = new MemoryChunkNetwork();
  const cutInPieces = await write(inPieces(zeros, 999), odd);
  assert.equal(cutInPieces.references, 3);
  assert.ok((await readAll(odd, cutInPieces)).equals(zeros));
});

test('a range in content that lives in the manifest', async () => {
  const network = new MemoryChunkNetwork();
  const content = randomContent(500, 1);
  const written = await write(content, network);
  for (const [start, end] of [
    [0, 500],
    [10, 20],
    [500, 500],
    [499, 500],
  ] as const) {
    assert.ok((await readAll(network, written, { start, end })).equals(content.subarray(start, end)));
  }
});

test('more references than one manifest holds make an index over several', async () => {
  for (const [chunks, kind] of [
    [4, 'leaf'],
    [5, 'index'],
    [8, 'index'],
    [11, 'index'],
  ] as const) {
    const network = new MemoryChunkNetwork();
    // Zeros are cut at the maximum, so the number of chunks is known.
    const content = new Uint8Array(chunks * MiB);
    for (let i = 0; i < chunks; i += 1) content[i * MiB] = i;
    const written = await write(content, network, { limits: { manifestReferencesMax: 4 } });
    assert.equal(openManifest(entryKey, network.chunks.get(written.manifest) ?? content).kind, kind);
    assert.equal(written.references, chunks);
    assert.equal(network.manifests, kind === 'leaf' ? 1 : Math.ceil(chunks / 4) + 1);
    assert.ok((await readAll(network, written)).equals(content));
    const range = { start: 3 * MiB + 5, end: chunks * MiB - 7 };
    assert.ok((await readAll(network, written, range)).equals(content.subarray(range.start, range.end)));
  }
});

test('content beyond an index of full leaves is refused', async () => {
  const content = new Uint8Array(5 * MiB);
  await assert.rejects(write(content, new MemoryChunkNetwork(), { limits: { manifestReferencesMax: 2 } }), {
    code: 'too-large',
  });
});

test('an edit stores only what is new, and a copy nothing but a manifest', async () => {
  const network = new MemoryChunkNetwork();
  const content = randomContent(8 * MiB, 6);
  await write(content, network);
  const before = network.chunks.size;
  await write(content, network);
  assert.equal(network.chunks.size, before + 1);
  const edited = content.slice();
  edited[5 * MiB] = (edited[5 * MiB] ?? 0) ^ 1;
  await write(edited, network);
  assert.ok(network.chunks.size <= before + 2 + 3);
});

test('the digest says whether two contents are equal, however their chunks were compressed', async () => {
  const digestOf = async (content: Uint8Array) =>
    (await write(content, new MemoryChunkNetwork())).contentDigest;
  for (const make of [randomContent, textContent]) {
    for (const size of [0, 100, 5000, 2 * MiB]) {
      const content = make(size, 8);
      assert.deepEqual(await digestOf(content), await digestOf(content.slice()));
      if (size === 0) continue;
      content[size >> 1] = (content[size >> 1] ?? 0) ^ 1;
      assert.notDeepEqual(await digestOf(content), await digestOf(make(size, 8)));
    }
  }
  // As FORMAT defines it, by hand: one chunk, compressed or not, counts as it is plain.
  const text = textContent(5000, 2);
  const plainHash = createHash('sha256').update(new Uint8Array(1)).update(text).digest();
  const expected = createHash('sha256').update('peerstor content/1\0').update(plainHash).digest();
  assert.ok(expected.equals(await digestOf(text)));
});

test('another user cuts elsewhere and shares no chunk', async () => {
  const network = new MemoryChunkNetwork();
  const content = randomContent(4 * MiB, 3);
  const mine = await write(content, network);
  const before = network.chunks.size;
  const theirs = await write(content, network, { keys: contentKeys(new Uint8Array(32).fill(0x22)) });
  assert.equal(network.chunks.size, before + theirs.references + 1);
  assert.ok((await readAll(network, mine)).equals(content));
  assert.ok((await readAll(network, theirs)).equals(content));
});

test('two uploads at once do not write into each other', async () => {
  const network = new MemoryChunkNetwork();
  const contents = [1, 2, 3, 4].map((seed) => randomContent(3 * MiB + seed, seed));
  const all = await Promise.all(contents.map((content) => write(content, network, { keys })));
  for (const [index, written] of all.entries()) {
    assert.ok((await readAll(network, written)).equals(contents[index] ?? Buffer.alloc(0)));
  }
});
