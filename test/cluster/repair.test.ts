/** Four real devices, one of which is lost for good: the others make three copies of everything again. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../support/until.ts';
import { allConnected, DeviceProcess, hashOf, pair, randomStream, startThree } from './device-process.ts';

const MiB = 1024 * 1024;
const size = 16 * MiB;
const tune = {
  presenceStableMs: 500,
  repairOneCopyMs: 1500,
  repairTwoCopiesMs: 4000,
  repairTwoCopiesSleeperMs: 600_000,
};

/** True when the device can reach three or more copies of every chunk. */
async function isWhole(device: DeviceProcess): Promise<boolean | string> {
  const { chunks } = await device.health();
  const counts = Object.entries(chunks.byCopies).filter(([, number]) => number > 0);
  const whole = chunks.total > 0 && counts.every(([copies]) => Number(copies) >= 3);
  return whole || `${device.name}: ${JSON.stringify(chunks)}`;
}

async function allWhole(devices: DeviceProcess[]): Promise<boolean | string> {
  for (const device of devices) {
    const whole = await isWhole(device);
    if (whole !== true) return whole;
  }
  return true;
}

describe('four devices, one lost for good', { timeout: 600_000 }, () => {
  let devices: DeviceProcess[] = [];
  before(async () => {
    devices = await startThree(tune);
    const [first] = devices as [DeviceProcess];
    const fourth = await DeviceProcess.start({ name: 'd', tune });
    devices.push(fourth);
    await pair(first, fourth);
    await until('d can sign in', async () => (await fourth.login()).status === 200);
    await allConnected(devices);
  });
  after(() => Promise.all(devices.map((device) => device.remove())));

  it('have three copies of everything again on the others, which say what they did', async () => {
    const [first, , , lost] = devices as [DeviceProcess, DeviceProcess, DeviceProcess, DeviceProcess];
    await first.put('/film.mkv', randomStream(size, 'film'), '?copies=full&wait=60');
    await until('everything has three copies', () => allWhole(devices));
    await lost.stop('SIGKILL');
    const others = devices.slice(0, 3);
    await until('copies are missing', async () => (await isWhole(first)) !== true);
    await until('everything has three copies again', () => allWhole(others));
    await until('a receipt is written', async () => {
      const said = await Promise.all(others.map(async (device) => (await device.health()).receipts));
      return (
        said.flat().some(({ sentence }) => /lost with d; copied again/.test(sentence)) || JSON.stringify(said)
      );
    });
    const film = await hashOf(randomStream(size, 'film'));
    for (const device of others) assert.deepEqual(await device.hashAt('/film.mkv'), { sha256: film, size });
  });

  it('lose nothing when it comes back, and read the same on every device', async () => {
    const lost = devices[3];
    assert.ok(lost);
    await lost.start();
    await allConnected(devices);
    await until('everything has three copies', () => allWhole(devices));
    const film = await hashOf(randomStream(size, 'film'));
    for (const device of devices) assert.deepEqual(await device.hashAt('/film.mkv'), { sha256: film, size });
  });
});
