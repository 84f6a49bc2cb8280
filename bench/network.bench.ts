/**
 * What the network costs: chunk-sized calls between two processes on loopback, beside a bare framed
 * libp2p stream, and the memory of an idle device.
 *
 *   node bench/network.bench.ts [--mib 400] [--rounds 3]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/model/clock.ts';
import { type DeviceId, deviceId, networkId } from '../src/model/ids.ts';
import { defaultTunables } from '../src/model/limits.ts';
import { silentLog } from '../src/model/log.ts';
import { FramedStream } from '../src/node/network/framed-stream.ts';
import { createLibp2pTransport, type Libp2pTransport } from '../src/node/network/index.ts';
import { createNode } from '../src/node/network/libp2p-node.ts';
import { dialTarget, plainAddress } from '../src/node/network/peer-address.ts';
import { identityFromSeed, peerIdOf } from '../src/node/network/peer-identity.ts';
import { MemoryOrderedStore } from '../src/store/memory-ordered-store.ts';

const chunkBytes = 512 * 1024;
const { values: flags } = parseArgs({
  options: { mib: { type: 'string', default: '400' }, rounds: { type: 'string', default: '3' } },
  strict: false,
});
const chunks = Math.ceil((Number(flags.mib) * 1024 * 1024) / chunkBytes);
const inFlight = 8;
const bareProtocol = '/bench/bare/1';
const network = networkId('cd'.repeat(32));
const secret = new Uint8Array(32).fill(1);
const listen = { host: '127.0.0.1', port: 0 };

interface Ready {
  device: string;
  addresses: string[];
  bareDevice: string;
  bareAddresses: string[];
}

if (process.send === undefined) await measure();
else await serve();

async function device(seed: number): Promise<Libp2pTransport> {
  return createLibp2pTransport({
    identitySeed: new Uint8Array(32).fill(seed),
    networkId: network,
    networkSecrets: () => [secret],
    listen,
    name: () => `device ${seed}`,
    class: () => 'always-on',
    certificates: () => [],
    authorize: () => ({ class: 'always-on' }),
    members: () => [],
    onMembersChange: () => () => undefined,
    addressBook: new MemoryOrderedStore(),
    mdns: false,
    tunables: defaultTunables,
    log: { ...silentLog, warn: (facts, text) => console.error(text, facts) },
  });
}

async function bareNode(seed: number) {
  const identity = await identityFromSeed(new Uint8Array(32).fill(seed));
  const { node } = await createNode({
    key: identity.key,
    networkId: network,
    networkSecrets: [secret],
    listen,
    announce: [],
    mdns: false,
    isWelcome: () => true,
    onNearby: () => undefined,
  });
  await node.start();
  return { node, device: identity.device };
}

/** The other process: takes, gives, and reads frames into nothing. */
async function serve(): Promise<void> {
  const transport = await device(2);
  const chunk = new Uint8Array(chunkBytes).fill(5);
  transport.handle('put', async () => new Uint8Array(1));
  transport.handle('get', async () => chunk);
  transport.handle('rss', async () => Buffer.from(String(process.memoryUsage().rss)));
  await transport.start();
  const bare = await bareNode(3);
  await bare.node.handle(bareProtocol, async (stream) => {
    const framed = new FramedStream(stream, { clock: systemClock, stallMs: 30_000 });
    while ((await framed.read()) !== undefined);
    await framed.write([new Uint8Array(1)]);
    await framed.end();
  });
  const ready: Ready = {
    device: transport.self,
    addresses: transport.addresses(),
    bareDevice: bare.device,
    bareAddresses: bare.node.getMultiaddrs().map((address) => address.toString()),
  };
  process.send?.(ready);
  process.on('disconnect', () => process.exit(0));
}

async function measure(): Promise<void> {
  console.log(`RSS of this process with the imports alone: ${mebibytes(process.memoryUsage().rss)} MiB`);
  const child = fork(new URL(import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [ready] = (await once(child, 'message')) as [Ready];
  const transport = await device(1);
  await transport.start();
  const peer = deviceId(ready.device);
  transport.hint(peer, ready.addresses);
  await connected(transport);
  await new Promise((resolve) => setTimeout(resolve, 5000));
  console.log(
    `RSS idle, one peer: ${mebibytes(process.memoryUsage().rss)} MiB here, ${await childRss()} MiB there`,
  );

  const chunk = new Uint8Array(chunkBytes).fill(7);
  const put = () => transport.call(peer, 'put', chunk, { lane: 'bulk' });
  const get = () => transport.call(peer, 'get', new Uint8Array(32), { lane: 'bulk' });
  for (let round = 1; round <= Number(flags.rounds); round += 1) {
    console.log(`round ${round}`);
    report('put calls', await many(put));
    report('get calls', await many(get));
    report('bare stream', await bareStream(ready));
  }
  console.log(`control round trip ${transport.peers()[0]?.rttMs.toFixed(1)} ms`);
  console.log(`RSS after: ${mebibytes(process.memoryUsage().rss)} MiB here, ${await childRss()} MiB there`);
  await transport.stop();
  child.disconnect();

  async function childRss(): Promise<number> {
    const answer = await transport.call(peer, 'rss', new Uint8Array());
    return mebibytes(Number(Buffer.from(answer).toString()));
  }
}

async function many(call: () => Promise<unknown>): Promise<number> {
  let left = chunks;
  const startMs = performance.now();
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return performance.now() - startMs;
}

async function bareStream(ready: Ready): Promise<number> {
  const { node } = await bareNode(4);
  const target = ready.bareAddresses.map(plainAddress)[0] ?? '';
  const connection = await node.dial(
    dialTarget(target, peerIdOf(deviceId(ready.bareDevice) satisfies DeviceId)),
  );
  const framed = new FramedStream(await connection.newStream(bareProtocol), {
    clock: systemClock,
    stallMs: 30_000,
  });
  const chunk = new Uint8Array(chunkBytes).fill(7);
  const startMs = performance.now();
  for (let sent = 0; sent < chunks; sent += 1) await framed.write([chunk]);
  const ended = framed.end();
  await framed.read();
  const tookMs = performance.now() - startMs;
  await ended;
  await node.stop();
  return tookMs;
}

async function connected(transport: Libp2pTransport): Promise<void> {
  await new Promise<void>((resolve) => {
    transport.onPeer(() => resolve());
  });
}

function report(what: string, tookMs: number): void {
  const rate = (chunks * chunkBytes) / 1024 / 1024 / (tookMs / 1000);
  console.log(`  ${what.padEnd(12)} ${rate.toFixed(0).padStart(4)} MiB/s`);
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
