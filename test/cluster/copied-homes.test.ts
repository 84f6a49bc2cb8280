import assert from 'node:assert/strict';
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DeviceView, HealthzView } from '../../src/model/api.ts';
import { until } from '../support/until.ts';
import { DeviceProcess, pair } from './device-process.ts';

/** Two devices of one network. The home of the second one can be copied while it is stopped. */
async function cluster(): Promise<[DeviceProcess, DeviceProcess]> {
  const anna = await DeviceProcess.start({ name: 'desk' });
  const box = await DeviceProcess.start({ name: 'box' });
  await anna.setup();
  await pair(anna, box);
  await until('the box knows anna', async () => (await box.login()).status === 200);
  return [anna, box];
}

const settled = (device: DeviceProcess, path: string) =>
  until(`${device.name} shows ${path}`, async () => (await device.entryAt(path)).id !== '');

test('a home that was restored from an old copy takes a new key and loses nothing', async () => {
  const [desk, box] = await cluster();
  const copy = `${box.home}-copy`;
  let restored: DeviceProcess | undefined;
  try {
    await box.stop();
    await cp(box.home, copy, { recursive: true });
    await box.start();
    await box.login();
    await box.put('/by the original.txt', Buffer.from('written after the copy was made'));
    await settled(desk, '/by the original.txt');
    const oldId = box.ready.deviceId;
    await box.stop();
    await desk.stop();

    // The copy writes, because it does not know yet that its key has signed later records.
    restored = await DeviceProcess.start({ name: 'box', home: copy });
    assert.equal(restored.ready.deviceId, oldId);
    await restored.login();
    const content = Buffer.alloc(300_000, 'written on the copy');
    await restored.put('/by the copy.txt', content);
    await desk.start();
    await desk.login();
    const again = restored;
    await until('it has a new key and no network', async () => {
      const { body } = await again.api<HealthzView>('GET', '/healthz');
      return body.deviceId !== oldId && body.networkId === null;
    });
    await settled(desk, '/by the copy.txt');
    await settled(desk, '/by the original.txt');
    const names = await readdir(copy);
    for (const name of ['identity.key', 'network.key', 'outbox.log'])
      assert.ok(
        names.some((one) => one.startsWith(`${name}.rolled-back-`)),
        `${name} is kept`,
      );

    // An admin lets it in again as another device, with the chunks on its disk.
    await again.stop();
    await again.start();
    await pair(desk, again);
    await until('it is signed in to', async () => (await again.login()).status === 200);
    await settled(again, '/by the original.txt');
    await until('the desk reads the file that the copy wrote', async () => {
      const { size } = await desk.hashAt('/by the copy.txt');
      return size === content.length;
    });
    await again.put('/after.txt', Buffer.from('it writes again'));
    await settled(desk, '/after.txt');
    const { items } = await desk.must<{ items: DeviceView[] }>('GET', '/api/v1/devices');
    assert.equal(items.length, 3, 'the old device is still listed until an admin removes it');
  } finally {
    await desk.remove();
    await box.remove();
    await restored?.remove();
  }
});

test('a device whose databases were damaged starts, and has everything again', async () => {
  const [desk, box] = await cluster();
  try {
    await box.put('/kept.txt', Buffer.alloc(400_000, 'kept'));
    await settled(desk, '/kept.txt');
    await box.stop('SIGKILL');
    await rm(join(box.home, 'db', 'index', 'CURRENT'));
    for (const name of await readdir(join(box.home, 'db', 'catalog')))
      if (name.startsWith('MANIFEST')) await rm(join(box.home, 'db', 'catalog', name));
    await box.start();
    await until('its catalog is filled', async () => (await box.login()).status === 200);
    await settled(box, '/kept.txt');
    assert.deepEqual(await box.hashAt('/kept.txt'), await desk.hashAt('/kept.txt'));
    const aside = await readdir(join(box.home, 'db'));
    assert.equal(aside.filter((name) => name.includes('.aside-')).length, 2);
    await box.put('/new.txt', Buffer.from('it writes'));
    await settled(desk, '/new.txt');
  } finally {
    await desk.remove();
    await box.remove();
  }
});
