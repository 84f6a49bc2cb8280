import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPeerstorError, PeerstorError } from '../../../src/model/errors.ts';
import type { ChunkId, DeviceId } from '../../../src/model/ids.ts';
import { readIds, readPut, readRelay, writePutAnswer, writeRelay } from '../../../src/replication/wire.ts';
import {
  type ClusterOptions,
  type Liar,
  startCluster,
  type TestCluster,
  type TestDevice,
} from '../support/cluster.ts';
import { chunkOf, deviceNumber } from '../support/fixtures.ts';

const count = 60;
/** A put takes this long, so that an upload of some chunks is behind at once. */
const putMs = 200;
const never = () => new Promise<never>(() => undefined);
const some = Array.from({ length: count }, (_, number) => chunkOf(number));

interface Setting {
  cluster: TestCluster;
  gateway: TestDevice;
  others: TestDevice[];
}

async function slowCluster(devices: number, options: ClusterOptions = {}): Promise<Setting> {
  const cluster = await startCluster(devices, options);
  const [gateway, ...others] = cluster.devices;
  assert.ok(gateway);
  for (const { store } of others) store.onPut = () => pause(cluster, putMs);
  return { cluster, gateway, others };
}

/** A holder that takes chunks like any other, and answers `chunk/relay` as it likes. */
async function slowLiar(
  { cluster }: Setting,
  relay: (liar: Liar, id: ChunkId, target: DeviceId) => Promise<Uint8Array>,
): Promise<{ liar: Liar; held: Set<ChunkId> }> {
  const held = new Set<ChunkId>();
  const liar: Liar = cluster.addLiar({
    'chunk/put': async (body) => {
      await pause(cluster, putMs);
      held.add(readPut(body).id);
      return writePutAnswer('stored');
    },
    'chunk/have': async (body) => Uint8Array.from(readIds(body, 1024), (id) => (held.has(id) ? 1 : 0)),
    'chunk/relay': (body) => {
      const { id, device } = readRelay(body);
      return relay(liar, id, device);
    },
  });
  cluster.membersChanged();
  await liar.transport.start();
  await cluster.clock.pass(3000);
  return { liar, held };
}

