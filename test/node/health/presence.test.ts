import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWorthTelling, Presence } from '../../../src/node/health/presence.ts';
import { MemoryChunkStore } from '../../../src/store/memory-chunk-store.ts';
import { chunkOf, deviceNumber } from '../../replication/support/fixtures.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryNetwork } from '../../support/memory-network.ts';
import { seededRandom } from '../../support/seeded-random.ts';

test('a device reports its use at once when it changed by more than a hundredth or crossed a limit', () => {
  assert.equal(isWorthTelling(0.5, 0.505), false);
  assert.equal(isWorthTelling(0.5, 0.52), true);
  assert.equal(isWorthTelling(0.52, 0.5), true);
  assert.equal(isWorthTelling(0.848, 0.851), true);
  assert.equal(isWorthTelling(0.953, 0.948), true);
  assert.equal(isWorthTelling(0.86, 0.865), false);
});

test('a device that fills up reports it within seconds, and not for each chunk', async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock, random: seededRandom(1) });
  const stores = [0, 1].map(() => new MemoryChunkStore({ limitBytes: 100_000, clock }));
  const transports = [0, 1].map((number) => network.transport(deviceNumber(number)));
  const [one, other] = transports.map(
    (transport, at) => new Presence({ transport, store: stores[at]!, clock }),
  );
  let told = 0;
  const notify = transports[1]!.notify.bind(transports[1]);
  transports[1]!.notify = (...message) => {
    told += 1;
    notify(...message);
  };
  for (const presence of [one!, other!]) presence.start();
  for (const transport of transports) await transport.start();
  await clock.pass(5000);
  told = 0;
  for (let number = 0; number < 20; number++) {
    const { id, bytes } = chunkOf(number, 1000);
    await clock.until(stores[1]!.put(id, bytes, { trusted: true }));
  }
  await clock.pass(2000);
  assert.deepEqual(one!.usageOf(deviceNumber(1)), { usedBytes: 20_000, limitBytes: 100_000 });
  assert.equal(told, 1);
  for (const presence of [one!, other!]) presence.stop();
});

test('a device tells its version, its pages and whom it is connected to; what is no such thing is left out', async () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock, random: seededRandom(1) });
  const transports = [0, 1].map((number) => network.transport(deviceNumber(number)));
  const [one, other] = transports.map((transport, at) => {
    const store = new MemoryChunkStore({ limitBytes: 100_000, clock });
    const about = () => ({
      version: '0.1.0',
      pages: at === 0 ? ['192.0.2.1:8080'] : ['javascript:alert(1)'],
    });
    return new Presence({ transport, store, clock, about });
  });
  for (const presence of [one!, other!]) presence.start();
  for (const transport of transports) await transport.start();
  await clock.pass(60_000);
  const told = other!.aboutOf(deviceNumber(0));
  assert.deepEqual(told?.pages, ['192.0.2.1:8080']);
  assert.deepEqual(
    told?.links.map(({ device }) => device),
    [deviceNumber(1)],
  );
  assert.equal(one!.aboutOf(deviceNumber(1)), undefined);
  assert.equal(one!.usageOf(deviceNumber(1))?.limitBytes, 100_000);
  assert.equal(one!.aboutOf(deviceNumber(0))?.version, '0.1.0');
  for (const presence of [one!, other!]) presence.stop();
});
