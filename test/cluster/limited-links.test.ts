/** Real devices and a link with a limit: together they serve as many downloads as its owner allowed. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ShareView } from '../../src/model/api.ts';
import { until } from '../support/until.ts';
import { type ApiAnswer, allConnected, type DeviceProcess, startThree } from './device-process.ts';

describe('a link with a limit at three connected devices', { timeout: 600_000 }, () => {
  let devices: DeviceProcess[] = [];
  before(async () => {
    devices = await startThree();
    await allConnected(devices);
  });
  after(async () => {
    await Promise.all(devices.map((device) => device.remove()));
  });

  /** A link that all devices know. */
  async function linkOf(maxDownloads: number): Promise<string> {
    const [owner] = devices;
    assert.ok(owner);
    const { id: entryId } = await owner.put('/plan.txt', Buffer.from('the plan'));
    const json = { entryId, maxDownloads };
    const { path } = await owner.must<ShareView & { path: string }>('POST', '/api/v1/shares', { json });
    for (const device of devices) {
      await until(`${device.name} knows the link`, async () => {
        const { status } = await device.api('GET', `${path}/api`, { anonymous: true });
        return status === 200 || String(status);
      });
    }
    return path;
  }

  it('is served to one guest when it allows one download and three guests ask at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const path = await linkOf(1);
      const answers = await Promise.all(
        devices.map((device) => device.api('GET', `${path}/dl`, { anonymous: true })),
      );
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 410, 410]);
    }
  });

  it('is served as often as it allows when every device is asked many times at once', async () => {
    const path = await linkOf(5);
    const asks = devices.flatMap((device) =>
      Array.from({ length: 4 }, () => device.api('GET', `${path}/dl`, { anonymous: true })),
    );
    const served = (await Promise.all(asks)).filter(({ status }) => status === 200);
    assert.equal(served.length, 5);
  });

  it('is served by the last device that is left, too', async () => {
    const path = await linkOf(2);
    const [first, second, third] = devices;
    assert.ok(first && second && third);
    await second.stop('SIGKILL');
    await third.stop('SIGKILL');
    for (const expected of [200, 200, 410]) {
      const answer: ApiAnswer = await first.api('GET', `${path}/dl`, { anonymous: true });
      assert.equal(answer.status, expected);
    }
  });
});
