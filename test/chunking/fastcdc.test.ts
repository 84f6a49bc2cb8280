import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findCut, gearTable } from '../../src/chunking/index.ts';
import { chunkBytesAverage, chunkBytesMax, chunkBytesMin } from '../../src/model/limits.ts';
import { randomContent } from './random-content.ts';

const MiB = 1024 * 1024;
const gear = gearTable(randomContent(1024, 1));

/** The definition, byte by byte and without state: what findCut must agree with. */
function plainCut(content: Uint8Array, start: number): number {
  const bytes = content.subarray(start, start + chunkBytesMax);
  for (let length = chunkBytesMin; length <= bytes.length; length += 1) {
    let hash = 0;
    for (const byte of bytes.subarray(length - 32, length)) hash = (hash * 2 + (gear[byte] ?? 0)) | 0;
    if (hash >>> (length <= 400 * 1024 ? 11 : 15) === 0) return length;
  }
  return bytes.length;
}

/** Lengths of all chunks; `pieces` says how many bytes more are there at each look. */
function cutAll(content: Uint8Array, pieces: () => number = () => chunkBytesMax): number[] {
  const lengths: number[] = [];
  for (let start = 0; start < content.length; ) {
    const rest = content.subarray(start);
    let cut = 0;
    for (let from = 0; cut === 0 && from < rest.length; ) {
      const to = Math.min(rest.length, from + pieces());
      cut = findCut(gear, rest, from, to);
      from = to;
    }
    lengths.push(cut === 0 ? rest.length : cut);
    start += lengths.at(-1) ?? 0;
  }
  return lengths;
}

test('chunks together are the content, and each keeps the bounds except the last', () => {
  for (const length of [0, 1, chunkBytesMin, chunkBytesMin + 1, chunkBytesMax, 9 * MiB + 13]) {
    const lengths = cutAll(randomContent(length, length));
    assert.equal(
      lengths.reduce((sum, each) => sum + each, 0),
      length,
    );
    for (const each of lengths.slice(0, -1)) assert.ok(each >= chunkBytesMin && each <= chunkBytesMax);
    assert.ok((lengths.at(-1) ?? 0) <= chunkBytesMax);
  }
});

test('the fast cutter cuts where the definition says, wherever the bytes lie in memory', () => {
  const content = randomContent(4 * MiB, 7);
  let start = 0;
  for (let shift = 0; start < content.length; shift += 1) {
    const moved = new Uint8Array(content.length - start + (shift % 5)).subarray(shift % 5);
    moved.set(content.subarray(start));
    const expected = plainCut(content, start);
    assert.equal(findCut(gear, moved, 0, moved.length) || moved.length, expected);
    start += expected;
  }
});

test('the same bytes are cut in the same places, in whatever pieces they come', () => {
  const content = randomContent(3 * MiB, 3);
  const expected = cutAll(content);
  assert.ok(expected.length > 3);
  fc.assert(
    fc.property(fc.infiniteStream(fc.integer({ min: 1, max: 90_000 })), (sizes) => {
      assert.deepEqual(
        cutAll(content, () => sizes.next().value ?? 1),
        expected,
      );
    }),
    { numRuns: 15 },
  );
});

test('one byte more in 8 MiB changes at most 3 chunks', () => {
  const content = randomContent(8 * MiB, 5);
  const chunksOf = (bytes: Uint8Array) => {
    let start = 0;
    return cutAll(bytes).map((length) => {
      start += length;
      return Buffer.from(bytes.subarray(start - length, start)).toString('latin1');
    });
  };
  const before = new Set(chunksOf(content));
  for (let place = 0; place < 8; place += 1) {
    const at = place * MiB + place * 1000;
    const longer = new Uint8Array(content.length + 1);
    longer.set(content.subarray(0, at));
    longer[at] = 0x55;
    longer.set(content.subarray(at), at + 1);
    const changed = chunksOf(longer).filter((chunk) => !before.has(chunk));
    assert.ok(changed.length >= 1 && changed.length <= 3, `${changed.length} chunks changed at ${at}`);
  }
});

test('chunks of random bytes have the average that was promised', () => {
  const content = randomContent(32 * MiB, 9);
  const mean = content.length / cutAll(content).length;
  assert.ok(Math.abs(mean - chunkBytesAverage) < 0.15 * chunkBytesAverage, `mean ${mean}`);
});

test('without any cut in it, content is cut at the maximum', () => {
  const lengths = cutAll(new Uint8Array(3 * MiB));
  assert.deepEqual(lengths, [MiB, MiB, MiB]);
});

test('another gear table cuts elsewhere', () => {
  const content = randomContent(chunkBytesMax, 11);
  const other = gearTable(randomContent(1024, 2));
  assert.notEqual(findCut(other, content, 0, content.length), findCut(gear, content, 0, content.length));
  assert.throws(() => gearTable(new Uint8Array(1023)), /1024 bytes/);
});
