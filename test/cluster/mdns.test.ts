/** Two devices on two hosts of one network (network namespaces joined by a bridge) find each other by themselves. */
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { until } from '../support/until.ts';
import { DeviceProcess } from './device-process.ts';

const tag = `ps${process.pid % 10_000}`;
const hosts = [1, 2].map((n) => ({
  namespace: `${tag}n${n}`,
  address: `10.77.0.${n}`,
  inside: `${tag}i${n}`,
  outside: `${tag}o${n}`,
}));
const bridge = `${tag}br`;

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });

/** Undefined if this machine can make network namespaces, else the reason why it cannot. */
function whyNotPermitted(): string | undefined {
  try {
    ip('netns', 'add', `${tag}try`);
    ip('netns', 'del', `${tag}try`);
    return undefined;
  } catch (error) {
    return `network namespaces cannot be made here: ${(error as Error).message.split('\n')[0]}`;
  }
}

function makeHosts(): void {
  // The bridge has its own namespace, so that this machine's network stays untouched.
  ip('netns', 'add', bridge);
  ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0');
  ip('-n', bridge, 'link', 'set', 'br0', 'up');
  for (const { namespace, address, inside, outside } of hosts) {
    ip('netns', 'add', namespace);
    ip('link', 'add', inside, 'netns', namespace, 'type', 'veth', 'peer', 'name', outside, 'netns', bridge);
    ip('-n', bridge, 'link', 'set', outside, 'master', 'br0', 'up');
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', inside);
    ip('-n', namespace, 'link', 'set', inside, 'up');
    ip('-n', namespace, 'route', 'add', 'default', 'dev', inside);
  }
}

function removeHosts(): void {
  for (const name of [bridge, ...hosts.map((host) => host.namespace)]) {
    try {
      ip('netns', 'del', name);
    } catch {
      // never made
    }
  }
}

const skip = whyNotPermitted() ?? false;

describe('devices on one network', { skip, timeout: 600_000 }, () => {
  it('pair without an address and reconnect by themselves', async () => {
    const cli = (device: DeviceProcess, ...args: string[]) =>
      execFileSync(
        'ip',
        [
          'netns',
          'exec',
          device.settings.prefix?.[3] ?? '',
          process.execPath,
          new URL('../../bin/peerstor.js', import.meta.url).pathname,
          ...args,
          '--home',
          device.home,
          '--json',
        ],
        {
          env: { ...process.env, PEERSTOR_PASSWORD: 'correct horse battery' },
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
    const devices: DeviceProcess[] = [];
    try {
      makeHosts();
      for (const [n, { namespace, address }] of hosts.entries()) {
        devices.push(
          await DeviceProcess.start({
            name: `host${n + 1}`,
            host: address,
            args: ['--mdns'],
            prefix: ['ip', 'netns', 'exec', namespace],
          }),
        );
      }
      const [a, b] = devices as [DeviceProcess, DeviceProcess];
      cli(a, 'setup', '--user', 'anna');
      const { code } = JSON.parse(cli(a, 'pair')) as { code: string };
      await until('b finds a and joins', async () => {
        try {
          cli(b, 'join', code);
          return true;
        } catch (error) {
          return String((error as { stderr?: string }).stderr);
        }
      });
      const seesBoth = async () => {
        const { devices: seen } = JSON.parse(cli(a, 'health')) as { devices: { online: boolean }[] };
        return seen.filter((device) => device.online).length === 2;
      };
      await until('they are connected', seesBoth);
      await b.stop('SIGKILL');
      await until('a sees that b is gone', async () => !(await seesBoth()));
      await b.start();
      await until('they are connected again', seesBoth);
    } finally {
      await Promise.all(devices.map((device) => device.remove()));
      removeHosts();
    }
  });
});
