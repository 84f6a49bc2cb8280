/** Three real devices: purged content leaves all three disks, and nothing else does. */
import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { segmentDeadRatioMax } from '../../src/model/limits.ts';
import { until } from '../support/until.ts';
import { type DeviceProcess, hashOf, randomStream, startThree } from './device-process.ts';

const MiB = 1024 * 1024;
const size = 12 * MiB;
const tune = { garbageGraceMs: 2000, garbageTrashMs: 1000, garbageEveryMs: 500 };

/** Bytes of all files of a device's volume, including its trash. */
async function bytesOnDisk(device: DeviceProcess): Promise<number> {
  const volume = join(device.home, 'volume');
  const files = await readdir(volume, { recursive: true, withFileTypes: true });
  const sizes = files
    .filter((file) => file.isFile())
    .map(async (file) => (await stat(join(file.parentPath, file.name)).catch(() => ({ size: 0 }))).size);
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}

describe('three devices that collect garbage', { timeout: 600_000 }, () => {
  let devices: DeviceProcess[] = [];
  before(async () => {
    devices = await startThree(tune);
  });
  after(() => Promise.all(devices.map((device) => device.remove())));

  it('free the bytes of purged files on every disk, and keep the rest', async () => {
    const [first, second] = devices as [DeviceProcess, DeviceProcess];
    await first.put('/kept.bin', randomStream(size, 'kept'), '?copies=full&wait=60');
    await first.put('/gone.bin', randomStream(size, 'gone'), '?copies=full&wait=60');
    for (const device of devices) assert.ok((await bytesOnDisk(device)) > 2 * size);
    await purge(first, '/gone.bin');
    await untilOnly(size);
    const kept = await hashOf(randomStream(size, 'kept'));
    for (const device of devices) assert.deepEqual(await device.hashAt('/kept.bin'), { sha256: kept, size });
    const again = await second.put('/again.bin', randomStream(size, 'gone'), '?copies=full&wait=60');
    assert.equal(again.size, size);
    const gone = await hashOf(randomStream(size, 'gone'));
    for (const device of devices) {
      await until('the file is listed', async () => (await device.entryAt('/again.bin')).size === size);
      assert.deepEqual(await device.hashAt('/again.bin'), { sha256: gone, size });
    }
  });

  it('keep every chunk that a file needs, whatever they collect later', async () => {
    const [first] = devices as [DeviceProcess];
    await first.put('/marker.bin', randomStream(size, 'marker'), '?copies=full&wait=60');
    for (const device of devices) assert.ok((await bytesOnDisk(device)) > 3 * size);
    await purge(first, '/marker.bin');
    await untilOnly(2 * size);
    for (const device of devices) assert.ok((await bytesOnDisk(device)) > 2 * size);
  });

  async function purge(device: DeviceProcess, path: string): Promise<void> {
    const { id } = await device.entryAt(path);
    await device.must('DELETE', `/api/v1/entries/${id}`);
    await device.must('DELETE', `/api/v1/entries/${id}?permanent=true`);
  }

  /** Until so many bytes are left, and what compaction leaves dead in a segment. */
  async function untilOnly(live: number): Promise<void> {
    const most = live / (1 - segmentDeadRatioMax) + MiB;
    await until('the bytes are free on every disk', async () => {
      const bytes = await Promise.all(devices.map(bytesOnDisk));
      return bytes.every((one) => one < most) || bytes.join(' ');
    });
  }
});
