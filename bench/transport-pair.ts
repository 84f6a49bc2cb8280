/**
 * Two processes with the real transport between them, and a bare framed libp2p stream beside it: what
 * is measured against. This file is also what the other process runs.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { systemClock } from '../src/model/clock.ts';
import { type DeviceId, deviceId, networkId } from '../src/model/ids.ts';
import { defaultTunables } from '../src/model/limits.ts';
import { silentLog } from '../src/model/log.ts';
import { dialTarget, plainAddress } from '../src/node/network/addresses/peer-address.ts';
import { identityFromSeed, peerIdOf } from '../src/node/network/addresses/peer-identity.ts';
import { FramedStream } from '../src/node/network/frames/framed-stream.ts';
import { createLibp2pTransport, type Libp2pTransport, type Wire } from '../src/node/network/index.ts';
import { createNode } from '../src/node/network/libp2p/libp2p-node.ts';
import { MemoryOrderedStore } from '../src/store/level/memory-ordered-store.ts';
import { TcpProxy } from '../test/support/tcp-proxy.ts';
import { MiB } from './measure.ts';

export const chunkBytes = 512 * 1024;
/** What `chunk/get` answers; its id is `chunkIdOf`. */
export const benchChunk = new Uint8Array(chunkBytes).fill(5);
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

export interface TransportPair {
  transport: Libp2pTransport;
  /** The device of the other process: it answers `chunk/put`, `chunk/get`, `cpu` and `rss`. */
  peer: DeviceId;
  /** MiB a second of so many bytes over a bare stream. */
  bareRate(mib: number): Promise<number>;
  close(): Promise<void>;
}

/** Makes of the other process's address, such as /ip4/127.0.0.1/tcp/1, the one to dial. */
type Through = (address: string) => Promise<string>;

export async function openPair(
  through: Through = async (address) => address,
  wire: Wire = 'noise',
): Promise<TransportPair> {
  const child = fork(new URL(import.meta.url), ['--other', wire], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [ready] = (await once(child, 'message')) as [Ready];
  const transport = await device(1, wire);
  await transport.start();
  const peer = deviceId(ready.device);
  const connected = new Promise<void>((resolve) => transport.onPeer(() => resolve()));
  transport.hint(peer, await Promise.all(ready.addresses.map(through)));
  await connected;
  while (transport.facts(peer)?.sealed !== (wire === 'sealed'))
    await new Promise((done) => setTimeout(done, 50));
  return {
    transport,
    peer,
    bareRate: (mib) => bareRate(ready, through, mib),
    close: async () => {
      await transport.stop();
      child.disconnect();
    },
  };
}

/** A pair whose connections share no more than this, each way and each address for itself. */
export async function openSlowPair(bytesPerSecond: number): Promise<TransportPair> {
  const proxies: TcpProxy[] = [];
  const pair = await openPair(async (address) => {
    const proxy = await TcpProxy.open({ host: '127.0.0.1', port: Number(address.split('/')[4]) });
    proxy.setRate(bytesPerSecond);
    proxies.push(proxy);
    return address.replace(/\/tcp\/\d+/, `/tcp/${proxy.port}`);
  });
  return {
    ...pair,
    close: async () => {
      await pair.close();
      for (const proxy of proxies) await proxy.close();
    },
  };
}

/** Calls with chunk-sized bodies, some at a time. @returns MiB a second */
export async function callRate(mib: number, call: () => Promise<unknown>): Promise<number> {
  let left = Math.ceil((mib * MiB) / chunkBytes);
  const startMs = performance.now();
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return rate(mib, startMs);
}

async function device(seed: number, wire: Wire): Promise<Libp2pTransport> {
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
    wire: () => wire,
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

async function bareRate(ready: Ready, through: Through, mib: number): Promise<number> {
  const { node } = await bareNode(4);
  const target = await through(ready.bareAddresses.map(plainAddress)[0] ?? '');
  const connection = await node.dial(dialTarget(target, peerIdOf(deviceId(ready.bareDevice))));
  const framed = new FramedStream(await connection.newStream(bareProtocol), {
    clock: systemClock,
    stallMs: 30_000,
  });
  const chunk = new Uint8Array(chunkBytes).fill(7);
  const startMs = performance.now();
  for (let sent = 0; sent < mib * MiB; sent += chunkBytes) await framed.write([chunk]);
  const ended = framed.end();
  await framed.read();
  const measured = rate(mib, startMs);
  await ended;
  await node.stop();
  return measured;
}

/** Seconds of processor time that this process has used. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function rate(mib: number, startMs: number): number {
  return mib / ((performance.now() - startMs) / 1000);
}

/** The other process: takes, gives, and reads frames into nothing. */
async function serve(): Promise<void> {
  const transport = await device(2, process.argv.includes('sealed') ? 'sealed' : 'noise');
  transport.handle('chunk/put', async () => new Uint8Array(1));
  transport.handle('chunk/get', async () => benchChunk);
  transport.handle('cpu', async () => Buffer.from(String(cpuSeconds())));
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

if (process.argv.includes('--other')) await serve();
