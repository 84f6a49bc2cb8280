import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createCatalogSync, type LocalCatalog } from '../../../src/catalog/index.ts';
import { equalBytes } from '../../../src/crypto/index.ts';
import type { ChunkImpact } from '../../../src/model/contracts/replication.ts';
import { defaultTunables } from '../../../src/model/limits.ts';
import { silentLog } from '../../../src/model/log.ts';
import { NetworkSecrets, secretCheck } from '../../../src/node/home/network-secrets.ts';
import { CatalogDirectory } from '../../../src/node/membership/device-directory.ts';
import { removeDevice } from '../../../src/node/membership/device-removal.ts';
import { OwnRemoval } from '../../../src/node/membership/own-removal.ts';
import { SecretFollower } from '../../../src/node/membership/secret-rotation.ts';
import { deviceSealingKey } from '../../../src/node/settings/own-record.ts';
import { carry, collect, keyOf, World } from '../../catalog/world.ts';
import { coded } from '../../drive/errors.ts';
import { MemoryNetwork } from '../../support/memory-network.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { patienceMs } from '../../support/until.ts';

const nothingLost: ChunkImpact = {
  lostChunks: 0,
  lostBytes: 0,
  lostVersions: [],
  thinChunks: 0,
  thinBytes: 0,
  bytesLeft: 0,
};

