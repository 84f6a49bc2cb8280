/** A device with home and volume on one small disk that another program fills. Needs root for a mount. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '../support/until.ts';
import { DeviceProcess, hashOf, randomStream } from './device-process.ts';

const MiB = 1024 * 1024;
const size = 2 * MiB;
const mayMount = process.platform === 'linux' && process.getuid?.() === 0;

describe('a full disk', { timeout: 600_000, skip: mayMount ? false : 'mounting needs root' }, () => {
  let disk = '';
  let device: DeviceProcess;
  let mounted = false;

  before(async () => {
    disk = await mkdtemp(join(tmpdir(), 'peerstor-full-'));
    mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', disk]).status === 0;
    if (!mounted) return;
    device = await DeviceProcess.start({
      name: 'small',
      home: join(disk, 'home'),
      tune: { volumeCheckMs: 200, safeWaitMs: 200 },
      args: ['--storage', `${join(disk, 'home', 'volume')}=80M`],
    });
    await device.setup();
    await device.put('/kept.bin', randomStream(size, 'kept'));
  });
  after(async () => {
    await device?.remove();
    if (mounted) spawnSync('umount', ['-l', disk]);
    await rm(disk, { recursive: true, force: true });
  });

  const bytesFree = async () => {
    const { bavail, bsize } = await statfs(disk);
    return bavail * bsize;
  };
  const ballast = () => join(disk, 'ballast');

  /** Fills the disk until only so many bytes are free. */
  async function fill(leave: number): Promise<void> {
    const free = await bytesFree();
    try {
      await writeFile(ballast(), Buffer.alloc(Math.max(0, free - leave)));
    } catch (error) {
      // The device took some of the space first: the disk is full anyway.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }

  for (const leave of [4 * MiB, 256 * 1024, 0]) {
    it(`with ${leave} bytes left answers 507, changes nothing, loses nothing, and goes on when there is room`, async (context) => {
      if (!mounted) return context.skip('nothing can be mounted here');
      await fill(leave);
      // A device looks at the free space of its volumes only now and then; at that of its home before each change.
      await until('an upload is refused', async () => {
        const answer = await device.api('PUT', '/api/v1/path/probe.bin', { body: Buffer.alloc(1000, 'p') });
        return answer.status === 507 || `${answer.status} ${JSON.stringify(answer.body)}`;
      });
      const large = await device.api('PUT', `/api/v1/path/new-${leave}.bin`, {
        body: Buffer.alloc(MiB, 'n'),
      });
      assert.equal(large.status, 507, JSON.stringify(large.body));
      const folder = await device.api<{ code: string }>('POST', '/api/v1/entries', {
        json: { parentId: 'root', name: `folder ${leave}`, kind: 'folder' },
      });
      assert.equal(folder.status, 507, JSON.stringify(folder.body));
      assert.equal(folder.body.code, 'disk-full');
      const renamed = await device.api('PATCH', `/api/v1/devices/${device.ready.deviceId}`, {
        json: { upLimit: 1_000_000 + leave },
      });
      assert.ok(renamed.status === 507 || renamed.status === 200, `${renamed.status}`);
      assert.deepEqual(await device.hashAt('/kept.bin'), {
        sha256: await hashOf(randomStream(size, 'kept')),
        size,
      });

      await rm(ballast());
      await until('there is room again', async () => {
        const answer = await device.api('PUT', `/api/v1/path/later-${leave}.bin`, {
          body: Buffer.alloc(MiB, 'l'),
        });
        return (
          answer.status === 201 || answer.status === 200 || `${answer.status} ${JSON.stringify(answer.body)}`
        );
      });
      const names = (await device.children('root')).map(({ name }) => name);
      assert.ok(!names.includes(`new-${leave}.bin`) && !names.includes(`folder ${leave}`), names.join());
    });
  }

  it('still has everything that it stored after a kill', async (context) => {
    if (!mounted) return context.skip('nothing can be mounted here');
    await fill(0);
    await device.stop('SIGKILL');
    await rm(ballast());
    await device.start();
    await until('it is back', async () => (await device.login()).status === 200);
    const all = (await device.children('root')).map(({ name }) => name).sort();
    const names = all.filter((name) => name !== 'probe.bin');
    assert.deepEqual(
      names,
      ['kept.bin', 'later-0.bin', `later-${256 * 1024}.bin`, `later-${4 * MiB}.bin`].sort(),
    );
    assert.deepEqual(await device.hashAt('/kept.bin'), {
      sha256: await hashOf(randomStream(size, 'kept')),
      size,
    });
  });
});
