/** Folders of real devices: added, drained, removed, unplugged, adopted, and rotting. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { DeviceView, EntryHealthView } from '../../src/model/api.ts';
import {
  bytesOnDisk,
  chunkRecords,
  type FoundChunk,
  flipOnDisk,
  heldChunks,
  rotOnDisk,
} from '../store/segments-on-disk.ts';
import { until } from '../support/until.ts';
import { allConnected, DeviceProcess, hashOf, pair, randomStream, startThree } from './device-process.ts';

const MiB = 1024 * 1024;
const size = 8 * MiB;
const tune = {
  presenceStableMs: 500,
  repairOneCopyMs: 1500,
  repairTwoCopiesMs: 2000,
  scrubPeriodMs: 4000,
  auditEveryMs: 3000,
  volumeCheckMs: 500,
  safeWaitMs: 500,
};

const self = async (device: DeviceProcess): Promise<DeviceView> => {
  const { devices } = await device.health();
  const own = devices.find((one) => one.self);
  assert.ok(own);
  return own;
};

type VolumeWish = { path: string; limitBytes?: number; state?: string; adopt?: boolean };

const lend = async (device: DeviceProcess, volumes: VolumeWish[]): Promise<DeviceView> =>
  device.must('PATCH', `/api/v1/devices/${device.ready.deviceId}`, { json: { volumes } });

/** The chunks that a volume holds. */
async function chunksIn(folder: string): Promise<FoundChunk[]> {
  return [...(await heldChunks(folder)).values()];
}

async function isWhole(device: DeviceProcess, copies: number): Promise<boolean | string> {
  const { chunks } = await device.health();
  const counts = Object.entries(chunks.byCopies).filter(([, number]) => number > 0);
  return (chunks.total > 0 && counts.every(([count]) => Number(count) >= copies)) || JSON.stringify(chunks);
}

const levelsOf = async (device: DeviceProcess) => (await device.health()).alerts.map(({ code }) => code);