describe('removing a device', () => {
  it('removing a device gives the others a new secret, which the removed one cannot open', async () => {
    const w = await network(4);
    const [a, b, c, d] = w.devices;
    await a.remove(d);
    await w.until(() => [a, b, c].every(({ secrets }) => secrets.current.epoch === 1), 'all have the secret');
    for (const { secrets } of [b, c]) {
      assert.ok(equalBytes(secrets.current.secret, a.secrets.current.secret));
      assert.equal(secrets.inForce().length, 2, 'the old one is good for the overlap');
    }
    await w.until(() => d.isRemoved(), 'd heard of it');
    assert.equal(d.secrets.current.epoch, 0);
    const [record] = await collect(a.catalog.list('secret'));
    assert.deepEqual(
      Object.keys(record?.body?.sealed ?? {}).sort(),
      [a, b, c].map(({ catalog }) => catalog.self).sort(),
    );
    assert.ok(![a, b, c].some((device) => device.isRemoved()));
  });

  it('removing a device hands the secret over to a member that had no key to seal it to, and to nobody else', async () => {
    const w = await network(4, { withoutSealingKey: [2] });
    const [a, b, c, d] = w.devices;
    await a.remove(d);
    await w.until(() => [b, c].every(({ secrets }) => secrets.current.epoch === 1), 'c has asked for it');
    assert.ok(equalBytes(c.secrets.current.secret, b.secrets.current.secret));
    assert.equal(d.secrets.current.epoch, 0);
  });

  it('a member with an invalid sealing key does not prevent a removal', async () => {
    const w = await network(3);
    const [a, b, c] = w.devices;
    const body = b.catalog.get('device', b.catalog.self)?.body;
    assert.ok(body);
    const changed = { ...body, sealingKey: new Uint8Array(32) };
    await b.catalog.author([{ table: 'device', id: b.catalog.self, body: changed }], keyOf('device 1'));
    const isChanged = () => a.catalog.get('device', b.catalog.self)?.body?.sealingKey?.[0] === 0;
    await w.until(isChanged, 'a knows it');
    await a.remove(c);
    const [record] = await collect(a.catalog.list('secret'));
    assert.deepEqual(Object.keys(record?.body?.sealed ?? {}), [a.catalog.self]);
    await w.until(() => b.secrets.current.epoch === 1, 'b has asked for it');
  });

  it("a device accepts only the network secret that the record's check value matches", async () => {
    const w = await network(3, { withoutSealingKey: [1] });
    const [a, b, c] = w.devices;
    await w.stopAll();
    const secret = new Uint8Array(32).fill(8);
    const body = { epoch: 1, createdAt: 1, sealed: {}, check: secretCheck(secret) };
    await a.catalog.author([{ table: 'secret', id: 'epoch-1', body }], w.world.admin);
    // It says that it has the secret of this epoch, and has made it up.
    await a.secrets.learn({ epoch: 1, secret: new Uint8Array(32).fill(7) });
    await w.startAll();
    await w.until(() => c.catalog.get('secret', 'epoch-1') !== undefined, 'all know the record');
    await w.pass(5000);
    for (const { secrets } of [b, c]) assert.equal(secrets.current.epoch, 0);
  });

  it('removing a device ends with one secret on all devices when two admins remove devices at once', async () => {
    const w = await network(5);
    const [a, b, c, d, e] = w.devices;
    w.split([a, c], [b]);
    await a.remove(d, true);
    await b.remove(e, true);
    const [first, second] = [a.secrets, b.secrets];
    await w.until(() => first.current.epoch === 1 && second.current.epoch === 1, 'both have made one');
    w.heal();
    const isOne = () =>
      [b, c].every(({ secrets }) => equalBytes(secrets.current.secret, a.secrets.current.secret));
    await w.until(
      () => isOne() && [d, e].every((device) => a.catalog.isRemoved(device.catalog.self, [])),
      'one',
    );
  });

  it('a removal counts the records that the device sent, and no number that it only claims', async () => {
    const w = await network(3);
    const [a, b, c] = w.devices;
    w.split([a, b]);
    // Acknowledged by nobody yet when the removal is asked for: it is fetched first.
    await c.catalog.author([w.world.entryDraft(7)], w.world.admin);
    const told = c.catalog.ownSeq;
    const revision = a.catalog.get('device', c.catalog.self)?.revision;
    assert.ok(revision);
    const seq = 1_000_000;
    const signed = w.world.head(2, { seq, revision });
    a.refresh = async () => {
      await carry(c.catalog, a.catalog);
      // A thief at the device says that it has written a million more, to write them later.
      await a.catalog.accept([], { head: { device: c.catalog.self, seq, signed } });
    };
    await a.remove(c);
    assert.equal(a.catalog.vector()[c.catalog.self], seq);
    const body = a.catalog.get('device', c.catalog.self)?.body;
    assert.equal(body?.lastSeq, told);
    assert.ok(a.catalog.get('entry', w.world.entryDraft(7).id));
    // What it writes from now on counts nowhere.
    await c.catalog.author([w.world.entryDraft(8)], w.world.admin).catch(() => undefined);
    w.heal();
    await w.pass(60_000);
    assert.equal(a.catalog.get('entry', w.world.entryDraft(8).id), undefined);
  });

  it('an admin can remove the device that they are signed in at, and its earlier records count', async () => {
    const w = await network(3);
    const [a, b, c] = w.devices;
    await a.catalog.author([w.world.entryDraft(7)], w.world.admin);
    await a.remove(a);
    assert.ok(a.isRemoved());
    await w.until(
      () => [b, c].every(({ secrets }) => secrets.current.epoch === 1),
      'the others have the secret',
    );
    for (const { catalog } of [b, c]) {
      assert.ok(catalog.isRemoved(a.catalog.self, []));
      assert.ok(catalog.get('entry', w.world.entryDraft(7).id));
    }
    assert.equal(a.secrets.current.epoch, 0, 'it is sealed for the others only');
  });

  it('a removal is refused when last copies would be lost or nobody can tell, unless they are given up', async () => {
    const w = await network(3);
    const [a, , c] = w.devices;
    a.impact = { ...nothingLost, lostChunks: 12, lostVersions: new Array(3) };
    const sentence =
      '12 chunks of 3 files are only on device 2: drain that device first, or remove it with --lost.';
    await assert.rejects(a.remove(c), (error: Error) => {
      assert.equal(error.message, sentence);
      return coded('conflict')(error);
    });
    a.impact = nothingLost;
    a.unknownVersions = 1;
    await assert.rejects(a.remove(c), coded('conflict', /cannot tell/));
    a.unknownVersions = 0;
    w.split([a]);
    await w.until(() => !a.isConnected(w.devices[1]), 'a is alone');
    await assert.rejects(a.remove(c), coded('conflict', /no other device is connected/));
    await assert.rejects(a.remove(a, true), coded('conflict', /none would hear/));
    assert.equal(a.catalog.get('device', c.catalog.self)?.body?.state, 'active');
    await a.remove(c, true);
    await assert.rejects(a.remove(c, true), coded('not-found'));
  });

  it('the last device is never removed', async () => {
    const w = await network(2);
    const [a, b] = w.devices;
    await a.remove(b);
    await assert.rejects(a.remove(a, true), coded('conflict', /only device/));
  });

  it('a removal and its new secret are written together or not at all', async () => {
    const w = await network(3);
    const [a, , c] = w.devices;
    const stranger = keyOf('nobody');
    await assert.rejects(a.remove(c, true, stranger), coded('forbidden'));
    assert.deepEqual(await collect(a.catalog.list('secret')), []);
    assert.equal(a.catalog.isRemoved(c.catalog.self, []), false);
  });
});

describe('a removed device', () => {
  it('a removed device believes a refusal that an admin signed, and no other', async () => {
    const w = await network(3);
    const [a, b, c] = w.devices;
    w.split([a, b], [c]);
    await a.remove(c);
    const proof = a.catalog.certificatesOf(c.catalog.self);
    c.removal.refused([]);
    c.removal.refused([new Uint8Array(100), ...b.catalog.certificatesOf(b.catalog.self)]);
    c.removal.refused(proof.map((bytes) => bytes.map((byte, at) => (at === 90 ? byte ^ 1 : byte))));
    await w.pass(100);
    assert.equal(c.isRemoved(), false);
    c.removal.refused(proof);
    await w.pass(100);
    assert.equal(c.isRemoved(), true);
    b.removal.refused(proof);
    await w.pass(100);
    assert.equal(b.isRemoved(), false, 'it is the proof for another device');
  });
});

