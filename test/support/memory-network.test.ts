import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Clock, systemClock } from '../../src/model/clock.ts';
import { type DeviceId, deviceId } from '../../src/model/ids.ts';
import { defaultTunables } from '../../src/model/limits.ts';
import { allConnected, nextEvent, transportContract } from '../contract/transport.contract.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryNetwork } from './memory-network.ts';
import { seededRandom } from './seeded-random.ts';

const tunables = { ...defaultTunables, peerSuspectMs: 20, peerDropMs: 60, redialMinMs: 5 };

transportContract('memory', async (count, prepare) => {
  // The system clock's timers let a process end; here nothing else would keep it.
  const awake = setInterval(() => undefined, 1000);
  const network = new MemoryNetwork({ clock: systemClock, random: seededRandom(1), tunables });
  const transports = ids(count).map((id) => network.transport(id));
  transports.forEach((transport, index) => {
    prepare?.(transport, index);
  });
  const connected = allConnected(transports);
  await Promise.all(transports.map((transport) => transport.start()));
  await connected;
  return {
    transports,
    vanish: async (index) => network.crash(transports[index]!.self),
    end: async () => {
      await Promise.all(transports.map((transport) => transport.stop()));
      clearInterval(awake);
    },
  };
});

describe('memory network', () => {
  it('drops a partitioned peer after a while, suspects it before, and reconnects when healed', async () => {
    const clock = new ManualClock();
    const { network, a, b } = await pair(clock);
    const lost = nextEvent(a, 'disconnected');
    network.partition([[a.self], [b.self]]);
    await clock.pass(tunables.peerSuspectMs + 10);
    assert.equal(a.peers()[0]?.suspect, true);
    await clock.pass(tunables.peerDropMs);
    await lost;
    const back = nextEvent(b, 'connected');
    network.heal();
    await clock.pass(1000);
    assert.equal((await back).device, a.self);
  });

  it('gives a restarted device a new boot id', async () => {
    const { network, a, b } = await pair();
    const before = a.peers()[0]?.bootId;
    network.crash(b.self);
    assert.equal(a.isConnected(b.self), false);
    const back = nextEvent(a, 'connected');
    await b.start();
    assert.notEqual((await back).bootId, before);
  });

  it('loses notifies when told to', async () => {
    const { network, a, b, got } = await pair();
    network.setNotifyLoss(1);
    a.notify(b.self, 'news', new Uint8Array([1]));
    network.setNotifyLoss(0);
    a.notify(b.self, 'news', new Uint8Array([2]));
    while (got.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.deepEqual(got, [2]);
  });
});

async function pair(clock: Clock = systemClock) {
  const network = new MemoryNetwork({ clock, random: seededRandom(7), tunables });
  const [a, b] = ids(2).map((id) => network.transport(id));
  if (a === undefined || b === undefined) throw new Error('two devices');
  const got: number[] = [];
  b.handle('news', async (_from, body) => {
    got.push(body[0] ?? -1);
    return body;
  });
  const connected = allConnected([a, b]);
  await Promise.all([a.start(), b.start()]);
  if (clock instanceof ManualClock) await clock.pass(1000);
  await connected;
  return { network, a, b, got };
}

function ids(count: number): DeviceId[] {
  return Array.from({ length: count }, (_, index) =>
    deviceId(
      String(index + 1)
        .repeat(64)
        .slice(0, 64),
    ),
  );
}
