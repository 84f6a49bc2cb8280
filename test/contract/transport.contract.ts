/** What every Transport keeps. Run on libp2p (test/node/network) and on memory (test/support). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Lane, PeerEvent, Transport } from '../../src/model/contracts/transport.ts';
import { isPeerstorError, PeerstorError } from '../../src/model/errors.ts';
import { frameBytesMax } from '../../src/model/limits.ts';

const KiB = 1024;
const lanes: readonly Lane[] = ['control', 'bulk'];

export interface TransportWorld {
  /** Started and all connected with each other. */
  transports: readonly Transport[];
  /** The device is gone without a word. */
  vanish(index: number): Promise<void>;
  end(): Promise<void>;
}

export type MakeTransportWorld = (
  count: number,
  prepare?: (transport: Transport, index: number) => void,
) => Promise<TransportWorld>;

export function transportContract(name: string, makeWorld: MakeTransportWorld): void {
  /** Two devices; `prepare` sees both before they start. */
  async function withPair(
    prepare: (transport: Transport, index: number) => void,
    run: (a: Transport, b: Transport, world: TransportWorld) => Promise<void>,
  ): Promise<void> {
    const world = await makeWorld(2, prepare);
    try {
      await run(world.transports[0]!, world.transports[1]!, world);
    } finally {
      await world.end();
    }
  }

  describe(`transport contract: ${name}`, () => {
    for (const lane of lanes) {
      it(`answers a call on the ${lane} lane`, () =>
        withPair(
          (transport) => transport.handle('echo', async (_from, body) => reversed(body)),
          async (a, b) => {
            assert.deepEqual(await a.call(b.self, 'echo', bytes(1, 2, 3), { lane }), bytes(3, 2, 1));
            assert.deepEqual(await b.call(a.self, 'echo', bytes(), { lane }), bytes());
          },
        ));
    }

    it('tells the handler who asks', () =>
      withPair(
        (transport) => transport.handle('who', async (from) => Buffer.from(from)),
        async (a, b) => {
          assert.equal(Buffer.from(await a.call(b.self, 'who', bytes())).toString(), a.self);
          assert.equal(Buffer.from(await b.call(a.self, 'who', bytes())).toString(), b.self);
        },
      ));

    it('carries the code and the sentence of what the handler threw', () =>
      withPair(
        (transport) =>
          transport.handle('full', async () => {
            throw new PeerstorError('disk-full', 'The disk of the other device is full.');
          }),
        async (a, b) => {
          await assert.rejects(a.call(b.self, 'full', bytes()), (error: Error) => {
            return (
              isPeerstorError(error, 'disk-full') && error.message === 'The disk of the other device is full.'
            );
          });
        },
      ));

    it('says peer-failed, and nothing of the inside, for any other throw or an unknown method', () =>
      withPair(
        (transport) =>
          transport.handle('broken', async () => {
            throw new TypeError('secret detail');
          }),
        async (a, b) => {
          await assert.rejects(a.call(b.self, 'broken', bytes()), (error: Error) => {
            return isPeerstorError(error, 'peer-failed') && !error.message.includes('secret');
          });
          await assert.rejects(a.call(b.self, 'nothing', bytes()), withCode('peer-failed'));
        },
      ));

    it('carries 64 calls of 512 KiB each way at once, each with its own answer', () =>
      withPair(
        (transport) => {
          transport.handle('put', async (_from, body) => bytes(body[0]!, body.length >> 16));
          transport.handle('get', async (_from, body) => block(512 * KiB, body[0]!));
        },
        async (a, b) => {
          const numbers = Array.from({ length: 64 }, (_, number) => number);
          const lane = 'bulk';
          await Promise.all([
            ...numbers.map(async (number) => {
              const answer = await a.call(b.self, 'put', block(512 * KiB, number), { lane });
              assert.deepEqual(answer, bytes(number, 8));
            }),
            ...numbers.map(async (number) => {
              const answer = await b.call(a.self, 'get', bytes(number), { lane });
              assert.equal(Buffer.compare(answer, block(512 * KiB, number)), 0);
            }),
          ]);
        },
      ));

    it('cancels by the signal, at both ends', async () => {
      const stopped = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      await withPair(
        (transport) =>
          transport.handle('wait', async (_from, _body, signal) => {
            begun.resolve();
            await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
            stopped.resolve();
            return bytes();
          }),
        async (a, b) => {
          const controller = new AbortController();
          const reason = new Error('not wanted any more');
          const call = a.call(b.self, 'wait', bytes(), { signal: controller.signal });
          await begun.promise;
          controller.abort(reason);
          await assert.rejects(call, reason);
          await stopped.promise;
          await assert.rejects(a.call(b.self, 'wait', bytes(), { signal: controller.signal }), reason);
        },
      );
    });

    it('gives up after the time limit, and tells the handler', async () => {
      const stopped = Promise.withResolvers<void>();
      await withPair(
        (transport) => {
          transport.handle('echo', async (_from, body) => body);
          transport.handle('wait', async (_from, _body, signal) => {
            await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
            stopped.resolve();
            return bytes();
          });
        },
        async (a, b) => {
          await a.call(b.self, 'echo', bytes(), { lane: 'bulk' });
          const call = a.call(b.self, 'wait', bytes(), { timeoutMs: 30, lane: 'bulk' });
          await assert.rejects(call, withCode('peer-timeout'));
          await stopped.promise;
        },
      );
    });

    it('delivers notifies in order, whatever their size, and one after the other', async () => {
      const got: number[] = [];
      const all = Promise.withResolvers<void>();
      let running = 0;
      await withPair(
        (transport) =>
          transport.handle('news', async (_from, body) => {
            running += 1;
            assert.equal(running, 1);
            await Promise.resolve();
            got.push(Buffer.from(body).readUInt32BE(0));
            running -= 1;
            if (got.length === 200) all.resolve();
            return bytes();
          }),
        async (a, b) => {
          for (let number = 0; number < 200; number += 1) {
            const body = new Uint8Array(number % 50 === 0 ? 100 * KiB : 4);
            Buffer.from(body.buffer).writeUInt32BE(number);
            a.notify(b.self, 'news', body);
          }
          await all.promise;
          assert.deepEqual(
            got,
            Array.from({ length: 200 }, (_, number) => number),
          );
        },
      );
    });

    it('goes on after a notify handler that throws', async () => {
      const second = Promise.withResolvers<void>();
      await withPair(
        (transport) =>
          transport.handle('news', async (_from, body) => {
            if (body[0] === 0) throw new Error('the first one fails');
            second.resolve();
            return bytes();
          }),
        async (a, b) => {
          a.notify(b.self, 'news', bytes(0));
          a.notify(b.self, 'news', bytes(1));
          a.notify(b.self, 'nobody handles this', bytes());
          await second.promise;
          assert.ok(a.isConnected(b.self));
        },
      );
    });

    it('lets a handler call back over the same lane', () =>
      withPair(
        (transport) => {
          transport.handle('inner', async () => bytes(7));
          transport.handle('outer', async (from) => transport.call(from, 'inner', bytes()));
        },
        async (a, b) => {
          assert.deepEqual(await a.call(b.self, 'outer', bytes()), bytes(7));
        },
      ));

    it('refuses a body or an answer that does not fit a frame, and goes on', () =>
      withPair(
        (transport) => {
          transport.handle('echo', async (_from, body) => body);
          transport.handle('huge', async () => new Uint8Array(frameBytesMax));
        },
        async (a, b) => {
          const lane = 'bulk';
          const most = block(frameBytesMax - 256, 5);
          assert.equal(Buffer.compare(await a.call(b.self, 'echo', most, { lane }), most), 0);
          const tooMuch = new Uint8Array(frameBytesMax - 255);
          await assert.rejects(a.call(b.self, 'echo', tooMuch, { lane }), withCode('frame-too-large'));
          assert.throws(() => a.notify(b.self, 'echo', tooMuch), withCode('frame-too-large'));
          await assert.rejects(a.call(b.self, 'huge', bytes(), { lane }), withCode('frame-too-large'));
          assert.deepEqual(await a.call(b.self, 'echo', bytes(1), { lane }), bytes(1));
        },
      ));

    it('knows its peers, and says peer-unreachable for anyone else', async () => {
      const world = await makeWorld(3);
      try {
        const ids = world.transports.map((transport) => transport.self);
        for (const transport of world.transports) {
          const others = ids.filter((id) => id !== transport.self);
          assert.deepEqual(
            transport
              .peers()
              .map(({ device }) => device)
              .sort(),
            others.sort(),
          );
          for (const peer of transport.peers()) {
            assert.equal(peer.suspect, false);
            assert.equal(peer.class, 'always-on');
            assert.match(peer.bootId, /^[0-9a-f]{32}$/);
          }
          assert.ok(others.every((other) => transport.isConnected(other)));
          assert.equal(transport.isConnected(transport.self), false);
        }
        const [first, second] = world.transports;
        await second!.stop();
        await assert.rejects(first!.call(second!.self, 'echo', bytes()), withCode('peer-unreachable'));
        first!.notify(second!.self, 'echo', bytes());
      } finally {
        await world.end();
      }
    });

    it('announces a peer that stops, fails the calls under way, and tells its handlers', async () => {
      const begun = Promise.withResolvers<void>();
      await withPair(
        (transport) =>
          transport.handle('wait', async (_from, _body, signal) => {
            begun.resolve();
            await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
            return bytes();
          }),
        async (a, b) => {
          const gone = nextEvent(a, 'disconnected');
          const { bootId } = a.peers()[0]!;
          const call = a.call(b.self, 'wait', bytes());
          await begun.promise;
          await Promise.all([assert.rejects(call, withCode('peer-unreachable')), b.stop()]);
          assert.deepEqual(await gone, { kind: 'disconnected', device: b.self, bootId });
          assert.deepEqual(a.peers(), []);
        },
      );
    });

    it('fails calls with peer-unreachable when the peer vanishes in the middle', async () => {
      const begun = Promise.withResolvers<void>();
      await withPair(
        (transport) =>
          transport.handle('wait', async () => {
            begun.resolve();
            return new Promise<Uint8Array>(() => undefined);
          }),
        async (a, b, world) => {
          const gone = nextEvent(a, 'disconnected');
          const calls = lanes.map((lane) => a.call(b.self, 'wait', block(200 * KiB, 1), { lane }));
          const failed = Promise.all(calls.map((call) => assert.rejects(call, withCode('peer-unreachable'))));
          await begun.promise;
          await world.vanish(1);
          await failed;
          assert.equal((await gone).device, b.self);
        },
      );
    });

    it('starts and stops twice without harm', () =>
      withPair(
        () => undefined,
        async (a) => {
          await a.start();
          await a.stop();
          await a.stop();
          assert.deepEqual(a.peers(), []);
        },
      ));
  });
}

export function nextEvent(transport: Transport, kind: PeerEvent['kind']): Promise<PeerEvent> {
  return new Promise((resolve) => {
    const unsubscribe = transport.onPeer((event) => {
      if (event.kind !== kind) return;
      unsubscribe();
      resolve(event);
    });
  });
}

/** Resolves when each of the transports is connected with all the others. */
export async function allConnected(transports: readonly Transport[]): Promise<void> {
  const missing = () =>
    transports.find((one) => transports.some((other) => one !== other && !one.isConnected(other.self)));
  for (let one = missing(); one !== undefined; one = missing()) await nextEvent(one, 'connected');
}

function withCode(code: string): (error: Error) => boolean {
  return (error) => {
    assert.ok(isPeerstorError(error), `not a PeerstorError: ${String(error)}`);
    assert.equal(error.code, code);
    return true;
  };
}

function bytes(...values: number[]): Uint8Array {
  return new Uint8Array(values);
}

function reversed(body: Uint8Array): Uint8Array {
  return body.slice().reverse();
}

function block(length: number, seed: number): Uint8Array {
  const body = new Uint8Array(length).fill(seed);
  body[length - 1] = seed ^ 0xff;
  return body;
}
