/** Thumbnails on three real devices: copied and deleted like content, made after a crash, and never in plain. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { EntryView, ImpactView } from '../../src/model/api.ts';
import type { TimelineMonth } from '../../src/model/views/photos.ts';
import { newPicture } from '../media/pictures.ts';
import { until } from '../support/until.ts';
import { type DeviceProcess, startThree } from './device-process.ts';

const exif = {
  IFD0: { Make: 'Leica', Model: 'Leica Secretflex' },
  IFD2: { DateTimeOriginal: '2026:07:14 15:03:22' },
  IFD3: {
    GPSLatitudeRef: 'N',
    GPSLatitude: '48/1 8/1 0/1',
    GPSLongitudeRef: 'E',
    GPSLongitude: '11/1 34/1 0/1',
  },
};

async function thumbnail(device: DeviceProcess, id: string, size: number): Promise<Buffer> {
  const answer = await device.raw('GET', `/api/v1/entries/${id}/thumbnail?size=${size}`);
  assert.equal(answer.status, 200);
  const pieces: Buffer[] = [];
  for await (const piece of answer.stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

const whenMade = (device: DeviceProcess, path: string) =>
  until(`${path} has a thumbnail`, async () => (await device.entryAt(path)).thumbnail !== null);

describe('thumbnails on three devices', { timeout: 600_000 }, () => {
  let devices: DeviceProcess[] = [];
  let a: DeviceProcess;
  let b: DeviceProcess;
  let c: DeviceProcess;
  before(async () => {
    // Each device makes the thumbnails of its own uploads: if another device made them, a failure would stay hidden.
    devices = await startThree({ mediaOthersMs: 3_600_000 });
    [a, b, c] = devices as [DeviceProcess, DeviceProcess, DeviceProcess];
  });
  after(() => Promise.all(devices.map((device) => device.remove())));

  /** Waits until every needed chunk has all its copies, whichever device is off. */
  const allCopied = async () => {
    for (const device of devices) {
      await until(`nothing hangs on ${device.name} alone`, async () => {
        const impact = await a.must<ImpactView>('GET', `/api/v1/devices/${device.ready.deviceId}/impact`);
        return impact.lostChunks === 0 || JSON.stringify(impact);
      });
    }
    await until('every chunk has three copies', async () => {
      const { byCopies, total } = (await a.health()).chunks;
      return byCopies['3'] === total || JSON.stringify(byCopies);
    });
  };
  const neededChunks = async () => (await a.health()).chunks.total;

  it('go with their picture when it is deleted for ever', async () => {
    await a.put('/kept.txt', Buffer.from('x'.repeat(10_000)), '?copies=full&wait=60');
    await allCopied();
    const before = await neededChunks();
    const { id } = await a.put('/gone.jpg', await newPicture({ width: 1500, height: 1000, seed: 3 }));
    await whenMade(a, '/gone.jpg');
    // The content and its manifest, and three thumbnails with their manifests.
    await until('they are needed', async () => (await neededChunks()) >= before + 5);
    await a.must('DELETE', `/api/v1/entries/${id}?permanent=true`);
    await until('nothing of it is needed', async () => (await neededChunks()) === before);
  });

  it('are made after a crash in the middle, when the owner signs in again', async () => {
    const pictures = await Promise.all(
      Array.from({ length: 12 }, (_, at) => newPicture({ width: 1200, height: 900, seed: at + 10 })),
    );
    await Promise.all(pictures.map((bytes, at) => b.put(`/crash/p${at}.jpg`, bytes)));
    await b.stop('SIGKILL');
    await b.start();
    await until('b can sign in', async () => (await b.login()).status === 200);
    for (const at of pictures.keys()) await whenMade(b, `/crash/p${at}.jpg`);
  });

  it('are served by the others, byte for byte, after the device that made them died', async () => {
    const { id } = await a.put('/holiday-secret.jpg', await newPicture({ width: 3000, height: 2000, exif }));
    await whenMade(a, '/holiday-secret.jpg');
    await allCopied();
    const sizes = [240, 720, 2160];
    const before = await Promise.all(sizes.map((size) => thumbnail(a, id, size)));
    await a.stop('SIGKILL');
    for (const device of [b, c]) {
      await until(
        `${device.name} knows it`,
        async () => (await device.entryAt('/holiday-secret.jpg')).thumbnail !== null,
      );
      for (const [at, size] of sizes.entries())
        assert.deepEqual(await thumbnail(device, id, size), before[at]);
      const entry = await device.must<EntryView>('GET', `/api/v1/entries/${id}`);
      assert.deepEqual(
        [entry.media?.camera, entry.media?.takenAt],
        ['Leica Secretflex', '2026-07-14T13:03:22.000Z'],
      );
      const { months } = await device.must<{ months: TimelineMonth[] }>('GET', '/api/v1/photos/timeline');
      assert.ok(months.some(({ month }) => month === '2026-07'));
    }
    await privateOnDisk(before);
  });

  /** No name, fact or picture lies on any disk, or in the output of a device. */
  async function privateOnDisk(thumbnails: readonly Buffer[]): Promise<void> {
    const secrets = [
      Buffer.from('Secretflex'),
      Buffer.from('holiday-secret'),
      Buffer.from('2026-07-14T15:03:22'),
    ];
    for (const bytes of thumbnails) secrets.push(Buffer.from(bytes.subarray(200, 232)));
    let files = 0;
    for (const { home, stderr } of devices) {
      for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        files += 1;
        const bytes = await readFile(join(entry.parentPath, entry.name));
        for (const secret of secrets) assert.equal(bytes.includes(secret), false, `${entry.name}: ${secret}`);
      }
      for (const secret of secrets) assert.equal(stderr.includes(secret.toString('latin1')), false);
    }
    assert.ok(files > 20, `${files} files were looked at`);
  }
});
