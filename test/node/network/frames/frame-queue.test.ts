import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPeerstorError } from '../../../../src/model/errors.ts';
import { FrameQueue } from '../../../../src/node/network/frames/frame-queue.ts';
import { largeRequestBytes } from '../../../../src/node/network/frames/message.ts';

const large = new Uint8Array(largeRequestBytes + 1);

describe('frame queue', () => {
  it('the frame queue sends small frames before large ones that wait, but lets a large one in between', async () => {
    const { queue, sent, letOne } = slowStream();
    queue.push([Uint8Array.of(0)]);
    queue.push([large]);
    queue.push([large]);
    for (let number = 0; number < 40; number += 1) queue.push([Uint8Array.of(number)]);
    for (let count = 0; count < 43; count += 1) await letOne();
    const largeAt = sent.flatMap((size, index) => (size > 1 ? [index] : []));
    assert.deepEqual(largeAt, [16, 33]);
    assert.equal(sent.length, 43);
  });

  it('the frame queue keeps ordered frames in order, whatever their size', async () => {
    const { queue, sent, letOne } = slowStream();
    queue.push([Uint8Array.of(0)]);
    queue.push([large], { inOrder: true });
    queue.push([Uint8Array.of(1)]);
    for (let count = 0; count < 3; count += 1) await letOne();
    assert.deepEqual(sent, [1, large.length, 1]);
  });

  it('the frame queue withdraws a frame that was not sent yet', async () => {
    const { queue, sent, letOne } = slowStream();
    const first = queue.push([Uint8Array.of(1)]);
    const second = queue.push([Uint8Array.of(2)]);
    assert.equal(first.withdraw(), false);
    assert.equal(second.withdraw(), true);
    assert.equal(second.withdraw(), false);
    await second.sent;
    await letOne();
    await first.sent;
    assert.equal(sent.length, 1);
    assert.equal(queue.bytes, 0);
  });

  it('the frame queue fails rather than grow without bound', () => {
    const { queue, failures } = slowStream();
    for (let count = 0; count < 49 && failures.length === 0; count += 1) {
      queue.push([new Uint8Array(1024 * 1024)]);
    }
    assert.equal(failures.length, 1);
    assert.ok(isPeerstorError(failures[0], 'peer-unreachable'));
    assert.equal(queue.bytes, 0);
  });

  it('the frame queue reports a failed stream once, and releases every waiting sender', async () => {
    const failures: Error[] = [];
    const stream = { write: () => Promise.reject(new Error('gone')) };
    const queue = new FrameQueue(stream, (error) => failures.push(error));
    await Promise.all([queue.push([Uint8Array.of(1)]).sent, queue.push([Uint8Array.of(2)]).sent]);
    await queue.push([Uint8Array.of(3)]).sent;
    assert.deepEqual(
      failures.map(({ message }) => message),
      ['gone'],
    );
  });
});

/** A stream that takes one frame each time it is let. */
function slowStream() {
  const sent: number[] = [];
  const failures: Error[] = [];
  let release: (() => void) | undefined;
  const stream = {
    write(parts: readonly Uint8Array[]) {
      return new Promise<void>((resolve) => {
        release = () => {
          sent.push(parts.reduce((sum, part) => sum + part.length, 0));
          resolve();
        };
      });
    },
  };
  const queue = new FrameQueue(stream, (error) => failures.push(error));
  const letOne = async () => {
    release?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { queue, sent, failures, letOne };
}
