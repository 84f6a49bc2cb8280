import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { cutterId, findCut, gearTable } from '../../src/chunking/index.ts';
import { chunkBytesAverage, chunkBytesMax, chunkBytesMin } from '../../src/model/limits.ts';
import { randomContent } from './random-content.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const gear = gearTable(randomContent(1024, 1));

/** The definition, byte by byte from the middle of the window on: what findCut must agree with. */
function plainCut(content: Uint8Array, start: number): number {
  const bytes = content.subarray(start, start + chunkBytesMax);
  let hash = 0;
  for (let length = chunkBytesMin - 31; length <= bytes.length; length += 1) {
    hash = (hash * 2 + (gear[bytes[length - 1] ?? 0] ?? 0)) | 0;
    if (length >= chunkBytesMin && hash >>> (length <= 400 * KiB ? 11 : 15) === 0) return length;
  }
  return bytes.length;
}

/** 32 bytes whose hash has at least `zeros` and fewer than `below` high bits zero. */
function windowWith(zeros: number, below: number): Uint8Array {
  const window = randomContent(32, 77);
  const view = new DataView(window.buffer);
  const hashOn = (hash: number, byte: number) => (hash * 2 + (gear[byte] ?? 0)) | 0;
  const before = window.subarray(0, 28).reduce(hashOn, 0);
  for (let tries = 0; ; tries += 1) {
    view.setUint32(28, tries);
    let hash = before;
    for (let at = 28; at < 32; at += 1) hash = hashOn(hash, window[at] ?? 0);
    const found = Math.clz32(hash);
    if (found >= zeros && found < below) return window;
  }
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

test('a window that cuts does so from the minimum on, a weaker one from 400 KiB on', () => {
  const strict = windowWith(21, 33);
  const loose = windowWith(17, 21);
  const none = windowWith(0, 17);
  const cutWith = (window: Uint8Array, end: number, from = 0) => {
    const content = new Uint8Array(chunkBytesMax);
    content.set(window, end - window.length);
    return findCut(gear, content, from, content.length);
  };
  for (let end = chunkBytesMin - 3; end < chunkBytesMin + 6; end += 1) {
    const expected = end < chunkBytesMin ? chunkBytesMax : end;
    assert.equal(cutWith(strict, end), expected);
    for (let from = end - 9; from < end; from += 1) assert.equal(cutWith(strict, end, from), expected);
    assert.equal(cutWith(loose, end), chunkBytesMax);
  }
  for (let end = 400 * KiB - 5; end < 400 * KiB + 5; end += 1) {
    assert.equal(cutWith(strict, end), end);
    assert.equal(cutWith(loose, end), end <= 400 * KiB ? chunkBytesMax : end);
    assert.equal(cutWith(none, end), chunkBytesMax);
  }
  const content = new Uint8Array(chunkBytesMax);
  assert.equal(findCut(gear, content, 0, chunkBytesMax - 1), 0);
  assert.equal(findCut(gear, content, chunkBytesMax - 1, chunkBytesMax), chunkBytesMax);
});

test('the fast cutter cuts where the definition says, wherever the bytes lie in memory', () => {
  const content = randomContent(16 * MiB, 7);
  let start = 0;
  for (let shift = 0; start < content.length; shift += 1) {
    const here = content.subarray(start, start + chunkBytesMax);
    const moved = new Uint8Array(here.length + (shift % 5)).subarray(shift % 5);
    moved.set(here);
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

test('chunks of random bytes have the average that was promised, and always the same lengths', () => {
  const content = randomContent(32 * MiB, 9);
  const lengths = cutAll(content);
  const mean = content.length / lengths.length;
  assert.ok(Math.abs(mean - chunkBytesAverage) < 0.15 * chunkBytesAverage, `mean ${mean}`);
  // Other lengths are another cutter: it would need another id, and store everything again.
  assert.equal(cutterId, 'fastcdc/1');
  const digest = createHash('sha256').update(lengths.join()).digest('hex');
  assert.equal(digest, '6af6372701171fc34c80c1a9067bf0df5a896d7a8d879062261ce9dbfb7244bf');
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
