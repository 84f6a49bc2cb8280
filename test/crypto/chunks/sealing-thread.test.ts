import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { payloadAt, sealChunk } from '../../../src/crypto/chunks/chunk.ts';
import { SealingThread } from '../../../src/crypto/chunks/sealing-thread.ts';
import { sha256 } from '../../../src/crypto/hash.ts';
import { chunkBytesMax, sealedChunkBytesMax } from '../../../src/model/limits.ts';

const secret = new Uint8Array(32).fill(7);

/** A buffer as uploads have it, with the payload in its place, and a copy of the payload. */
function payloadOf(
  length: number,
  memory: 'shared' | 'own' = 'shared',
): { buffer: Uint8Array; copy: Uint8Array } {
  const buffer =
    memory === 'shared'
      ? new Uint8Array(new SharedArrayBuffer(sealedChunkBytesMax))
      : new Uint8Array(sealedChunkBytesMax);
  const copy = new Uint8Array(randomBytes(length));
  buffer.set(copy, payloadAt);
  return { buffer, copy };
}

describe('the sealing thread', () => {
  for (const memory of ['shared', 'own'] as const) {
    it(`makes the same chunk as anybody, in ${memory} memory, for small and large payloads, many at once`, async () => {
      const thread = new SealingThread();
      const sizes = [1, 1000, 64 * 1024 - 1, 64 * 1024, 300_000, chunkBytesMax + 1];
      await Promise.all(
        [...sizes, ...sizes].map(async (size) => {
          const { buffer, copy } = payloadOf(size, memory);
          assert.deepEqual(await thread.hash(buffer.subarray(payloadAt, payloadAt + size)), sha256(copy));
          const { size: sealedBytes, ...sealed } = await thread.seal(secret, buffer, size);
          const { bytes, ...expected } = await sealChunk(secret, copy);
          assert.deepEqual(sealed, expected);
          assert.equal(Buffer.compare(buffer.subarray(0, sealedBytes), bytes), 0);
        }),
      );
      await thread.stop();
    });
  }

  it('refuses what is no payload with the same codes', async () => {
    const thread = new SealingThread();
    await assert.rejects(thread.seal(secret, new Uint8Array(10), 0), { code: 'bad-input' });
    const large = new Uint8Array(chunkBytesMax + 2);
    await assert.rejects(thread.seal(secret, large, large.length), { code: 'too-large' });
    await thread.stop();
  });

  it('is started again after it ended', async () => {
    const thread = new SealingThread();
    for (let round = 0; round < 2; round += 1) {
      const { buffer, copy } = payloadOf(100_000);
      const { id } = await thread.seal(secret, buffer, 100_000);
      assert.equal(id, (await sealChunk(secret, copy)).id);
      await thread.stop();
    }
  });
});
