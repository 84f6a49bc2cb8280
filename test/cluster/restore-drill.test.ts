/** Real devices that read files back from each other, and that notice damage to their own folders. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { heldChunks, segmentPaths } from '../store/segments-on-disk.ts';
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

const chunksOf = (device: DeviceProcess) => heldChunks(join(device.home, 'volume'));

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

  it('read files of signed-in users back from other devices, and report it', async () => {
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

  it('notice chunks that somebody else deleted, and make them again', async () => {
    const before = await chunksOf(b);
    assert.ok(before.size > 10);
    const [segment = ''] = await segmentPaths(join(b.home, 'volume'));
    await rm(segment);
    await until('the same copies again', async () => {
      const now = await chunksOf(b);
      return [...before.keys()].every((id) => now.has(id)) || `${now.size} of ${before.size}`;
    });
  });
});
