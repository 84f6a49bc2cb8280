import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { bodyQueueBytesMax } from '../../../src/http/limits/http-limits.ts';
import { openBody } from '../../../src/http/requests/request-body.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const piece = Buffer.alloc(64 * 1024, 7);

function opened(options: { bytesMax?: number; lendsPieces?: boolean } = {}) {
  const request = new IncomingMessage(new Socket());
  const clock = new ManualClock();
  const body = openBody(request, { bytesMax: 1e9, ...options, stallMs: 60_000, clock });
  const pieces = body.content[Symbol.asyncIterator]();
  return { request, clock, body, pieces };
}

describe('the body of a request', () => {
  it('gives the very pieces that came, not copies', async () => {
    const { request, pieces } = opened();
    request.push(piece);
    const { value } = await pieces.next();
    assert.equal(value?.buffer, piece.buffer);
    request.push(null);
    assert.deepEqual(await pieces.next(), { value: undefined, done: true });
  });

  it('takes a lent piece back when the next one is asked for, and no other one', async () => {
    for (const lendsPieces of [true, false]) {
      const { request, pieces } = opened({ lendsPieces });
      request.push(Buffer.alloc(64 * 1024, 1));
      const { value } = await pieces.next();
      assert.equal(value?.length, 64 * 1024);
      request.push(null);
      await pieces.next();
      assert.equal(value?.length, lendsPieces ? 0 : 64 * 1024);
    }
  });

  it('does not read the socket before somebody wants it', async () => {
    const { request } = opened();
    request.push(piece);
    await turn();
    assert.equal(request.readableFlowing, null);
    assert.equal(request.readableLength, piece.length);
  });

  it('holds a bounded number of bytes when the reader is slow, and flows again after', async () => {
    const { request, pieces } = opened();
    let flowed = 0;
    request.on('data', (bytes: Buffer) => {
      flowed += bytes.length;
    });
    for (let n = 0; n < 100; n += 1) request.push(piece);
    await pieces.next();
    for (let n = 0; n < 20; n += 1) await turn();
    assert.ok(flowed <= bodyQueueBytesMax + piece.length, `${flowed} bytes left the socket`);
    for (let n = 1; n < 100; n += 1) await pieces.next();
    assert.equal(flowed, 100 * piece.length);
  });

  it('fails, and aborts its signal, when no byte comes for a while', async () => {
    const { clock, body, pieces } = opened();
    const next = pieces.next();
    await turn();
    clock.advance(59_999);
    assert.equal(body.signal.aborted, false);
    clock.advance(1);
    await assert.rejects(next, (error) => isPeerstorError(error, 'request-timeout'));
    assert.ok(isPeerstorError(body.signal.reason, 'request-timeout'));
  });

  it('does not count the time that the reader takes as a stall of the client', async () => {
    const { request, clock, body, pieces } = opened();
    request.push(piece);
    await pieces.next();
    clock.advance(600_000);
    assert.equal(body.failure, undefined);
  });

  it('fails as soon as more bytes came than are taken', async () => {
    const { request, body, pieces } = opened({ bytesMax: 100_000 });
    request.push(piece);
    await pieces.next();
    request.push(piece);
    await assert.rejects(pieces.next(), (error) => isPeerstorError(error, 'too-large'));
    assert.equal(body.failure?.code, 'too-large');
    assert.ok(request.isPaused());
  });

  it('fails when the connection goes, even while nobody reads', async () => {
    const { request, body, pieces } = opened();
    request.push(piece);
    await pieces.next();
    request.destroy();
    await turn();
    assert.ok(isPeerstorError(body.signal.reason, 'aborted'));
    await assert.rejects(pieces.next(), (error) => isPeerstorError(error, 'aborted'));
  });

  it('that came whole but was lost with the connection before it was read, is cut', async () => {
    const { request, body, pieces } = opened();
    for (let n = 0; n < 30; n += 1) request.push(piece);
    request.push(null);
    request.complete = true;
    await pieces.next();
    await turn();
    request.destroy();
    await turn();
    assert.equal(body.failure?.code, 'aborted');
  });

  it('left early lets go of the socket without closing it', async () => {
    const { request, pieces } = opened();
    request.push(piece);
    await pieces.next();
    await pieces.return?.();
    assert.equal(request.destroyed, false);
    assert.equal(request.listenerCount('data'), 0);
  });
});