interface Given {
  /** Devices whose record names no sealing key. */
  withoutSealingKey?: number[];
}

/** Connected devices of one network, each with its catalog, secrets and transport. */
async function network(count: number, given: Given = {}) {
  const world = new World();
  const { clock } = world;
  const net = new MemoryNetwork({ clock, random: seededRandom(7) });
  const catalogs: LocalCatalog[] = [await world.founded()];
  for (let index = 1; index < count; index += 1) catalogs.push(await world.catalog(index));
  const drafts = catalogs.map((_, index) => {
    const sealingKey = deviceSealingKey(keyOf(`device ${index}`)).publicKey;
    return world.deviceDraft(index, given.withoutSealingKey?.includes(index) ? {} : { sealingKey });
  });
  const first = catalogs[0];
  assert.ok(first);
  await first.author(drafts, world.admin);
  const devices: Awaited<ReturnType<typeof device>>[] = [];
  for (const [index, catalog] of catalogs.entries()) devices.push(await device(index, catalog));

  async function device(index: number, catalog: LocalCatalog) {
    const transport = net.transport(catalog.self);
    const sync = createCatalogSync({ catalog, transport, clock, tunables: defaultTunables });
    const directory = await CatalogDirectory.open(catalog);
    const current = { epoch: 0, secret: new Uint8Array(32).fill(1) };
    const overlapMs = defaultTunables.secretOverlapMs;
    const save = async () => undefined;
    const secrets = new NetworkSecrets({ kept: { current, replaced: [] }, save, clock, overlapMs });
    const follower = new SecretFollower({
      catalog,
      transport,
      secrets,
      sealingSecret: deviceSealingKey(keyOf(`device ${index}`)).secretKey,
      isMember: (id) => directory.find(id) !== undefined,
      clock,
      log: silentLog,
    });
    const removal = new OwnRemoval(catalog, []);
    let removed = false;
    void removal.learned.then(() => {
      removed = true;
    });
    const made = {
      catalog,
      secrets,
      removal,
      sync,
      transport,
      follower,
      impact: nothingLost,
      unknownVersions: 0,
      refresh: () => sync.refresh(),
      isRemoved: () => removed,
      isConnected: (other: { catalog: LocalCatalog }) => transport.isConnected(other.catalog.self),
      async remove(other: { catalog: LocalCatalog }, lost = false, signer = world.admin) {
        const chunks = {
          health: async () => ({ unknownVersions: made.unknownVersions }),
          impactOf: async () => made.impact,
        };
        const parts = { catalog, sync: { refresh: made.refresh }, transport, directory, chunks, secrets };
        const wish = { id: other.catalog.self, signer, lost };
        const removing = removeDevice(parts, wish, { clock, random: seededRandom(index) });
        let settled = false;
        removing.then(
          () => (settled = true),
          () => (settled = true),
        );
        await until(() => settled, 'the removal is over');
        return removing;
      },
    };
    return made;
  }

  async function startAll(): Promise<void> {
    for (const { transport, sync, follower } of devices) {
      await transport.start();
      await sync.start();
      follower.start();
    }
  }

  /** Cryptography takes real time, so virtual time passes beside it. */
  async function until(condition: () => boolean, what: string): Promise<void> {
    const giveUpMs = performance.now() + patienceMs;
    while (!condition()) {
      if (performance.now() > giveUpMs) throw new Error(`it did not happen: ${what}`);
      await clock.pass(20);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async function pass(ms: number): Promise<void> {
    const endMs = clock.monotonicMs() + ms;
    await until(() => clock.monotonicMs() >= endMs, `${ms} ms pass`);
  }

  await startAll();
  await until(
    () =>
      catalogs.every((catalog) => catalogs.every(({ self }) => catalog.get('device', self) !== undefined)),
    'all know each other',
  );
  type Device = (typeof devices)[number];
  const idsOf = (group: readonly Device[]) => group.map(({ catalog }) => catalog.self);
  return {
    world,
    devices: devices as [Device, Device, Device, Device, Device],
    until,
    pass,
    startAll,
    stopAll: async () => {
      for (const { transport, sync, follower } of devices) {
        await follower.stop();
        await sync.stop();
        await transport.stop();
      }
    },
    split: (...groups: Device[][]) => net.partition(groups.map(idsOf)),
    heal: () => net.heal(),
  };
}
