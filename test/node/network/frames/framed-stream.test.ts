import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Stream } from '@libp2p/interface';
import fc from 'fast-check';
import { systemClock } from '../../../../src/model/clock.ts';
import { isPeerstorError } from '../../../../src/model/errors.ts';
import { frameBytesMax } from '../../../../src/model/limits.ts';
import { FramedStream } from '../../../../src/node/network/frames/framed-stream.ts';
import { streamPair } from '../stream-pair.ts';

const MiB = 1024 * 1024;

interface End {
  stream: Stream;
  framed: FramedStream;
}

function framedPair(stallMs = 10_000) {
  return streamPair<End>((stream) => ({
    stream,
    framed: new FramedStream(stream, { clock: systemClock, stallMs }),
  }));
}

describe('framed stream', () => {
  it('the framed stream carries frames of any size whole and in order, both ways at once', async () => {
    const { dialled, accepted, end } = await framedPair();
    const sizes = fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, sizes, async (there, back) => {
        await Promise.all([
          send(dialled.framed, there),
          receive(accepted.framed, there),
          send(accepted.framed, back),
          receive(dialled.framed, back),
        ]);
      }),
      { numRuns: 15 },
    );
    await end();
  });

  it('the framed stream carries the largest frame and refuses a larger one', async () => {
    const { dialled, accepted, end } = await framedPair();
    const largest = new Uint8Array(frameBytesMax).fill(3);
    const [frame] = await Promise.all([accepted.framed.read(), dialled.framed.write([largest])]);
    assert.equal(frame?.byteLength, frameBytesMax);
    await assert.rejects(dialled.framed.write([largest, new Uint8Array(1)]), code('frame-too-large'));
    await assert.rejects(dialled.framed.write([]), code('frame-too-large'));
    await end();
  });

  it('the framed stream refuses a peer that announces a larger frame', async () => {
    const { dialled, accepted, end } = await framedPair();
    dialled.stream.send(Uint8Array.from([0x7f, 0xff, 0xff, 0xff]));
    await assert.rejects(accepted.framed.read(), code('frame-too-large'));
    await end();
  });

  it('a framed stream ends only when the other side sends the END frame', async () => {
    const { dialled, accepted, end } = await framedPair();
    await dialled.framed.write([new Uint8Array([1, 2])]);
    const ended = dialled.framed.end();
    assert.deepEqual(await accepted.framed.read(), new Uint8Array([1, 2]));
    assert.equal(await accepted.framed.read(), undefined);
    assert.equal(await accepted.framed.read(), undefined);
    await accepted.framed.end();
    await ended;
    await end();
  });

  it('a framed stream that ends without the END frame fails, also in the middle of a frame', async () => {
    for (const bytes of [[], [0, 0], [0, 0, 0, 9, 1, 2]]) {
      const { dialled, accepted, end } = await framedPair();
      const read = accepted.framed.read();
      const failed = assert.rejects(read, code('peer-unreachable'));
      if (bytes.length > 0) dialled.stream.send(Uint8Array.from(bytes));
      await dialled.stream.close();
      await failed;
      await end();
    }
  });

  it('the framed stream fails a read and a write with an Error when the connection is cut', async () => {
    const { dialled, accepted, cut, end } = await framedPair();
    const closed = Promise.withResolvers<Error>();
    accepted.framed.onClosed(closed.resolve);
    const writes = async () => {
      for (;;) await dialled.framed.write([new Uint8Array(MiB)]);
    };
    const reads = async () => {
      for (;;) await accepted.framed.read();
    };
    const failed = [writes(), reads()].map((work) => assert.rejects(work, code('peer-unreachable')));
    setTimeout(cut, 50);
    await Promise.all(failed);
    assert.ok((await closed.promise) instanceof Error);
    await end();
  });

  it('the framed stream limits how long a frame may take to begin, and to go on', async () => {
    const quiet = await framedPair();
    await assert.rejects(quiet.accepted.framed.read({ timeoutMs: 30 }), code('peer-timeout'));
    await quiet.end();
    const halting = await framedPair(30);
    halting.dialled.stream.send(Uint8Array.from([0, 0, 0, 9, 1, 2]));
    await assert.rejects(halting.accepted.framed.read(), code('peer-timeout'));
    await halting.end();
  });

  it('the framed stream limits how long a reader may read nothing', async () => {
    const { dialled, end } = await framedPair(80);
    const writes = async () => {
      for (let sent = 0; sent < 8; sent += 1) await dialled.framed.write([new Uint8Array(MiB)]);
    };
    await assert.rejects(writes(), code('peer-timeout'));
    await end();
  });

  it('the framed stream stops the sender while the reader is slow, and loses nothing', async () => {
    const { dialled, accepted, end } = await framedPair();
    const frames = 48;
    const body = new Uint8Array(512 * 1024).map((_, index) => index * 7);
    let written = 0;
    const writer = (async () => {
      for (let sent = 0; sent < frames; sent += 1) {
        await dialled.framed.write([Uint8Array.of(sent), body]);
        written += 1;
      }
      await dialled.framed.end();
    })();
    const hash = hashOf(body);
    let most = 0;
    let ahead = 0;
    for (let expected = 0; expected < frames; expected += 1) {
      if (expected % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 40));
      most = Math.max(most, accepted.framed.unreadBytes);
      ahead = Math.max(ahead, written - expected);
      const frame = await accepted.framed.read();
      assert.equal(frame?.[0], expected);
      assert.equal(hashOf(frame.subarray(1)), hash);
    }
    assert.equal(await accepted.framed.read(), undefined);
    await Promise.all([writer, accepted.framed.end()]);
    // What one frame needs, one yamux window, and what was under way when the pause came.
    assert.ok(most < 4 * MiB, `${most} bytes lay unread`);
    assert.ok(ahead < 16, `the writer was ${ahead} frames ahead`);
    await end();
  });
});

async function send(framed: FramedStream, sizes: readonly number[]): Promise<void> {
  for (const size of sizes) {
    const half = size >> 1;
    await framed.write([new Uint8Array(half).fill(size), new Uint8Array(size - half).fill(size + 1)]);
  }
}

async function receive(framed: FramedStream, sizes: readonly number[]): Promise<void> {
  for (const size of sizes) {
    const frame = await framed.read();
    assert.equal(frame?.byteLength, size);
    assert.equal(frame[frame.byteLength - 1], (size + 1) & 0xff);
    if (size > 1) assert.equal(frame[0], size & 0xff);
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function code(expected: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isPeerstorError(error), String(error));
    assert.equal(error.code, expected);
    return true;
  };
}
