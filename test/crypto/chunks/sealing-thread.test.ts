import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { sealChunk } from '../../../src/crypto/chunks/chunk.ts';
import { SealingThread } from '../../../src/crypto/chunks/sealing-thread.ts';
import { chunkBytesMax } from '../../../src/model/limits.ts';

const secret = new Uint8Array(32).fill(7);

function payloadOf(length: number): { buffer: Uint8Array; copy: Uint8Array } {
  const buffer = new Uint8Array(chunkBytesMax + 1);
  buffer.set(randomBytes(length));
  return { buffer, copy: buffer.slice(0, length) };
}

describe('the sealing thread', () => {
  it('makes the same chunk as the thread that asks, for small and large payloads, many at once', async () => {
    const thread = new SealingThread();
    const sizes = [1, 1000, 64 * 1024 - 1, 64 * 1024, 300_000, chunkBytesMax + 1];
    await Promise.all(
      [...sizes, ...sizes].map(async (size) => {
        const { buffer, copy } = payloadOf(size);
        const { sealed, buffer: back } = await thread.seal(secret, buffer, size);
        assert.deepEqual(sealed, await sealChunk(secret, copy));
        assert.deepEqual(back.subarray(0, size), copy, 'the buffer comes back as it was');
        assert.equal(back.length, chunkBytesMax + 1);
      }),
    );
    await thread.stop();
  });

  it('takes the buffer away while it works on it, so that nobody can change the payload meanwhile', async () => {
    const thread = new SealingThread();
    const { buffer } = payloadOf(100_000);
    const sealing = thread.seal(secret, buffer, 100_000);
    assert.equal(buffer.length, 0);
    await sealing;
    await thread.stop();
  });

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
      const { sealed } = await thread.seal(secret, buffer, 100_000);
      assert.equal(sealed.id, (await sealChunk(secret, copy)).id);
      await thread.stop();
    }
  });
});
