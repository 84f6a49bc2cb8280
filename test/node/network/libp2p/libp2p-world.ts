/** Real transports on loopback, made in one line, with membership and addresses in the test's hand. */
import { type DeviceId, type NetworkId, networkId } from '../../../../src/model/ids.ts';
import { defaultTunables, type Tunables } from '../../../../src/model/limits.ts';
import type { Log } from '../../../../src/model/log.ts';
import {
  createLibp2pTransport,
  type Libp2pTransport,
  type Libp2pTransportOptions,
} from '../../../../src/node/network/index.ts';
import { MemoryOrderedStore } from '../../../../src/store/level/memory-ordered-store.ts';
import { allConnected } from '../../../contract/transport.contract.ts';
import { until } from '../../../support/until.ts';

export const testNetworkId: NetworkId = networkId('ab'.repeat(32));
export const testSecret = new Uint8Array(32).fill(7);

/** Short times, so that what takes half a minute at home takes half a second here. */
export const quick: Tunables = {
  ...defaultTunables,
  heartbeatMs: 100,
  // A busy machine lets a process stand still for a second.
  peerSuspectMs: 600,
  peerDropMs: 2000,
  redialMinMs: 50,
  redialMaxMs: 400,
};

/** Reconnects quickly, but does not give up on a peer because this machine is busy. */
export const patient: Tunables = { ...quick, heartbeatMs: 500, peerSuspectMs: 5000, peerDropMs: 15_000 };

export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error';
  facts: object;
  sentence: string;
}

export interface TestDevice {
  transport: Libp2pTransport;
  log: LogLine[];
  /** Changes whom this device holds to be members, and tells the transport. */
  setMembers(members: readonly DeviceId[]): void;
}

/** Which devices there are; shared by the devices of one test, changed by `setMembers` of one for itself. */
export interface DeviceOptions extends Partial<Libp2pTransportOptions> {
  /** Chooses the key, so the same number is the same device. */
  number: number;
  members?: () => Iterable<DeviceId>;
}

export async function testDevice({ number, ...options }: DeviceOptions): Promise<TestDevice> {
  const log: LogLine[] = [];
  let members: readonly DeviceId[] | undefined;
  const listeners = new Set<() => void>();
  const membersNow = () => [...(members ?? options.members?.() ?? [])];
  const transport = await createLibp2pTransport({
    identitySeed: seedOf(number),
    networkId: testNetworkId,
    networkSecrets: () => [testSecret],
    listen: { host: '127.0.0.1', port: 0 },
    name: () => `device ${number}`,
    class: () => 'always-on',
    certificates: () => [new Uint8Array([number])],
    authorize: (device) => (membersNow().includes(device) ? { class: 'always-on' } : undefined),
    addressBook: new MemoryOrderedStore(),
    mdns: false,
    tunables: quick,
    log: collect(log),
    ...options,
    members: membersNow,
    onMembersChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
  created.add(transport);
  return {
    transport,
    log,
    setMembers(next) {
      members = next;
      for (const listener of listeners) listener();
    },
  };
}

/** `count` members that do not know where the others are. */
export async function strangers(
  count: number,
  options: Partial<Libp2pTransportOptions> = {},
  optionsOf: (number: number) => Partial<Libp2pTransportOptions> = () => ({}),
): Promise<TestDevice[]> {
  const all: DeviceId[] = [];
  const devices: TestDevice[] = [];
  for (let number = 1; number <= count; number += 1) {
    const device = await testDevice({ ...options, ...optionsOf(number), number, members: () => all });
    all.push(device.transport.self);
    devices.push(device);
  }
  return devices;
}

/** Starts them all, introduces them to the first one, and waits until everyone knows everyone. */
export async function connect(devices: readonly TestDevice[]): Promise<void> {
  const transports = devices.map(({ transport }) => transport);
  await Promise.all(transports.map((transport) => transport.start()));
  const [first, ...others] = transports;
  for (const other of others) other.hint(first!.self, first!.addresses());
  await allConnected(transports);
}

const created = new Set<Libp2pTransport>();

/** Ends what a test that failed has left running; else its process would never end. */
export async function stopLeftovers(): Promise<void> {
  await Promise.all([...created].map((transport) => transport.stop()));
  created.clear();
}

export async function stopAll(devices: readonly TestDevice[]): Promise<void> {
  await Promise.all(devices.map(({ transport }) => transport.stop()));
}

export function portOf(transport: Libp2pTransport): number {
  const port = /\/tcp\/(\d+)/.exec(transport.addresses()[0] ?? '')?.[1];
  if (port === undefined) throw new Error('the transport has not started');
  return Number(port);
}

export function seedOf(number: number): Uint8Array {
  return new Uint8Array(32).fill(number);
}

export function eventually(condition: () => boolean, what: string): Promise<void> {
  return until(what, condition);
}

function collect(lines: LogLine[]): Log {
  const at = (level: LogLine['level']) => (facts: object, sentence: string) => {
    lines.push({ level, facts, sentence });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
