/** The messages themselves: a channel on one end, a hand that writes frames on the other. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../../../src/model/clock.ts';
import type { Handler } from '../../../../src/model/contracts/transport.ts';
import { isPeerstorError } from '../../../../src/model/errors.ts';
import { deviceId } from '../../../../src/model/ids.ts';
import { silentLog } from '../../../../src/model/log.ts';
import { CreditPool } from '../../../../src/node/network/frames/credits.ts';
import type { FrameStream } from '../../../../src/node/network/frames/frame-stream.ts';
import { FramedStream } from '../../../../src/node/network/frames/framed-stream.ts';
import { type Message, messageParts, readMessage } from '../../../../src/node/network/frames/message.ts';
import { RpcChannel } from '../../../../src/node/network/frames/rpc-channel.ts';
import { streamPair } from '../stream-pair.ts';

const KiB = 1024;
const peer = deviceId('4'.repeat(64));

describe('rpc channel', () => {
  it('the rpc channel closes on a large request without a credit, and on an invalid message', async () => {
    const frames = [
      messageParts('request', 1, 'put', new Uint8Array(65 * KiB)),
      messageParts('hello', 0),
      [Uint8Array.of(99, 0, 0, 0, 0)],
      [Uint8Array.of(1)],
    ];
    for (const frame of frames) {
      const { hand, channel, closed, end } = await channelAndHand({});
      await hand.write(frame);
      assert.ok(isPeerstorError(await closed, 'bad-frame'));
      await assert.rejects(channel.call('x', new Uint8Array(), { timeoutMs: 1000 }), (error) =>
        isPeerstorError(error, 'peer-unreachable'),
      );
      await end();
    }
  });

  it('the rpc channel asks for a credit before each large request, and for none before a small one', async () => {
    const { hand, channel, end } = await channelAndHand({});
    const small = channel.call('small', new Uint8Array(64 * KiB), { timeoutMs: 5000 });
    const large = channel.call('large', new Uint8Array(65 * KiB), { timeoutMs: 5000 });
    const first = await next(hand, ['request']);
    const ask = await next(hand, ['creditAsk']);
    assert.equal(ask.number, 1);
    await hand.write(messageParts('answer', first.number));
    await small;
    await hand.write(messageParts('creditGrant', 3));
    const kinds = [
      await next(hand, ['request', 'creditReturn']),
      await next(hand, ['request', 'creditReturn']),
    ];
    assert.equal(kinds.find(({ kind }) => kind === 'creditReturn')?.number, 2);
    const request = kinds.find(({ kind }) => kind === 'request');
    await hand.write(messageParts('answer', request?.number ?? 0));
    await large;
    await end();
  });

  it('an answer that comes before all of its request was sent counts when it was', async () => {
    const begun = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const answer = Buffer.concat(messageParts('answer', 1, undefined, Uint8Array.of(5)));
    const frames = [answer];
    const stream: FrameStream = {
      lastByteAtMs: 0,
      read: async () => {
        await begun.promise;
        return frames.shift() ?? (await new Promise<undefined>(() => undefined));
      },
      write: () => {
        begun.resolve();
        return written.promise;
      },
      end: async () => undefined,
      abort: () => undefined,
      onClosed: () => undefined,
    };
    const { channel } = channelOn(stream, {});
    let isAnswered = false;
    const call = channel.call('early', new Uint8Array(100), { timeoutMs: 5000 }).finally(() => {
      isAnswered = true;
    });
    // Whoever has the answer uses the memory of the request again, while the socket would still send it.
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    assert.equal(frames.length, 0);
    assert.equal(isAnswered, false);
    written.resolve();
    assert.deepEqual([...(await call)], [5]);
  });

  it('the rpc channel gives a credit back when the call is given up while it waits', async () => {
    const { hand, channel, end } = await channelAndHand({});
    const stop = new AbortController();
    const call = channel.call('large', new Uint8Array(65 * KiB), { timeoutMs: 5000, signal: stop.signal });
    await next(hand, ['creditAsk']);
    stop.abort(new Error('enough'));
    await assert.rejects(call, /enough/);
    await hand.write(messageParts('creditGrant', 1));
    assert.equal((await next(hand, ['creditReturn'])).number, 1);
    await end();
  });

  it('the rpc channel has at most 128 requests in flight, and sends the others as answers come', async () => {
    const { hand, channel, end } = await channelAndHand({});
    const calls = Array.from({ length: 200 }, () => channel.call('x', new Uint8Array(), { timeoutMs: 5000 }));
    const seen: number[] = [];
    while (seen.length < 128) seen.push((await next(hand, ['request'])).number);
    channel.ping();
    channel.ping();
    // The ping overtakes nothing that could still come: no further request was sent.
    const after = await next(hand, ['ping', 'request']);
    assert.equal(after.kind, 'ping');
    for (const number of seen) await hand.write(messageParts('answer', number));
    while (seen.length < 200) {
      const { number } = await next(hand, ['request']);
      seen.push(number);
      await hand.write(messageParts('answer', number));
    }
    await Promise.all(calls);
    assert.equal(new Set(seen).size, 200);
    await end();
  });

  it('the rpc channel handles a bounded number of requests at a time, and drops cancelled ones', async () => {
    const begun: number[] = [];
    const release: (() => void)[] = [];
    const { hand, end } = await channelAndHand({
      work: async (_from, body) => {
        begun.push(body[0] ?? -1);
        await new Promise<void>((resolve) => release.push(resolve));
        return body;
      },
    });
    for (let number = 1; number <= 6; number += 1) {
      await hand.write(messageParts('request', number, 'work', Uint8Array.of(number)));
    }
    await hand.write(messageParts('cancel', 5));
    await hand.write(messageParts('cancel', 77));
    await hand.write(messageParts('ping', 1));
    await next(hand, ['pong']);
    assert.deepEqual(begun, [1, 2, 3, 4]);
    release.shift()?.();
    const answer = await next(hand, ['answer']);
    assert.equal(answer.number, 1);
    await hand.write(messageParts('ping', 2));
    await next(hand, ['pong']);
    assert.deepEqual(begun, [1, 2, 3, 4, 6]);
    await end();
  });

  it('the rpc channel measures the round trip by its own ping only', async () => {
    const { hand, channel, roundTrips, end } = await channelAndHand({});
    channel.ping();
    const { number } = await next(hand, ['ping']);
    await hand.write(messageParts('pong', number + 1));
    await hand.write(messageParts('pong', number));
    await hand.write(messageParts('pong', number));
    await hand.write(messageParts('ping', 9));
    await next(hand, ['pong']);
    assert.equal(roundTrips.length, 1);
    await end();
  });

  it('the rpc channel closes when notifies come faster than they can be handled', async () => {
    const { hand, closed, end } = await channelAndHand({ news: () => new Promise(() => undefined) });
    const flood = async () => {
      for (;;) await hand.write(messageParts('notify', 0, 'news', new Uint8Array(512 * KiB)));
    };
    await assert.rejects(flood());
    assert.ok(isPeerstorError(await closed, 'bad-frame'));
    await end();
  });

  it('the rpc channel aborts handlers when it closes', async () => {
    const begun = Promise.withResolvers<AbortSignal>();
    const { hand, channel, end } = await channelAndHand({
      work: async (_from, body, signal) => {
        begun.resolve(signal);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        return body;
      },
    });
    await hand.write(messageParts('request', 1, 'work'));
    const signal = await begun.promise;
    channel.abort(new Error('over'));
    assert.ok(signal.aborted);
    await end();
  });
});

async function channelAndHand(handlers: Record<string, Handler>) {
  const pair = await streamPair((stream) => new FramedStream(stream, { clock: systemClock, stallMs: 5000 }));
  return { hand: pair.dialled, end: pair.end, ...channelOn(pair.accepted, handlers) };
}

function channelOn(stream: FrameStream, handlers: Record<string, Handler>) {
  const closed = Promise.withResolvers<Error>();
  const roundTrips: number[] = [];
  const channel = new RpcChannel(stream, {
    peer,
    handlersMax: 4,
    handlerOf: (method) => handlers[method],
    pool: new CreditPool({ start: 2, perPeer: 8, total: 32 }, systemClock),
    clock: systemClock,
    log: silentLog,
    onRoundTrip: (ms) => roundTrips.push(ms),
    onClosed: closed.resolve,
    onReleased: () => undefined,
  });
  return { channel, closed: closed.promise, roundTrips };
}

/** The next message of one of these kinds; any other fails the test. */
async function next(hand: FramedStream, kinds: readonly Message['kind'][]): Promise<Message> {
  const frame = await hand.read({ timeoutMs: 5000 });
  assert.ok(frame);
  const message = readMessage(frame);
  assert.ok(kinds.includes(message.kind), `a ${message.kind} came instead of ${kinds.join(' or ')}`);
  return message;
}