function pause({ clock }: TestCluster, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

/** Calls of that method to a device, or to all. */
function calls(device: TestDevice, method: string, to?: DeviceId): number {
  return device.sent.filter((call) => call.method === method && (to === undefined || call.to === to)).length;
}

/** Uploads all chunks. @returns the safety that was reached and after how many virtual milliseconds */
async function upload({ cluster, gateway }: Setting, level: 'safe' | 'full' = 'full') {
  const beforeMs = cluster.clock.monotonicMs();
  const safety = await cluster.upload(gateway, some, level);
  return { ...safety, tookMs: cluster.clock.monotonicMs() - beforeMs };
}

function assertHeld(device: TestDevice | undefined): void {
  const missing = some.filter(({ id }) => !device?.store.has(id)).length;
  assert.equal(missing, 0, `${missing} of ${count} chunks are not there`);
}

test('a device with a saturated uplink sends each chunk once, and holders relay it', async () => {
  const setting = await slowCluster(3);
  const { cluster, gateway, others } = setting;
  assert.equal((await upload(setting)).level, 'full');
  for (const device of others) assertHeld(device);
  const own = calls(gateway, 'chunk/put');
  const passed = others.reduce((sum, device) => sum + calls(device, 'chunk/put'), 0);
  // The first and the last ones go out twice: then the way is free.
  assert.ok(own <= count + 7, `${own} pushes of ${count} chunks`);
  assert.equal(own + passed, 2 * count, 'no chunk is sent to a device twice');
  await cluster.end();
});

test('content uploaded twice at once, with four copies wanted, leaves the device once', async () => {
  const setting = await slowCluster(4, { tunables: { copiesWanted: 4 } });
  const { cluster, gateway, others } = setting;
  const outcomes = await Promise.all([1, 2].map(() => upload(setting)));
  for (const { level } of outcomes) assert.equal(level, 'full');
  for (const device of others) assertHeld(device);
  assert.ok(calls(gateway, 'chunk/put') <= count + 20, `${calls(gateway, 'chunk/put')} pushes`);
  await cluster.end();
});

test('no holder is asked to relay while the uplink is free', async () => {
  const setting = await slowCluster(3);
  const { cluster, gateway } = setting;
  for (const { id, bytes } of some.slice(0, 6)) await cluster.upload(gateway, [{ id, bytes }], 'full');
  assert.equal(calls(gateway, 'chunk/relay'), 0);
  assert.equal(calls(gateway, 'chunk/put'), 12);
  await cluster.end();
});

test('relaying holders give a draining device nothing either', async () => {
  const setting = await slowCluster(4, { members: [{}, {}, {}, { state: 'draining' }] });
  const { cluster, others } = setting;
  assert.equal((await upload(setting)).level, 'full');
  const [b, c, draining] = others;
  assertHeld(b);
  assertHeld(c);
  assert.equal(draining?.store.chunks.size, 0);
  await cluster.end();
});

test('a relay that a holder only claims does not count, and the holder is not asked again', async () => {
  const setting = await slowCluster(2);
  const { cluster, gateway, others } = setting;
  const { liar, held } = await slowLiar(setting, async () => writePutAnswer('stored'));
  assert.equal((await upload(setting)).level, 'full');
  assertHeld(others[0]);
  assert.equal(held.size, count);
  assert.ok(liar.asked('chunk/relay') > 0, 'it was asked');
  assert.ok(liar.asked('chunk/relay') <= 8, `it was asked ${liar.asked('chunk/relay')} times`);
  const own = calls(gateway, 'chunk/put', others[0]?.id);
  assert.ok(own <= count, `${own} pushes of ${count} chunks`);
  await cluster.end();
});

test('a stalled holder delays neither safe nor full for longer than the stall', async () => {
  for (const level of ['safe', 'full'] as const) {
    const honest = await slowCluster(3);
    const usual = await upload(honest, level);
    await honest.cluster.end();
    const setting = await slowCluster(2);
    const { liar } = await slowLiar(setting, never);
    const stalled = await upload(setting, level);
    assert.equal(stalled.level, level);
    assert.ok(liar.asked('chunk/relay') > 0, 'it was asked');
    const allowedMs = level === 'safe' ? putMs : setting.cluster.tunables.transferStallMs + 20 * putMs;
    const moreMs = stalled.tookMs - usual.tookMs;
    assert.ok(moreMs <= allowedMs, `${level} took ${moreMs} ms more`);
    await setting.cluster.end();
  }
});

test('requests to a stalled holder are cancelled', async () => {
  const setting = await slowCluster(2);
  const { cluster } = setting;
  const stopped = new Set<unknown>();
  const { liar } = await slowLiar(setting, never);
  // What the network does with a call that is given up, seen by the one who serves it.
  const serve = liar.transport.serve.bind(liar.transport);
  liar.transport.serve = (from, method, body, stop) => {
    if (method === 'chunk/relay') stop.signal.addEventListener('abort', () => stopped.add(stop));
    return serve(from, method, body, stop);
  };
  assert.equal((await upload(setting)).level, 'full');
  await cluster.clock.pass(100);
  assert.equal(stopped.size, liar.asked('chunk/relay'));
  await cluster.end();
});

test('the uploading device itself sends the chunks that a dying holder was to relay', async () => {
  const setting = await slowCluster(3);
  const { cluster, others } = setting;
  const { liar } = await slowLiar(setting, (dying) => {
    cluster.network.crash(dying.id);
    return never();
  });
  const { level, tookMs } = await upload(setting);
  assert.equal(level, 'full');
  assert.equal(liar.asked('chunk/relay'), 1);
  assert.ok(tookMs < 2 * count * putMs, `${tookMs} ms`);
  for (const { id } of some) {
    const copies = others.filter(({ store }) => store.has(id)).length;
    assert.ok(copies >= 1, 'a copy on a device that is there');
  }
  await cluster.end();
});

test('an upload does not wait for a holder that is always busy', async () => {
  const setting = await slowCluster(2);
  const { cluster, others } = setting;
  const asked = new Set<ChunkId>();
  const { liar } = await slowLiar(setting, async (_liar, id) => {
    asked.add(id);
    return writePutAnswer('busy');
  });
  assert.equal((await upload(setting)).level, 'full');
  assert.ok(asked.size > 8, 'and that is no lie: it is asked for others');
  assert.equal(liar.asked('chunk/relay'), asked.size, 'once for each chunk');
  assertHeld(others[0]);
  await cluster.end();
});

test('a copy that its holder lost no longer counts, and is made again', async () => {
  const setting = await slowCluster(2);
  const { cluster, others } = setting;
  const lost = new Set<ChunkId>();
  const { held } = await slowLiar(setting, async (_liar, id) => {
    lost.add(id);
    held.delete(id);
    throw new PeerstorError('chunk-missing', 'It is gone.');
  });
  assert.equal((await upload(setting)).level, 'full');
  assert.ok(lost.size > 0, 'copies were lost');
  for (const id of lost) assert.ok(held.has(id), 'the copy was made again');
  assertHeld(others[0]);
  await cluster.end();
});

test('a full device is replaced by the next one, and is not sent every chunk', async () => {
  const setting = await slowCluster(4);
  const { cluster, gateway, others } = setting;
  const [b] = others;
  assert.ok(b);
  b.store.full = true;
  assert.equal((await upload(setting)).level, 'full');
  for (const { id } of some) assert.equal(cluster.holdersOf(id).length, 3);
  assert.ok(calls(gateway, 'chunk/put', b.id) <= 10, `${calls(gateway, 'chunk/put', b.id)} pushes`);
  await cluster.end();
});

test('relays that a slow holder was not asked for yet are done by the uploader when its uplink is free again', async () => {
  const setting = await slowCluster(2);
  const { cluster, others } = setting;
  const slowMs = 4000;
  const { liar } = await slowLiar(setting, async () => {
    await pause(cluster, slowMs);
    return writePutAnswer('full');
  });
  const { level, tookMs } = await upload(setting);
  assert.equal(level, 'full');
  assertHeld(others[0]);
  assert.ok(liar.asked('chunk/relay') < count / 2, `it was asked ${liar.asked('chunk/relay')} times`);
  assert.ok(tookMs < 3 * slowMs, `${tookMs} ms`);
  await cluster.end();
});

test('a device relays a chunk that it has, to a member, once, and makes no more copies than are wanted', async () => {
  const cluster = await startCluster(5);
  const [a, b, c, d, e] = cluster.devices;
  assert.ok(a && b && c && d && e);
  const { id, bytes } = chunkOf(1);
  const ask = (chunk: ChunkId, device: DeviceId) =>
    cluster.clock.until(a.transport.call(b.id, 'chunk/relay', writeRelay({ id: chunk, device })));
  const refused = (code: Parameters<typeof isPeerstorError>[1]) => (error: unknown) =>
    isPeerstorError(error, code);
  await b.store.put(id, bytes);
  assert.deepEqual(await ask(id, c.id), writePutAnswer('stored'));
  assert.ok(c.store.has(id));
  b.sent.length = 0;
  assert.deepEqual(await ask(id, c.id), writePutAnswer('present'));
  assert.equal(calls(b, 'chunk/put'), 0, 'it asked first');
  assert.deepEqual(await ask(id, d.id), writePutAnswer('stored'));
  await cluster.clock.pass(1000);
  await assert.rejects(ask(id, e.id), refused('forbidden'));
  assert.ok(!e.store.has(id));
  await assert.rejects(ask(chunkOf(2).id, c.id), refused('chunk-missing'));
  await assert.rejects(ask(id, b.id), refused('not-a-member'));
  await assert.rejects(ask(id, deviceNumber(77)), refused('not-a-member'));
  b.store.rot(id);
  c.store.vanish(id);
  b.sent.length = 0;
  await assert.rejects(ask(id, c.id), isPeerstorError);
  assert.equal(calls(b, 'chunk/put'), 0, 'bad bytes do not leave');
  await cluster.end();
});
