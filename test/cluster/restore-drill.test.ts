/** Real devices that read files back from each other, and that notice what became of their own folders. */
import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '../support/until.ts';
import { type DeviceProcess, randomStream, startThree } from './device-process.ts';

const MiB = 1024 * 1024;
const tune = {
  presenceStableMs: 500,
  repairOneCopyMs: 1500,
  repairTwoCopiesMs: 2000,
  restoreDrillMs: 2500,
  recountMs: 1500,
};

const blobsOf = async (device: DeviceProcess): Promise<string[]> => {
  const folder = join(device.home, 'volume', 'blobs');
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => /[0-9a-f]{64}$/.test(name)).map((name) => join(folder, name));
};

describe('three devices that look after their copies', { timeout: 600_000 }, () => {
  let devices: DeviceProcess[] = [];
  let a: DeviceProcess;
  let b: DeviceProcess;

  before(async () => {
    devices = await startThree(tune);
    [a, b] = devices as [DeviceProcess, DeviceProcess];
    for (const name of ['one', 'two', 'three']) {
      await a.put(`/${name}.bin`, randomStream(3 * MiB, name), '?copies=full&wait=60');
    }
    await a.put('/small.txt', Buffer.from('a few words'), '?copies=full&wait=60');
  });
  after(() => Promise.all(devices.map((device) => device.remove())));

  it('read files of who is signed in from the others, and say so', async () => {
    await until('a drill of all files', async () => {
      const { drill } = await a.health();
      return (
        (drill.files === 4 && drill.failed === 0 && drill.lastFinishedAt !== null) || JSON.stringify(drill)
      );
    });
    const { receipts, alerts } = await a.health();
    assert.ok(
      receipts.some(({ sentence }) => sentence === 'Restore drill: 4 of 4 files read from other devices.'),
    );
    assert.ok(!alerts.some(({ code }) => code === 'restore-drill-failed'));
    const metrics = await a.must<string>('GET', '/metrics');
    assert.match(metrics, /^peerstor_restore_drill_files \d+$/m);
  });

  it('notice chunks that were deleted behind their back, and make them anew', async () => {
    const before = await blobsOf(b);
    assert.ok(before.length > 10);
    for (const path of before.slice(0, 3)) await rm(path);
    await until('the same copies again', async () => {
      const now = new Set(await blobsOf(b));
      return before.every((path) => now.has(path)) || `${now.size} of ${before.length}`;
    });
  });
});
