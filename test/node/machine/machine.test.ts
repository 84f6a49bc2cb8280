import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../../src/model/clock.ts';
import { busyPercent, Machine } from '../../../src/node/machine/machine.ts';
import { parseNetworkCounts, readDisks, readTemperature } from '../../../src/node/machine/readings.ts';

describe('readings of the machine', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-machine-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('count the bytes of real interfaces only', () => {
    const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 900 1 0 0 0 0 0 0 900 1 0 0 0 0 0 0
  eth0:1000 10 0 0 0 0 0 0 500 5 0 0 0 0 0 0
 wlan0: 30 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0
veth12: 77 1 0 0 0 0 0 0 77 1 0 0 0 0 0 0
`;
    assert.deepEqual(parseNetworkCounts(text), { receivedBytes: 1030, sentBytes: 507 });
  });

  it('take the hottest plausible sensor, and none where there is none', async () => {
    assert.equal(await readTemperature(folder), null);
    await mkdir(join(folder, 'thermal/thermal_zone0'), { recursive: true });
    await mkdir(join(folder, 'hwmon/hwmon1'), { recursive: true });
    await writeFile(join(folder, 'thermal/thermal_zone0/temp'), '48250\n');
    await writeFile(join(folder, 'hwmon/hwmon1/temp1_input'), '-273000\n');
    await writeFile(join(folder, 'hwmon/hwmon1/temp2_input'), '61400\n');
    await writeFile(join(folder, 'hwmon/hwmon1/temp3_input'), '255000\n');
    await writeFile(join(folder, 'hwmon/hwmon1/temp2_crit'), '99000\n');
    assert.equal(await readTemperature(folder), 61.4);
  });

  it('name each file system once, with the folders on it, and leave out what is gone', async () => {
    const below = join(folder, 'below');
    await mkdir(below);
    const [disk, ...others] = await readDisks([folder, below, folder, join(folder, 'gone')]);
    assert.deepEqual(others, []);
    assert.deepEqual(disk?.paths, [folder, below]);
    assert.ok(disk && disk.totalBytes >= disk.usedBytes + disk.freeBytes && disk.freeBytes > 0);
  });
});

describe('the view of the machine', () => {
  it('says how busy the cores were between two looks', () => {
    assert.equal(busyPercent({ busyMs: 100, allMs: 1000 }, { busyMs: 350, allMs: 2000 }), 25);
    assert.equal(busyPercent({ busyMs: 1, allMs: 10 }, { busyMs: 1, allMs: 10 }), 0);
  });

  it('is made of figures of this machine', async () => {
    const machine = new Machine(systemClock, () => [tmpdir()], '1.2.3');
    const view = await machine.view();
    assert.ok(view.cpu.cores > 0 && view.cpu.percent >= 0 && view.cpu.percent <= 100);
    assert.ok(view.memory.usedBytes > 0 && view.memory.usedBytes <= view.memory.totalBytes);
    assert.ok(view.memory.processBytes > 1_000_000);
    assert.deepEqual(view.disks[0]?.paths, [tmpdir()]);
    assert.ok(view.uptimeSeconds > 0);
    assert.equal(view.version, '1.2.3');
  });
});
