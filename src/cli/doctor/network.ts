/** Why devices do not see each other: this machine's networks, multicast, firewalls, and one other device. */
import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { type Finding, note, ok, problem } from './finding.ts';

export type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

const mdnsAddress = '224.0.0.251';
const mdnsPort = 5353;
const mdnsWaitMs = 1500;
const connectWaitMs = 4000;
const skewMaxMs = 2 * 60_000;
/** Tunnels carry no multicast, and often take all traffic. */
const tunnelNames = /^(tun|tap|wg|utun|ppp|tailscale|zt|nordlynx|proton|ipsec)/i;

export function judgeInterfaces(interfaces: Interfaces): Finding[] {
  const faces = Object.entries(interfaces).flatMap(([name, list]) =>
    (list ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map((face) => ({ name, ...face })),
  );
  const lan = faces.filter(({ name }) => !tunnelNames.test(name) && !/^(docker|br-|veth|virbr)/.test(name));
  const tunnels = [...new Set(faces.filter(({ name }) => tunnelNames.test(name)).map(({ name }) => name))];
  const findings: Finding[] = [];
  if (lan.length === 0)
    findings.push(
      problem('network', 'This machine has no address in a local network.', 'Connect it by cable or Wi-Fi.'),
    );
  else
    findings.push(
      ok(
        'network',
        `Addresses here: ${lan.map(({ name, cidr, address }) => `${cidr ?? address} (${name})`).join(', ')}.`,
      ),
    );
  if (tunnels.length > 0)
    findings.push(
      note(
        'vpn',
        `A VPN is up (${tunnels.join(', ')}). Some VPNs keep devices of the same home from seeing each other.`,
        'Allow access to the local network in its settings, or name the other device with --peer HOST:PORT.',
      ),
    );
  const subnets = new Set(lan.map(subnetOf));
  if (subnets.size > 1)
    findings.push(
      note(
        'subnets',
        'This machine is in several networks. Devices are found only in those that both are in.',
        null,
      ),
    );
  return findings;
}

/** Joins the group of mDNS, asks, and listens for its own question: what a firewall or a container takes away. */
export async function judgeMulticast(): Promise<Finding> {
  const action =
    'Allow UDP port 5353 in the firewall of this machine. In a container use the network of the host. Or name devices with --peer HOST:PORT.';
  try {
    const heard = await hearsItself();
    if (heard) return ok('mdns', 'Multicast DNS works on this machine.');
    return problem(
      'mdns',
      'This machine does not hear its own multicast DNS: devices nearby are not found by themselves.',
      action,
    );
  } catch (error) {
    return problem(
      'mdns',
      `Multicast DNS cannot be used here: ${error instanceof Error ? error.message : String(error)}.`,
      action,
    );
  }
}

function hearsItself(): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    const end = (settle: () => void) => {
      clearTimeout(timer);
      socket.close();
      settle();
    };
    const timer = setTimeout(() => end(() => resolve(false)), mdnsWaitMs);
    const name = `doctor-${process.pid}-${Date.now().toString(36)}`;
    socket.once('error', (error) => end(() => reject(error)));
    socket.on('message', (message) => {
      if (message.includes(name)) end(() => resolve(true));
    });
    socket.bind(mdnsPort, () => {
      socket.addMembership(mdnsAddress);
      socket.setMulticastLoopback(true);
      socket.send(questionFor(name), mdnsPort, mdnsAddress);
    });
  });
}

/** A DNS question for a name of `.local` that nobody has (RFC 6762). */
function questionFor(name: string): Buffer {
  const labels = [name, 'local'].flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1]);
}

/** Firewalls that are switched on, where their settings can be read. @param ports that others must reach */
export async function judgeFirewall(ports: readonly number[], platform: NodeJS.Platform): Promise<Finding[]> {
  if (platform !== 'linux') return [];
  const tcp = ports.map((port) => `${port}/tcp`);
  const ufw = await readFile('/etc/ufw/ufw.conf', 'utf8').catch(() => '');
  if (/^\s*ENABLED\s*=\s*yes/im.test(ufw))
    return [
      note(
        'firewall',
        'The firewall ufw is on. Others reach this device only through ports that it allows.',
        `Run: ${[...tcp, '5353/udp'].map((port) => `sudo ufw allow ${port}`).join('; ')}`,
      ),
    ];
  const firewalld = await readFile('/run/firewalld.pid', 'utf8').catch(() => '');
  if (firewalld === '') return [];
  const allow = [...tcp, '5353/udp'].map((port) => `--add-port=${port}`).join(' ');
  return [
    note(
      'firewall',
      'The firewall firewalld is on. Others reach this device only through ports that it allows.',
      `Run: sudo firewall-cmd --permanent ${allow} && sudo firewall-cmd --reload`,
    ),
  ];
}

