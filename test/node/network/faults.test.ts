/** Bad links and bad company, with real sockets on loopback. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect as connectTcp } from 'node:net';
import { after, describe, it } from 'node:test';
import { isPeerstorError } from '../../../src/model/errors.ts';
import type { DeviceId } from '../../../src/model/ids.ts';
import { dialTarget } from '../../../src/node/network/addresses/peer-address.ts';
import { identityFromSeed, peerIdOf } from '../../../src/node/network/addresses/peer-identity.ts';
import { createNode } from '../../../src/node/network/libp2p/libp2p-node.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { allConnected, nextEvent } from '../../contract/transport.contract.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import {
  connect,
  eventually,
  portOf,
  seedOf,
  stopAll,
  stopLeftovers,
  strangers,
  type TestDevice,
  testDevice,
  testNetworkId,
  testSecret,
} from './libp2p/libp2p-world.ts';

const KiB = 1024;

const openProxies: TcpProxy[] = [];

describe('faults on the wire', { concurrency: 4 }, () => {
  after(async () => {
    await stopLeftovers();
    for (const proxy of openProxies) proxy.cut({ refuse: true });
    await Promise.all(openProxies.map((proxy) => proxy.close()));
  });

  it('a device closes connections that send junk or nothing to its p2p port', async () => {
    const devices = await strangers(2);
    await connect(devices);
    const port = portOf(devices[0]!.transport);
    const junk = [
      randomBytes(64 * KiB),
      Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      Buffer.from('\u0013/multistream/1.0.0\n\u0007/noise\n'),
      Buffer.alloc(0),
    ];
    await Promise.all(
      junk.map(
        (bytes) =>
          new Promise<void>((resolve) => {
            const socket = connectTcp(port, '127.0.0.1', () => socket.write(bytes));
            socket.resume();
            // A reset is as good as an end here: what counts is that the device let go of it.
            socket.on('error', () => undefined);
            socket.on('close', () => resolve());
          }),
      ),
    );
    assert.ok(devices[0]!.transport.isConnected(devices[1]!.transport.self));
    await stopAll(devices);
  });

  it('a device with another network secret gets nothing', async () => {
    let asked = 0;
    const authorize = () => {
      asked += 1;
      return { class: 'always-on' as const };
    };
    const home = await testDevice({ number: 1, authorize });
    const foreign = await testDevice({
      number: 2,
      authorize,
      networkSecrets: () => [new Uint8Array(32).fill(9)],
    });
    await Promise.all([home.transport.start(), foreign.transport.start()]);
    foreign.transport.hint(home.transport.self, home.transport.addresses());
    home.transport.hint(foreign.transport.self, foreign.transport.addresses());
    await eventually(() => failures(home) >= 2 && failures(foreign) >= 2, 'both tried twice');
    assert.deepEqual([...home.transport.peers(), ...foreign.transport.peers()], []);
    assert.equal(asked, 0);
    await stopAll([home, foreign]);
  });

  for (const [who, homeAccepts, otherAccepts] of [
    ['the one that is asked', false, true],
    ['the one that asks', true, false],
  ] as const) {
    it(`no connection is made when ${who} does not accept the other as a member`, async () => {
      const served: string[] = [];
      const members: DeviceId[] = [];
      const home = await testDevice({ number: 1, members: () => (homeAccepts ? members : []) });
      const other = await testDevice({ number: 2, members: () => (otherAccepts ? members : []) });
      members.push(home.transport.self, other.transport.self);
      for (const { transport } of [home, other]) {
        transport.handle('secret', async (from) => {
          served.push(from);
          return new Uint8Array(1);
        });
      }
      await Promise.all([home.transport.start(), other.transport.start()]);
      other.transport.hint(home.transport.self, home.transport.addresses());
      await eventually(() => failures(other) >= 2, 'it tried twice');
      assert.deepEqual([...home.transport.peers(), ...other.transport.peers()], []);
      await assert.rejects(other.transport.call(home.transport.self, 'secret', new Uint8Array()), (error) =>
        isPeerstorError(error, 'peer-unreachable'),
      );
      const told = homeAccepts ? home : other;
      assert.ok(
        told.log.some(({ facts }) => JSON.stringify(facts).includes('is not a member of the network')),
        'the refused side is told why',
      );
      assert.deepEqual(served, []);
      await stopAll([home, other]);
    });
  }

  it("a device serves nothing before the hello, not even libp2p's own protocols", async () => {
    const served: string[] = [];
    const home = await testDevice({ number: 1, authorize: () => ({ class: 'always-on' }) });
    home.transport.handle('secret', async (from) => {
      served.push(from);
      return new Uint8Array(1);
    });
    await home.transport.start();
    // Knows the network secret, as a removed device does, but says no hello.
    const { node } = await createNode({
      key: (await identityFromSeed(seedOf(5))).key,
      networkId: testNetworkId,
      networkSecrets: [testSecret],
      announce: [],
      listen: { host: '127.0.0.1', port: 0 },
      mdns: false,
      isWelcome: () => true,
      onNearby: () => undefined,
    });
    await node.start();
    const peer = peerIdOf(home.transport.self);
    const target = dialTarget(`/ip4/127.0.0.1/tcp/${portOf(home.transport)}`, peer);
    const connection = await node.dial(target);
    for (const protocol of ['/ipfs/id/1.0.0', '/ipfs/ping/1.0.0', '/peerstor/kad/1']) {
      const stream = await connection.newStream(protocol);
      let bytes = 0;
      stream.addEventListener('message', ({ data }) => {
        bytes += data.byteLength;
      });
      if (stream.writeStatus === 'writable') stream.send(new Uint8Array(32));
      await eventually(() => stream.status !== 'open', `${protocol} is reset`);
      assert.equal(bytes, 0, protocol);
    }
    const stream = await connection.newStream('/peerstor/control/1');
    const request = [10, 0, 0, 0, 1, 6, ...Buffer.from('secret')];
    stream.send(Uint8Array.from([0, 0, 0, request.length, ...request]));
    await eventually(() => connection.status !== 'open', 'the connection is closed');
    assert.deepEqual(served, []);
    await node.stop();
    await stopAll([home]);
  });

  it('a device closes a connection on which no hello comes', async () => {
    const home = await testDevice({ number: 1 });
    await home.transport.start();
    const { node } = await createNode({
      key: (await identityFromSeed(seedOf(5))).key,
      networkId: testNetworkId,
      networkSecrets: [testSecret],
      announce: [],
      listen: { host: '127.0.0.1', port: 0 },
      mdns: false,
      isWelcome: () => true,
      onNearby: () => undefined,
    });
    await node.start();
    const peer = peerIdOf(home.transport.self);
    const connection = await node.dial(dialTarget(`/ip4/127.0.0.1/tcp/${portOf(home.transport)}`, peer));
    await eventually(() => connection.status !== 'open', 'the connection is closed');
    await node.stop();
    await stopAll([home]);
  });

  it('a device finds a restarted device again by itself', async () => {
    const members: DeviceId[] = [];
    const a = await testDevice({ number: 1, members: () => members });
    const before = await testDevice({ number: 2, members: () => members });
    members.push(a.transport.self, before.transport.self);
    await connect([a, before]);
    const port = portOf(before.transport);
    const bootId = a.transport.peers()[0]?.bootId;
    const lost = nextEvent(a.transport, 'disconnected');
    await before.transport.stop();
    await lost;
    const back = nextEvent(a.transport, 'connected');
    const after = await testDevice({
      number: 2,
      members: () => members,
      listen: { host: '127.0.0.1', port },
    });
    await after.transport.start();
    assert.notEqual((await back).bootId, bootId);
    await stopAll([a, after]);
  });

  it('a device says in one sentence that its p2p port is taken, and how to choose another', async () => {
    const a = await testDevice({ number: 1, members: () => [] });
    await a.transport.start();
    const listen = { host: '127.0.0.1', port: portOf(a.transport) };
    const b = await testDevice({ number: 2, members: () => [], listen });
    await assert.rejects(b.transport.start(), {
      code: 'bad-input',
      message: `This device cannot listen for others on 127.0.0.1, port ${listen.port}: another program uses it; stop that one, or give another port with --p2p-port.`,
    });
    await stopAll([a, b]);
  });

  it('a device remembers the addresses of the others over its own restart', async () => {
    const members: DeviceId[] = [];
    const addressBook = new MemoryOrderedStore();
    const a = await testDevice({ number: 1, members: () => members, addressBook });
    const b = await testDevice({ number: 2, members: () => members });
    members.push(a.transport.self, b.transport.self);
    await connect([a, b]);
    await a.transport.stop();
    const again = await testDevice({ number: 1, members: () => members, addressBook });
    const back = nextEvent(b.transport, 'connected');
    await again.transport.start();
    assert.equal((await back).device, again.transport.self);
    await stopAll([again, b]);
  });

  it('a device suspects, then drops a peer whose link swallows everything, and comes back when it heals', async () => {
    const { a, b, proxies, end } = await overProxies();
    const lost = [nextEvent(a.transport, 'disconnected'), nextEvent(b.transport, 'disconnected')];
    const call = a.transport.call(b.transport.self, 'never', new Uint8Array());
    const failed = assert.rejects(call, (error) => isPeerstorError(error, 'peer-unreachable'));
    for (const proxy of proxies) proxy.blackHole(true);
    await eventually(() => a.transport.peers()[0]?.suspect === true, 'suspected');
    await Promise.all([...lost, failed]);
    for (const proxy of proxies) proxy.blackHole(false);
    await allConnected([a.transport, b.transport]);
    await end();
  });

  it('a device keeps a peer whose link is only slow', async () => {
    const { a, b, proxies, end } = await overProxies();
    let dropped = 0;
    for (const { transport } of [a, b]) {
      transport.onPeer(() => {
        dropped += 1;
      });
    }
    for (const proxy of proxies) proxy.setRate(150 * KiB);
    const body = randomBytes(400 * KiB);
    const lane = 'bulk';
    // Each takes longer than the drop time; what counts as life is a byte, not a message.
    const answers = await Promise.all(
      [1, 2].map(() => a.transport.call(b.transport.self, 'put', body, { lane })),
    );
    assert.deepEqual(
      answers.map((answer) => Buffer.from(answer).readUInt32BE(0)),
      [body.length, body.length],
    );
    assert.equal(dropped, 0);
    await end();
  });

  it('a device never delivers a damaged message, and reconnects after one', async () => {
    const { a, b, proxies, end } = await overProxies();
    const body = Buffer.alloc(300 * KiB, 1);
    for (const proxy of proxies) proxy.flipBit(50 * KiB);
    const lost = nextEvent(a.transport, 'disconnected').catch(() => undefined);
    const call = a.transport.call(b.transport.self, 'sum', body, { lane: 'bulk' });
    await assert.rejects(call, (error) => isPeerstorError(error, 'peer-unreachable'));
    await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, 50))]);
    await allConnected([a.transport, b.transport]);
    const sum = await a.transport.call(b.transport.self, 'sum', body, { lane: 'bulk' });
    assert.equal(Buffer.from(sum).readUInt32BE(0), body.length);
    await end();
  });

  it('a pair of devices has two connections, also after both dialed at once', async () => {
    const { a, b, end } = await overProxies();
    const both = [a.transport.self, b.transport.self];
    const counts = () => [a.transport.facts(b.transport.self), b.transport.facts(a.transport.self)];
    const two = () => counts().every((facts) => facts?.connections === 2);
    for (let round = 0; round < 4; round += 1) {
      await eventually(two, `two connections in round ${round}`);
      await a.transport.call(b.transport.self, 'put', new Uint8Array(200 * KiB), { lane: 'bulk' });
      const lost = [nextEvent(a.transport, 'disconnected'), nextEvent(b.transport, 'disconnected')];
      a.setMembers([a.transport.self]);
      await Promise.all(lost);
      a.setMembers(both);
      a.transport.hint(b.transport.self, []);
      b.transport.hint(a.transport.self, []);
      await allConnected([a.transport, b.transport]);
    }
    await eventually(two, 'two connections at last');
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(two());
    const surplus = [...a.log, ...b.log].filter(({ facts }) =>
      JSON.stringify(facts).includes('connected already'),
    );
    assert.ok(surplus.length > 0, 'at least once both dialled at the same time');
    await end();
  });

  it('a device opens the bulk lane again when only that one was lost', async () => {
    const [a, b] = await strangers(2);
    if (a === undefined || b === undefined) throw new Error('two devices');
    for (const { transport } of [a, b]) {
      transport.handle('echo', async (_from, body) => body);
      await transport.start();
    }
    const proxy = await TcpProxy.open({ host: '127.0.0.1', port: portOf(b.transport) });
    a.transport.hint(b.transport.self, [`/ip4/127.0.0.1/tcp/${proxy.port}`]);
    await allConnected([a.transport, b.transport]);
    let events = 0;
    a.transport.onPeer(() => {
      events += 1;
    });
    const body = new Uint8Array(100 * KiB);
    for (let round = 0; round < 3; round += 1) {
      const there: Uint8Array = await a.transport.call(b.transport.self, 'echo', body, { lane: 'bulk' });
      const back: Uint8Array = await b.transport.call(a.transport.self, 'echo', body, { lane: 'bulk' });
      assert.deepEqual([there.length, back.length], [body.length, body.length]);
      const bulkLost = () => a.log.filter(({ sentence }) => sentence === 'a lane closed').length > round;
      proxy.cutNewest();
      await eventually(bulkLost, 'the loss is seen');
    }
    assert.equal(events, 0);
    await stopAll([a, b]);
    await proxy.close();
  });

  it('a device tells each device from the others where the third is', async () => {
    const devices = await strangers(4);
    await connect(devices);
    for (const { transport } of devices) assert.equal(transport.peers().length, 3);
    await stopAll(devices);
  });

  it('a device disconnects a device that is no longer a member', async () => {
    const [a, b] = await strangers(2);
    await connect([a!, b!]);
    const lost = [nextEvent(a!.transport, 'disconnected'), nextEvent(b!.transport, 'disconnected')];
    a!.setMembers([a!.transport.self]);
    await Promise.all(lost);
    await eventually(() => failures(b!) >= 2, 'it tries to come back');
    assert.deepEqual(a!.transport.peers(), []);
    await stopAll([a!, b!]);
  });

  it('a device works without multicast too', async () => {
    const devices = await strangers(2, { mdns: true });
    await connect(devices);
    await stopAll(devices);
  });
});

/** Two devices that reach each other through a proxy each, both ways. */
async function overProxies() {
  const devices = await strangers(2);
  const [a, b] = devices;
  if (a === undefined || b === undefined) throw new Error('two devices');
  const sizeOf = async (_from: DeviceId, body: Uint8Array) => {
    const answer = Buffer.alloc(4);
    answer.writeUInt32BE(body.length);
    return answer;
  };
  const sumOf = async (_from: DeviceId, body: Uint8Array) => {
    const answer = Buffer.alloc(4);
    answer.writeUInt32BE(body.reduce((sum, byte) => sum + byte, 0));
    return answer;
  };
  for (const { transport } of devices) {
    transport.handle('put', sizeOf);
    transport.handle('sum', sumOf);
    transport.handle('never', () => new Promise(() => undefined));
    await transport.start();
  }
  const proxies = await Promise.all(
    devices.map(({ transport }) => TcpProxy.open({ host: '127.0.0.1', port: portOf(transport) })),
  );
  openProxies.push(...proxies);
  a.transport.hint(b.transport.self, [`/ip4/127.0.0.1/tcp/${proxies[1]!.port}`]);
  b.transport.hint(a.transport.self, [`/ip4/127.0.0.1/tcp/${proxies[0]!.port}`]);
  await allConnected([a.transport, b.transport]);
  await a.transport.call(b.transport.self, 'put', new Uint8Array(1), { lane: 'bulk' });
  const end = async () => {
    await stopAll(devices);
    await Promise.all(proxies.map((proxy) => proxy.close()));
  };
  return { a, b, proxies, end };
}

/** How often this device failed to reach another. */
function failures(device: TestDevice): number {
  return device.log.filter(({ sentence }) => sentence === 'a device could not be reached').length;
}
