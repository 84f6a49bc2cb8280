import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../../../src/model/clock.ts';
import type { DeviceId } from '../../../../src/model/ids.ts';
import { Bandwidth, isLocal, noLimits } from '../../../../src/node/network/limits/bandwidth.ts';
import { TokenBucket } from '../../../../src/node/network/limits/token-bucket.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { connect, patient, stopAll, testDevice } from '../libp2p/libp2p-world.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const far = '/ip4/203.0.113.7/tcp/4001';
const near = '/ip4/192.168.1.7/tcp/4001';

/** Senders that always want more; how many bytes each got through in a time. */
async function flood(clock: ManualClock, senders: (() => Promise<void> | undefined)[], ms: number) {
  const rounds = senders.map(() => 0);
  let over = false;
  const work = senders.map(async (send, number) => {
    while (!over) {
      await send();
      // Without a limit this would never let the clock go on.
      await new Promise((resolve) => setImmediate(resolve));
      if (!over) rounds[number] = (rounds[number] ?? 0) + 1;
    }
  });
  for (let passedMs = 0; passedMs < ms; passedMs += 10) {
    await clock.pass(10);
    // Each sender may be two turns behind.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  over = true;
  await clock.pass(60_000);
  await Promise.all(work);
  return rounds;
}

describe('a limit of bytes a second', () => {
  it('a bandwidth limit holds over any period, whatever the sizes, for all senders together', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 128 * KiB, max: 16 * MiB }),
        fc.array(fc.integer({ min: 1, max: 64 * KiB }), { minLength: 1, maxLength: 5 }),
        async (perSecond, sizes) => {
          const clock = new ManualClock();
          const bucket = new TokenBucket(clock, () => perSecond);
          const senders = sizes.map((size) => () => bucket.take(Math.ceil(size) + 32 * KiB));
          const rounds = await flood(clock, senders, 4000);
          const bytes = rounds.reduce((sum, count, at) => sum + count * ((sizes[at] ?? 0) + 32 * KiB), 0);
          assert.ok(bytes <= perSecond * 4.3 + 96 * KiB, `${bytes} at ${perSecond} a second`);
          const [most, least] = [Math.max(...rounds), Math.min(...rounds)];
          assert.ok(most - least <= 2, `in turn: ${rounds}`);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('a bandwidth limit lets the whole allowed rate be used', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, () => MiB);
    const [rounds = 0] = await flood(clock, [() => bucket.take(64 * KiB)], 10_000);
    assert.ok(rounds * 64 * KiB >= 9.8 * MiB, `${rounds}`);
  });

  it('a bandwidth limit may be lifted and changed while bytes wait', async () => {
    const clock = new ManualClock();
    let perSecond: number | null = 1024;
    const bucket = new TokenBucket(clock, () => perSecond);
    let passed = false;
    void bucket.take(MiB)?.then(() => {
      passed = true;
    });
    await clock.pass(5000);
    assert.equal(passed, false);
    perSecond = null;
    await clock.pass(300);
    assert.equal(passed, true);
    perSecond = 1024;
    assert.equal(bucket.take(1), undefined, 'what went without a limit is not owed');
  });

  it('a bandwidth limit does not apply to the local network unless configured, nor outside its hours', async () => {
    const clock = new ManualClock(new Date(2030, 0, 1, 12, 0).getTime());
    const bandwidth = new Bandwidth(clock, { ...noLimits, upLimit: KiB, downLimit: KiB });
    const waits = (address: string) => bandwidth.throttleFor(address).up(MiB) !== undefined;
    assert.deepEqual([waits(far), waits(near)], [true, false]);
    bandwidth.change({ ...noLimits, upLimit: KiB, limitLan: true });
    assert.deepEqual([waits(far), waits(near)], [true, true]);
    assert.equal(bandwidth.throttleFor(far).down(MiB), undefined);
    for (const [from, to, isBound] of [
      ['08:00', '18:00', true],
      ['18:00', '08:00', false],
      ['22:00', '12:01', true],
      ['12:00', '12:00', true],
    ] as const) {
      bandwidth.change({ ...noLimits, upLimit: KiB, schedule: { from, to } });
      assert.equal(waits(far), isBound, `${from} to ${to}`);
    }
  });

  it('a bandwidth limit recognizes local addresses', () => {
    const local = ['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.0.9', '169.254.3.4'];
    for (const host of local) assert.ok(isLocal(`/ip4/${host}/tcp/1`), host);
    for (const host of ['::1', 'fe80::1', 'fd12::9', '::ffff:10.0.0.1'])
      assert.ok(isLocal(`/ip6/${host}/tcp/1`), host);
    for (const host of ['172.32.0.1', '8.8.8.8', '100.64.0.1', '192.169.0.1'])
      assert.ok(!isLocal(`/ip4/${host}/tcp/1`), host);
    for (const address of ['/ip6/2001:db8::1/tcp/1', '/dns4/home.example/tcp/1', ''])
      assert.ok(!isLocal(address), address);
  });
});

describe('a limited device among others', { timeout: 600_000 }, () => {
  for (const direction of ['up', 'down'] as const) {
    it(`a limited device sends chunks no faster than the limit (${direction}), and control messages are not delayed`, async () => {
      const limits = { ...noLimits, limitLan: true, [`${direction}Limit`]: 2 * MiB };
      const bandwidth = new Bandwidth(systemClock, limits);
      const all: DeviceId[] = [];
      const shared = { members: () => all, tunables: patient };
      const sender = await testDevice({ number: 1, ...shared, ...(direction === 'up' && { bandwidth }) });
      const taker = await testDevice({ number: 2, ...shared, ...(direction === 'down' && { bandwidth }) });
      const devices = [sender, taker];
      const [a, b] = [sender.transport, taker.transport];
      all.push(a.self, b.self);
      b.handle('test/take', async () => new Uint8Array(1));
      b.handle('test/echo', async (_from, body) => body);
      await connect(devices);
      const startedMs = performance.now();
      let answered = 0;
      let over = false;
      const sending = Promise.all(
        Array.from({ length: 6 }, () => a.call(b.self, 'test/take', new Uint8Array(MiB), { lane: 'bulk' })),
      ).finally(() => {
        over = true;
      });
      while (!over) {
        await a.call(b.self, 'test/echo', Uint8Array.of(1));
        answered += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await sending;
      const tookMs = performance.now() - startedMs;
      await stopAll(devices);
      // 6 MiB at 2 MiB/s less the first burst, and what may be under way on the reader's side.
      assert.ok(tookMs > 1800, `took ${tookMs} ms`);
      assert.ok(answered > 5, `${answered} control calls were answered meanwhile`);
    });
  }
});
