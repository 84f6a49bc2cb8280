/** Real devices: one that is off for longer than the overlap of network secrets, and comes back. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DeviceView } from '../../src/model/api.ts';
import { until } from '../support/until.ts';
import { allConnected, DeviceProcess, pair, randomStream, startThree } from './device-process.ts';
import { allConnectedSeenBy, devicesOf, epochOf, healthz, onlineAt, runFacts, three } from './membership.ts';

const MiB = 1024 * 1024;

describe('a device that was off while the secret changed', { timeout: 600_000 }, () => {
  let devices: DeviceProcess[] = [];

  before(async () => {
    devices = await startThree();
    const [a] = three(devices);
    await a.put('/film.mkv', randomStream(4 * MiB, 'film'), '?copies=full&wait=60');
  });
  after(() => Promise.all(devices.map((device) => device.remove())));

  it('reconnects with the old secret within the overlap, and learns the new one', async () => {
    const [a, b, c] = three(devices);
    await c.stop();
    await addAndRemove(a);
    await until('a and b use the new secret', async () => {
      const epochs = [await epochOf(a), await epochOf(b)];
      return (epochs[0] === 1 && epochs[1] === 1) || JSON.stringify(epochs);
    });
    await c.start();
    await allConnected(devices);
    await until('c uses it too', async () => (await epochOf(c)) === 1);
    for (const device of devices) await device.stop();
    for (const device of devices) await device.start();
    await allConnected(devices);
  });

  it('cannot connect after the overlap, and a code lets it in again as the same device', async () => {
    const [a, b, c] = three(devices);
    await c.stop();
    const before = await devicesOf(a);
    await addAndRemove(a);
    await until(
      'a and b use the next secret',
      async () => (await epochOf(a)) === 2 && (await epochOf(b)) === 2,
    );
    for (const device of [a, b]) {
      await device.stop();
      device.settings.tune = { secretOverlapMs: 1 };
      await device.start();
    }
    await allConnectedSeenBy(a, 2);
    c.settings.args = ['--log-level', 'debug'];
    await c.start();
    await until('c has tried both', async () => {
      const tries = c.stderr.match(/a device could not be reached/g)?.length ?? 0;
      return tries >= 4 || String(tries);
    });
    assert.deepEqual(await onlineAt(c), ['c']);
    assert.equal(await epochOf(c), 1);
    await rejoin(a, c);
    await allConnected(devices);
    assert.equal(await epochOf(c), 2);
    const known = (list: DeviceView[]) => list.map(({ id }) => id).sort();
    assert.deepEqual(known(await devicesOf(a)), known(before), 'with the record that it had');
    await until('its chunks count', async () => {
      const { chunks } = await a.health();
      return (chunks.byCopies['3'] === chunks.total && chunks.total > 0) || JSON.stringify(chunks);
    });
    await c.stop();
    await c.start();
    await allConnected(devices);
  });

  it('is not let into another network in the meantime', async () => {
    const [, , c] = three(devices);
    const other = await DeviceProcess.start({ name: 'other' });
    try {
      await other.setup();
      const answer = await rejoin(other, c).catch((error: Error) => error.message);
      assert.match(String(answer), /already-in-network/);
      assert.equal((await devicesOf(other)).length, 1);
    } finally {
      await other.remove();
    }
  });
});

/** Lets a device join and removes it at once, so that the network has a new secret. */
async function addAndRemove(a: DeviceProcess): Promise<void> {
  const extra = await DeviceProcess.start({ name: 'extra' });
  try {
    await pair(a, extra);
    await until('it is connected', async () => (await onlineAt(a)).includes('extra'));
    const path = `/api/v1/devices/${extra.ready.deviceId}`;
    await until('it is removed', async () => {
      const answer = await a.api('DELETE', path);
      return answer.status === 204 || JSON.stringify(answer.body);
    });
    await until('it has no network', async () => (await healthz(extra)).networkId === null);
  } finally {
    await extra.remove();
  }
}

async function rejoin(member: DeviceProcess, device: DeviceProcess): Promise<void> {
  const { code } = await member.must<{ code: string }>('POST', '/api/v1/pairing', { json: {} });
  const { localSecret } = await runFacts(device);
  await device.must('POST', '/api/v1/pairing/join', {
    json: { code, address: member.address },
    headers: { authorization: `Local ${localSecret}` },
    anonymous: true,
  });
}