describe('three devices with folders', { timeout: 600_000 }, () => {
  let devices: DeviceProcess[] = [];
  let a: DeviceProcess;
  let b: DeviceProcess;
  let disks = '';
  const disk = (name: string) => join(disks, name);
  const film = () => hashOf(randomStream(size, 'film'));

  before(async () => {
    disks = await mkdtemp(join(tmpdir(), 'peerstor-disks-'));
    devices = await startThree(tune);
    [a, b] = devices as [DeviceProcess, DeviceProcess];
    await a.put('/film.mkv', randomStream(size, 'film'), '?copies=full&wait=60');
    await until('three copies of everything', () => isWhole(a, 3));
  });
  after(async () => {
    await Promise.all(devices.map((device) => device.remove()));
    await rm(disks, { recursive: true, force: true });
  });

  it('take a further folder while they run, remember it, and tell the others', async () => {
    const [first] = (await self(a)).volumes;
    assert.ok(first);
    const { volumes, capacityBytes } = await lend(a, [
      { path: first.path },
      { path: disk('one'), limitBytes: 100 * MiB },
    ]);
    assert.deepEqual(
      volumes.map(({ path, state }) => [path, state]),
      [
        [first.path, 'ok'],
        [disk('one'), 'ok'],
      ],
    );
    assert.match(await readFile(join(disk('one'), '.peerstor-volume'), 'utf8'), /"id"/);
    const config = JSON.parse(await readFile(join(a.home, 'config.json'), 'utf8'));
    assert.equal(config.volumes.length, 2);
    await until('the others know how much it lends', async () => {
      const seen = (await b.health()).devices.find(({ id }) => id === a.ready.deviceId);
      return (
        seen?.capacityBytes === first.limitBytes + 100 * MiB || `${seen?.capacityBytes} ${capacityBytes}`
      );
    });
  });

  it('refuse folders that cannot be lent with a sentence, and change nothing', async () => {
    const now = (await self(a)).volumes.map(({ path }) => ({ path }));
    for (const wish of [
      [],
      [{ path: 'relative' }],
      [...now, { path: join(disk('one'), 'inside') }],
      [...now, { path: disks }],
      [...now, { path: a.home }],
      [...now, { path: join(a.home, 'db') }],
    ]) {
      const answer = await a.api('PATCH', `/api/v1/devices/${a.ready.deviceId}`, { json: { volumes: wish } });
      assert.equal(answer.status, 422, JSON.stringify(wish));
    }
    const other = await a.api('PATCH', `/api/v1/devices/${b.ready.deviceId}`, { json: { volumes: now } });
    assert.equal(other.status, 422);
    assert.equal((await self(a)).volumes.length, 2);
  });

  it('lose nothing when one folder is drained into another and removed', async () => {
    const [first] = (await self(a)).volumes;
    assert.ok(first);
    const before = (await chunksIn(first.path)).length;
    assert.ok(before > 8);
    await lend(a, [{ path: first.path, state: 'draining' }, { path: disk('one') }]);
    await until('it is empty', async () => {
      const left = (await chunksIn(first.path)).length;
      return left === 0 || `${left} left`;
    });
    await lend(a, [{ path: disk('one') }]);
    await a.stop();
    await a.start();
    await until('a is back', async () => (await a.login()).status === 200);
    assert.deepEqual(
      (await self(a)).volumes.map(({ path }) => path),
      [disk('one')],
    );
    await allConnected(devices);
    await until('three copies of everything', () => isWhole(a, 3));
    assert.deepEqual(await a.hashAt('/film.mkv'), { sha256: await film(), size });
  });

  it('report a drive that is unplugged as missing, and count its copies again when it is back', async () => {
    await rename(disk('one'), disk('unplugged'));
    await until('it is missed', async () => {
      const [volume] = (await self(a)).volumes;
      return volume?.state === 'missing' || `${volume?.state}`;
    });
    assert.ok((await levelsOf(a)).includes('volume-missing'));
    assert.deepEqual(await a.hashAt('/film.mkv'), { sha256: await film(), size });
    await rename(disk('unplugged'), disk('one'));
    await until('it is back', async () => (await self(a)).volumes[0]?.state === 'ok');
    await until('three copies of everything', () => isWhole(b, 3));
  });

  it('find rot on a disk before anybody reads the file, heal it, and write a receipt', async () => {
    const [first] = (await self(b)).volumes;
    const path = first?.path ?? '';
    const [bad, worse] = await chunksIn(path);
    assert.ok(bad && worse);
    const sound = await bytesOnDisk(bad);
    await flipOnDisk(bad);
    await rotOnDisk(worse, new Uint8Array(0));
    await until(
      'both are healed',
      async () => {
        const held = await heldChunks(path);
        const [again, other] = [held.get(bad.id), held.get(worse.id)];
        const isHealed =
          again !== undefined && (await bytesOnDisk(again)).equals(sound) && (other?.length ?? 0) > 0;
        return isHealed || JSON.stringify((await b.health()).scrub);
      },
      60_000,
    );
    await until('a receipt is written', async () => {
      const { receipts } = await b.health();
      return (
        receipts.some(({ sentence }) => /rotted on b; repaired/.test(sentence)) || JSON.stringify(receipts)
      );
    });
  });

  it('tell where the copies of a file are, and give metrics without names', async () => {
    const entry = await a.entryAt('/film.mkv');
    const health = await a.must<EntryHealthView>('GET', `/api/v1/entries/${entry.id}/health`);
    assert.equal(health.copies.length, 3);
    assert.ok(health.copies.every(({ chunks }) => chunks === health.chunks));
    const metrics = await a.must<string>('GET', '/metrics');
    for (const line of [
      /^peerstor_up 1$/m,
      /^peerstor_devices 3$/m,
      /^peerstor_peers_connected 2$/m,
      /^peerstor_chunks_by_copies\{copies="3"\} \d+$/m,
      /^peerstor_scrub_checked_chunks \d+$/m,
      /^peerstor_audits_total\{outcome="proved"\} [1-9]\d*$/m,
      /^peerstor_audits_total\{outcome="failed"\} \d+$/m,
    ])
      assert.match(metrics, line);
    assert.doesNotMatch(metrics, /film|anna|peerstor-disks/);
  });

  it('keep limits over a restart, and refuse limits that make no sense', async () => {
    const path = `/api/v1/devices/${a.ready.deviceId}`;
    await a.must('PATCH', path, { json: { upLimit: 4 * MiB, schedule: { from: '08:00', to: '22:00' } } });
    const tooSlow = await a.api('PATCH', path, { json: { downLimit: 1000 } });
    assert.equal(tooSlow.status, 422);
    const { bandwidth } = JSON.parse(await readFile(join(a.home, 'config.json'), 'utf8'));
    assert.deepEqual(bandwidth, {
      upLimit: 4 * MiB,
      downLimit: null,
      schedule: { from: '08:00', to: '22:00' },
      limitLan: false,
    });
  });
});