export interface PeerFacts {
  address: string;
  /** What the connection came to: an error code of the system, `timeout`, or undefined where it stood. */
  failure: string | undefined;
  /** What `/healthz` answered. */
  health: { deviceName: string; networkId: string | null } | undefined;
  clockOffsetMs: number | undefined;
}

/** @param ownNetwork undefined where this device does not run */
export function judgePeer(peer: PeerFacts, ownNetwork: string | null | undefined): Finding[] {
  const { address, failure, health, clockOffsetMs } = peer;
  if (failure !== undefined) return [problem('peer', ...failureWords(address, failure))];
  if (!health)
    return [
      problem(
        'peer',
        `Something answers at ${address}, but it is no peerstor.`,
        'Check the port: "peerstor status" on the other device shows it.',
      ),
    ];
  const findings = [ok('peer', `${health.deviceName} answers at ${address}.`)];
  if (health.networkId === null)
    findings.push(
      note(
        'peer-network',
        `${health.deviceName} has no network yet.`,
        'Run "peerstor pair" here and "peerstor join CODE" there.',
      ),
    );
  else if (ownNetwork !== undefined && health.networkId !== ownNetwork)
    findings.push(
      problem(
        'peer-network',
        `${health.deviceName} belongs to another network than this device.`,
        'A device is in one network. Remove it there first, then pair it here.',
      ),
    );
  if (clockOffsetMs !== undefined && Math.abs(clockOffsetMs) > skewMaxMs) {
    const minutes = Math.round(Math.abs(clockOffsetMs) / 60_000);
    findings.push(
      problem(
        'clock',
        `The clocks differ by ${minutes} minutes: ${health.deviceName} is ${clockOffsetMs > 0 ? 'ahead' : 'behind'}.`,
        'Switch on automatic time on both (timedatectl set-ntp true).',
      ),
    );
  }
  return findings;
}

function failureWords(address: string, failure: string): [sentence: string, action: string] {
  switch (failure) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return [
        `No address is known for ${address}.`,
        'Write the address in numbers, such as 192.168.1.20:8080.',
      ];
    case 'ECONNREFUSED':
      return [
        `The machine of ${address} is there, but nothing listens on that port.`,
        'Is peerstor running there? "peerstor status" on it shows the port.',
      ];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return [
        `There is no way to ${address} from here.`,
        'Are both in the same network? Is the other machine on?',
      ];
    default:
      return [
        `Nothing answers at ${address} (${failure}).`,
        'Its firewall may drop connections, or the Wi-Fi keeps its clients apart ("client isolation", guest network): switch that off in the router.',
      ];
  }
}

export async function lookAtPeer(address: string): Promise<PeerFacts> {
  const { host, port } = addressOf(address);
  const failure = await connectFailure(host, port);
  if (failure !== undefined) return { address, failure, health: undefined, clockOffsetMs: undefined };
  return { address, failure, ...(await askHealth(host, port)) };
}

function addressOf(address: string): { host: string; port: number } {
  const url = URL.parse(`http://${address.replace(/^https?:\/\//, '')}`);
  return { host: (url?.hostname ?? address).replace(/^\[|\]$/g, ''), port: Number(url?.port || 8080) };
}

function connectFailure(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: connectWaitMs });
    const end = (failure: string | undefined) => {
      socket.destroy();
      resolve(failure);
    };
    socket.once('connect', () => end(undefined));
    socket.once('timeout', () => end('timeout'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

function askHealth(host: string, port: number): Promise<Pick<PeerFacts, 'health' | 'clockOffsetMs'>> {
  return new Promise((resolve) => {
    const nothing = { health: undefined, clockOffsetMs: undefined };
    const asking = request({
      host,
      port,
      path: '/healthz',
      timeout: connectWaitMs,
      headers: { accept: 'application/json' },
    });
    asking.once('timeout', () => asking.destroy());
    asking.once('error', () => resolve(nothing));
    asking.once('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => {
        text += piece.slice(0, 10_000);
      });
      answer.once('end', () => {
        const dateMs = Date.parse(answer.headers.date ?? '');
        const health = healthIn(text);
        // The header has whole seconds.
        resolve({ health, clockOffsetMs: Number.isNaN(dateMs) ? undefined : dateMs + 500 - Date.now() });
      });
      answer.once('error', () => resolve(nothing));
    });
    asking.end();
  });
}

function healthIn(text: string): PeerFacts['health'] {
  try {
    const { deviceName, networkId } = Object(JSON.parse(text));
    if (typeof deviceName !== 'string') return undefined;
    return { deviceName, networkId: typeof networkId === 'string' ? networkId : null };
  } catch {
    return undefined;
  }
}

function subnetOf({ address, netmask }: NetworkInterfaceInfo): string {
  const mask = netmask.split('.').map(Number);
  return address
    .split('.')
    .map((part, at) => Number(part) & (mask[at] ?? 0))
    .join('.');
}
