/**
 * Links between devices that can be broken one by one. Each device announces the address of a proxy, which finds
 * out who dials and forwards the connection over the link of that pair. It identifies the dialer by the socket that
 * the dialer has open (Linux's /proc).
 */
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { reset, TcpProxy, type Wire } from '../support/tcp-proxy.ts';

export class Links {
  readonly #pidOf: (device: number) => number;
  readonly #doors: Server[] = [];
  /** [dialer][dialled] */
  readonly #links: (TcpProxy | undefined)[][] = [];

  private constructor(pidOf: (device: number) => number) {
    this.#pidOf = pidOf;
  }

  /**
   * @param ports of the devices' own p2p listeners
   * @param pidOf process id of a device, 0 while it does not run
   */
  static async open(ports: readonly number[], pidOf: (device: number) => number): Promise<Links> {
    const links = new Links(pidOf);
    for (const dialer of ports.keys()) {
      const row: (TcpProxy | undefined)[] = [];
      for (const [dialled, port] of ports.entries()) {
        row.push(dialer === dialled ? undefined : await TcpProxy.open({ host: '127.0.0.1', port }));
      }
      links.#links.push(row);
    }
    for (const dialled of ports.keys()) links.#doors.push(await links.#openDoor(dialled, ports.length));
    return links;
  }

  /** The address that a device announces: IP:PORT. */
  announced(device: number): string {
    return `127.0.0.1:${portOf(this.#doors[device])}`;
  }

  /** Both directions of dialing between two devices. */
  between(one: number, other: number): TcpProxy[] {
    return [this.#links[one]?.[other], this.#links[other]?.[one]].flatMap((link) => link ?? []);
  }

  /** Every link that a device has. */
  of(device: number): TcpProxy[] {
    return this.#links.flatMap((_, other) => (other === device ? [] : this.between(device, other)));
  }

  /** From now on, everything that leaves a device shares one uplink, as in a home. */
  shareUplink(device: number, wire: Wire): void {
    for (const link of this.#links[device] ?? []) link?.share('there', wire);
    for (const row of this.#links) row[device]?.share('back', wire);
  }

  /** All links work again at full speed. */
  heal(): void {
    for (const link of this.#links.flat()) {
      link?.accept();
      link?.blackHole(false);
      link?.setRate(Number.POSITIVE_INFINITY);
      link?.setDelay(0);
    }
  }

  async close(): Promise<void> {
    for (const door of this.#doors) door.close();
    await Promise.all(this.#links.flat().map((link) => link?.close()));
  }

  async #openDoor(dialled: number, devices: number): Promise<Server> {
    const door = createServer((client) => {
      const inode = inodeOf(client);
      const dialer = [...Array(devices).keys()].find(
        (device) => inode !== undefined && hasSocket(this.#pidOf(device), inode),
      );
      const link = dialer === undefined ? undefined : this.#links[dialer]?.[dialled];
      if (link) join(client, connect({ host: '127.0.0.1', port: link.port, noDelay: true }));
      else reset(client);
    });
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
    return door;
  }
}

/** Below the ephemeral ports, so that no other program gets one by chance in between. */
const [portMin, portMax] = [12_000, 32_000];

/** A port that is free now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(portMin, portMax);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
}

function portOf(server: Server | undefined): number {
  const address = server?.address();
  if (!address || typeof address === 'string') throw new Error('this server does not listen');
  return address.port;
}

function join(client: Socket, link: Socket): void {
  client.setNoDelay(true);
  for (const [from, to] of [
    [client, link],
    [link, client],
  ] as const) {
    from.on('error', () => reset(to));
    from.on('close', () => to.destroy());
    from.pipe(to);
  }
}

/** The inode of the far end of a loopback connection. */
function inodeOf({ remotePort = 0, localPort = 0 }: Socket): string | undefined {
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/);
    if (local?.endsWith(`:${hex(remotePort)}`) && remote?.endsWith(`:${hex(localPort)}`)) return inode;
  }
  return undefined;
}

function hasSocket(pid: number, inode: string): boolean {
  if (pid === 0) return false;
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => isSocket(`/proc/${pid}/fd/${fd}`, inode));
  } catch {
    // The process has ended in the meantime.
    return false;
  }
}

function isSocket(path: string, inode: string): boolean {
  try {
    return readlinkSync(path) === `socket:[${inode}]`;
  } catch {
    // The file was closed in the meantime.
    return false;
  }
}