describe('the disk of a dead device', { timeout: 600_000 }, () => {
  let a: DeviceProcess;
  let b: DeviceProcess;
  let disks = '';
  before(async () => {
    disks = await mkdtemp(join(tmpdir(), 'peerstor-disks-'));
    a = await DeviceProcess.start({ name: 'a', tune });
    b = await DeviceProcess.start({ name: 'b', tune, args: ['--storage', join(disks, 'b')] });
    await a.setup();
    await pair(a, b);
    await until('b can sign in', async () => (await b.login()).status === 200);
    await allConnected([a, b]);
    await a.put('/good.bin', randomStream(size, 'good'));
    await a.put('/bad.bin', randomStream(MiB / 8, 'bad'));
    await until('two copies of everything', () => isWhole(a, 2));
  });
  after(async () => {
    await Promise.all([a.remove(), b.remove()]);
    await rm(disks, { recursive: true, force: true });
  });

  it('can be adopted by another device: sound chunks count, rotten ones are quarantined', async () => {
    const own = (await self(a)).volumes[0]?.path ?? '';
    // The last chunk that was stored is the content of bad.bin.
    const before = await heldChunks(join(disks, 'b'));
    await a.must('PUT', '/api/v1/path/other.bin', { body: Buffer.alloc(MiB / 8, 'x') });
    await until('two copies of everything', () => isWhole(a, 2));
    const fresh = (await chunksIn(join(disks, 'b'))).filter(({ id }) => !before.has(id));
    await b.stop('SIGKILL');
    const [rotten] = fresh;
    assert.ok(rotten);
    await flipOnDisk(rotten);
    const { id } = rotten;

    // The folder of a is emptied too, so its chunks are lost as well.
    await a.stop();
    await rm(own, { recursive: true });
    await a.start();
    await until('a is back', async () => (await a.login()).status === 200);
    const refused = await a.api<{ detail: string }>('PATCH', `/api/v1/devices/${a.ready.deviceId}`, {
      json: { volumes: [{ path: own }, { path: join(disks, 'b') }] },
    });
    assert.match(refused.body.detail, /is the volume of another device .* take its volume over/);
    await lend(a, [{ path: own }, { path: join(disks, 'b'), adopt: true }]);
    await until('what is sound is found', async () => {
      const { chunks } = await a.health();
      return ((chunks.byCopies['0'] ?? 0) === 1 && (chunks.byCopies['1'] ?? 0) > 8) || JSON.stringify(chunks);
    });
    assert.deepEqual(await a.hashAt('/good.bin'), { sha256: await hashOf(randomStream(size, 'good')), size });
    const dead = (await chunkRecords(join(disks, 'b'))).filter(({ state }) => state === 'dead');
    assert.deepEqual(
      dead.map((record) => record.id),
      [id],
    );
  });

  it('is not removed again while no other device has its chunks', async () => {
    const own = (await self(a)).volumes[0]?.path ?? '';
    const answer = await a.api<{ code: string; detail: string }>(
      'PATCH',
      `/api/v1/devices/${a.ready.deviceId}`,
      {
        json: { volumes: [{ path: own }] },
      },
    );
    assert.equal(answer.status, 409);
    assert.match(answer.body.detail, /too few other devices\. Drain the folder first/);
    await lend(a, [{ path: own }, { path: join(disks, 'b'), state: 'draining' }]);
    await until('it is empty', async () => (await chunksIn(join(disks, 'b'))).length === 0);
    await lend(a, [{ path: own }]);
    assert.deepEqual(await a.hashAt('/good.bin'), { sha256: await hashOf(randomStream(size, 'good')), size });
  });

  it('a device without another place keeps its chunks, takes no new ones, and says why', async () => {
    const own = (await self(a)).volumes[0]?.path ?? '';
    await lend(a, [{ path: own, state: 'draining' }]);
    await until('it says that chunks have no place', async () => {
      const codes = await levelsOf(a);
      return codes.includes('no-place-for-chunks') || codes.join();
    });
    const answer = await a.api<{ code: string }>('PUT', '/api/v1/path/more.bin', {
      body: Buffer.alloc(MiB, 'm'),
    });
    assert.deepEqual([answer.status, answer.body.code], [507, 'disk-full']);
    assert.deepEqual(await a.hashAt('/good.bin'), { sha256: await hashOf(randomStream(size, 'good')), size });
    await lend(a, [{ path: own, state: 'active' }]);
    await a.put('/more.bin', Buffer.alloc(MiB, 'm'));
    await until('nothing waits any more', async () => !(await levelsOf(a)).includes('no-place-for-chunks'));
  });
});
