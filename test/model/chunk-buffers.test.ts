import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkBuffers, chunkBufferBytes, chunkHeadroomBytes } from '../../src/model/chunk-buffers.ts';
import { sealedChunkBytesMax } from '../../src/model/limits.ts';

test('a buffer for a chunk is lent again when all who hold it gave it back', () => {
  const buffers = new ChunkBuffers();
  const first = buffers.take();
  assert.equal(first.length, sealedChunkBytesMax);
  assert.equal(first.byteOffset, chunkHeadroomBytes);
  const sealed = first.subarray(0, 100);
  assert.ok(buffers.share(sealed));
  buffers.give(sealed);
  assert.ok(buffers.isLent(sealed));
  assert.notEqual(buffers.take().buffer, first.buffer);
  buffers.give(first);
  assert.ok(!buffers.isLent(sealed));
  assert.equal(buffers.takeMessage(chunkBufferBytes).buffer, first.buffer);
});

test('a buffer is lent to one at a time, however often it is given back', () => {
  const buffers = new ChunkBuffers();
  const first = buffers.take();
  buffers.give(first);
  buffers.give(first);
  assert.notEqual(buffers.take().buffer, buffers.take().buffer);
});

test('bytes that no pool lent are neither shared nor taken in', () => {
  const buffers = new ChunkBuffers();
  const other = new Uint8Array(new SharedArrayBuffer(chunkBufferBytes));
  assert.ok(!buffers.share(other));
  buffers.give(other);
  assert.notEqual(buffers.take().buffer, other.buffer);
});
