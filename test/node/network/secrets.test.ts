import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeviceId } from '../../../src/model/ids.ts';
import { noiseName } from '../../../src/node/network/libp2p/secret-encrypters.ts';
import { connect, eventually, patient, stopAll, type TestDevice, testDevice } from './libp2p/libp2p-world.ts';

const secretOf = (number: number) => new Uint8Array(32).fill(number);

interface Keeper extends TestDevice {
  use(...numbers: number[]): void;
}

describe('network secrets on the wire', () => {
  it('network secrets change while devices are connected, and no connection is lost', async () => {
    const [a, b] = await keepers(2);
    await connect([a, b]);
    const bootId = a.transport.peers()[0]?.connectedAtMs;
    for (const device of [a, b]) device.use(2);
    b.transport.handle('late', async () => new Uint8Array([1]));
    await a.transport.call(b.transport.self, 'late', new Uint8Array(0));
    assert.equal(a.transport.peers()[0]?.connectedAtMs, bootId);
    await b.transport.stop();
    await b.transport.start();
    await eventually(() => a.transport.isConnected(b.transport.self), 'connected by the new one');
    await stopAll([a, b]);
  });

  it('a device may connect by the old network secret as long as both devices have it', async () => {
    const [a, b, c] = await keepers(3);
    a.use(2, 1);
    b.use(2, 1);
    await connect([a, b, c]);
    await c.transport.stop();
    for (const device of [a, b]) device.use(2);
    await c.transport.start();
    for (const device of [a, b]) c.transport.hint(device.transport.self, device.transport.addresses());
    await eventually(() => refusals(c) >= 4, 'it has tried');
    assert.deepEqual(c.transport.peers(), []);
    // Somebody has told it the new one.
    c.use(2);
    await eventually(() => c.transport.peers().length === 2, 'it is let in');
    await stopAll([a, b, c]);
  });

  it('the negotiation shows only 32 bits derived from a network secret', () => {
    assert.match(noiseName(secretOf(1)), /^\/peerstor\/noise\/[0-9a-f]{8}$/);
    assert.notEqual(noiseName(secretOf(1)), noiseName(secretOf(2)));
  });

  it('a removed device is told why it is refused, and a stranger is told nothing', async () => {
    const proof = [new Uint8Array([1, 2, 3]), new Uint8Array([4])];
    const told: (readonly Uint8Array[])[] = [];
    const members: DeviceId[] = [];
    const removed: DeviceId[] = [];
    const home = await testDevice({
      number: 1,
      tunables: patient,
      members: () => members.filter((id) => !removed.includes(id)),
      removalProof: (device) => (removed.includes(device) ? proof : []),
    });
    const gone = await testDevice({
      number: 2,
      tunables: patient,
      members: () => members,
      onRefused: (records) => told.push(records),
    });
    members.push(home.transport.self, gone.transport.self);
    await connect([home, gone]);
    removed.push(gone.transport.self);
    home.setMembers([home.transport.self]);
    await eventually(() => told.length > 0, 'it was told');
    assert.deepEqual(told[0], proof);
    removed.length = 0;
    told.length = 0;
    const before = refusals(gone);
    await eventually(() => refusals(gone) > before, 'it was refused again');
    assert.deepEqual(told, []);
    await stopAll([home, gone]);
  });
});

function refusals({ log }: TestDevice): number {
  return log.filter(({ sentence }) => sentence === 'a device could not be reached').length;
}

async function keepers(count: 2): Promise<[Keeper, Keeper]>;
async function keepers(count: 3): Promise<[Keeper, Keeper, Keeper]>;
/** Members that know each other; all begin with secret 1. */
async function keepers(count: number): Promise<Keeper[]> {
  const members: DeviceId[] = [];
  const made: Keeper[] = [];
  for (let number = 1; number <= count; number += 1) {
    let secrets = [secretOf(1)];
    const device = await testDevice({
      number,
      tunables: patient,
      members: () => members,
      networkSecrets: () => secrets,
    });
    members.push(device.transport.self);
    const use = (...numbers: number[]) => {
      secrets = numbers.map(secretOf);
      device.transport.secretsChanged();
    };
    made.push({ ...device, use });
  }
  return made;
}
