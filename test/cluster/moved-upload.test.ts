/** An upload begins at one device, which is killed, and ends at another one. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { UploadView } from '../../src/model/contracts/uploads.ts';
import { until } from '../support/until.ts';
import { type DeviceProcess, hashOf, randomStream, startThree } from './device-process.ts';

const MiB = 1024 * 1024;
const fileBytes = 24 * MiB;

describe('an upload at three devices', { timeout: 600_000 }, () => {
  let devices: DeviceProcess[] = [];
  before(async () => {
    devices = await startThree();
  });
  after(() => Promise.all(devices.map((device) => device.remove())));

  it('is finished at the second when the first was killed in the middle, and read from the third', async () => {
    const [a, b, c] = devices as [DeviceProcess, DeviceProcess, DeviceProcess];
    const content = Buffer.concat(await Array.fromAsync(randomStream(fileBytes, 'moved')));
    const version = { 'tus-resumable': '1.0.0' };
    const begun = await a.api('POST', '/api/v1/uploads', {
      headers: {
        ...version,
        'upload-length': String(fileBytes),
        'upload-metadata': `filename ${Buffer.from('moved.bin').toString('base64')}`,
      },
    });
    assert.equal(begun.status, 201);
    const address = String(begun.headers.location);
    const send = (device: DeviceProcess, from: number, to: number) =>
      device.api('PATCH', address, {
        headers: {
          ...version,
          'content-type': 'application/offset+octet-stream',
          'upload-offset': String(from),
        },
        body: content.subarray(from, to),
      });
    assert.equal((await send(a, 0, 16 * MiB)).status, 204);
    await until('the second device knows how far it is', async () => {
      const { items } = await b.must<{ items: UploadView[] }>('GET', '/api/v1/uploads');
      return (items[0]?.offset ?? 0) > 14 * MiB || JSON.stringify(items);
    });
    // The bytes are on their way to the other devices; the next answer says how many arrived.
    await a.stop('SIGKILL');
    const found = await b.api('HEAD', address, { headers: version });
    assert.equal(found.status, 200);
    const offset = Number(found.headers['upload-offset']);
    assert.ok(offset > 0 && offset <= 16 * MiB, `it goes on at ${offset}`);
    const last = await send(b, offset, fileBytes);
    assert.equal(last.status, 204, JSON.stringify(last.body));
    assert.ok(last.headers['peerstor-entry']);
    const sha256 = await hashOf(randomStream(fileBytes, 'moved'));
    assert.deepEqual(await b.hashAt('/moved.bin'), { sha256, size: fileBytes });
    await until('the third device lists it', async () => (await c.entryAt('/moved.bin')).size === fileBytes);
    assert.deepEqual(await c.hashAt('/moved.bin'), { sha256, size: fileBytes });
  });
});
