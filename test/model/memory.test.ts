import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseMemory } from '../../src/model/memory.ts';

test('a large buffer is given back, whatever kind of view it is', () => {
  for (const bytes of [new Uint8Array(100_000), Buffer.allocUnsafeSlow(100_000)]) {
    releaseMemory(bytes);
    assert.equal(bytes.length, 0);
    assert.equal(bytes.buffer.byteLength, 0);
    releaseMemory(bytes);
  }
});

test('a buffer that was read with one byte to spare is given back', () => {
  const whole = new Uint8Array(100_000);
  const bytes = whole.subarray(0, 99_999);
  releaseMemory(bytes);
  assert.equal(whole.byteLength, 0);
});

test('small buffers, parts of larger ones and shared memory are left alone', () => {
  const whole = new Uint8Array(100_000);
  const kept = [new Uint8Array(100), whole.subarray(2), new Uint8Array(new SharedArrayBuffer(100_000))];
  for (const bytes of kept) {
    const { length } = bytes;
    releaseMemory(bytes);
    assert.equal(bytes.length, length);
  }
  assert.equal(whole.length, 100_000);
});
