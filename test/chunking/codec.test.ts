import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { compressInPlace, decode, looksCompressible, rawCodec, zstdCodec } from '../../src/chunking/index.ts';
import { chunkBytesMax } from '../../src/model/limits.ts';
import { randomContent, textContent } from './random-content.ts';

const corrupt = { code: 'chunk-corrupt' };

function payload(codec: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + data.length);
  bytes[0] = codec;
  bytes.set(data, 1);
  return bytes;
}

/** The zstd form as a chunk would carry it, or 'raw'; `content` is left alone. */
async function compress(content: Uint8Array): Promise<Uint8Array | 'raw'> {
  if (!looksCompressible(content)) return 'raw';
  const bytes = content.slice();
  const length = await compressInPlace(bytes);
  if (length === 0) assert.ok(same(bytes, content), 'content that stays raw is not touched');
  return length === 0 ? 'raw' : bytes.subarray(0, length);
}

/** Compared so, because a difference of a million bytes takes minutes to be printed. */
function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

test('text is compressed and unpacks to itself', async () => {
  for (const length of [200, 5000, 300_000, chunkBytesMax]) {
    const content = textContent(length, 1);
    const data = await compress(content);
    assert.ok(data !== 'raw' && data.length < 0.95 * length, `${length} bytes of text get shorter`);
    assert.ok(same(await decode(payload(zstdCodec, data)), content));
  }
});

test('random bytes stay raw, in every length', async () => {
  for (const length of [1, 2, 100, 4097, 16_384, 16_385, 300_000, chunkBytesMax]) {
    const content = randomContent(length, length);
    assert.ok((await compress(content)) === 'raw', `${length} random bytes`);
    assert.ok(same(await decode(payload(rawCodec, content)), content));
  }
});

test('random bytes of a chunk are not even given to zstd', () => {
  for (const length of [4097, 300_000, chunkBytesMax]) {
    assert.ok(!looksCompressible(randomContent(length, length)));
  }
});

test('what zstd would shorten by less than 5 % stays raw', async () => {
  const content = randomContent(400_000, 3);
  const zeros = (length: number) => content.slice().fill(0, 0, length);
  // The probe looks at the beginning, so zstd itself is asked.
  for (const length of [1024, 18_000]) {
    assert.ok(looksCompressible(zeros(length)));
    assert.ok((await compress(zeros(length))) === 'raw');
  }
  assert.ok((await compress(zeros(22_000))) !== 'raw');
});

test('the same bytes are always written the same way', async () => {
  const content = textContent(500_000, 4);
  const [once, again] = [await compress(content), await compress(content.slice())];
  assert.ok(once !== 'raw' && again !== 'raw' && same(once, again));
});

test('zstd that unpacks to more than a chunk is refused', async () => {
  const bomb = zstdCompressSync(new Uint8Array(64 * 1024 * 1024));
  assert.ok(bomb.length < 10_000);
  await assert.rejects(decode(payload(zstdCodec, bomb)), corrupt);
  const full = zstdCompressSync(new Uint8Array(chunkBytesMax));
  assert.equal((await decode(payload(zstdCodec, full))).length, chunkBytesMax);
  await assert.rejects(decode(payload(zstdCodec, full), chunkBytesMax - 1), corrupt);
  await assert.rejects(decode(payload(rawCodec, new Uint8Array(chunkBytesMax + 1))), corrupt);
});

test('broken and unknown payloads are refused', async () => {
  const data = zstdCompressSync(textContent(5000, 5));
  await assert.rejects(decode(new Uint8Array(0)), corrupt);
  await assert.rejects(decode(payload(zstdCodec, new Uint8Array([1, 2, 3]))), corrupt);
  await assert.rejects(decode(payload(zstdCodec, data.subarray(0, data.length - 5))), corrupt);
  await assert.rejects(decode(payload(7, data)), { code: 'unsupported-format' });
});
