/** What the other devices see when a device's process dies or stands still. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { type DeviceId, deviceId } from '../../../src/model/ids.ts';
import { nextEvent } from '../../contract/transport.contract.ts';
import { eventually, patient, type TestDevice, testDevice } from './libp2p/libp2p-world.ts';

describe('the process of a peer', () => {
  it('a killed peer is missed at once, not only after the drop time', async () => {
    // Minutes until silence would tell.
    const tunables = { ...patient, peerSuspectMs: 200_000, peerDropMs: 400_000 };
    const { home, child, end } = await withChild({ tunables });
    const lost = nextEvent(home.transport, 'disconnected');
    child.kill('SIGKILL');
    await lost;
    await end();
  });

  it('a frozen peer is dropped, and returns when it runs again', async () => {
    const { home, child, end } = await withChild({});
    const lost = nextEvent(home.transport, 'disconnected');
    child.kill('SIGSTOP');
    await eventually(() => home.transport.peers()[0]?.suspect === true, 'suspected');
    await lost;
    const back = nextEvent(home.transport, 'connected');
    child.kill('SIGCONT');
    await back;
    await end();
  });
});

async function withChild(options: Partial<Parameters<typeof testDevice>[0]>) {
  const members: DeviceId[] = [];
  const home: TestDevice = await testDevice({ number: 1, members: () => members, ...options });
  await home.transport.start();
  const child: ChildProcess = fork(new URL('device-child.ts', import.meta.url), [home.transport.self]);
  const exited = once(child, 'exit');
  const [told] = (await once(child, 'message')) as [{ device: string; addresses: string[] }];
  const device = deviceId(told.device);
  members.push(device);
  const there = nextEvent(home.transport, 'connected');
  home.transport.hint(device, told.addresses);
  assert.equal((await there).device, device);
  const end = async () => {
    child.kill('SIGKILL');
    await exited;
    await home.transport.stop();
  };
  return { home, child, end };
}
