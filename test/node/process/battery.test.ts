import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  Battery,
  isOnBattery,
  type PowerSupply,
  readPowerSupplies,
} from '../../../src/node/process/battery.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const supply = (facts: Partial<PowerSupply>): PowerSupply => ({
  type: '',
  status: '',
  online: '',
  scope: '',
  ...facts,
});
const battery = supply({ type: 'Battery', status: 'Discharging' });

describe('the battery', () => {
  it('a machine runs on battery when its battery discharges and no supply is online', () => {
    assert.equal(isOnBattery([]), false);
    assert.equal(isOnBattery([battery]), true);
    assert.equal(isOnBattery([supply({ type: 'Battery', status: 'Charging' })]), false);
    assert.equal(isOnBattery([battery, supply({ type: 'Mains', online: '1' })]), false);
    assert.equal(isOnBattery([battery, supply({ type: 'Mains', online: '0' })]), true);
    assert.equal(isOnBattery([{ ...battery, scope: 'Device' }]), false, 'that of a mouse');
  });

  it('the battery state is read from Linux, and unknown elsewhere', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'peerstor-power-'));
    await mkdir(join(folder, 'BAT0'));
    await writeFile(join(folder, 'BAT0', 'type'), 'Battery\n');
    await writeFile(join(folder, 'BAT0', 'status'), 'Discharging\n');
    assert.deepEqual(await readPowerSupplies(folder), [battery]);
    await rm(folder, { recursive: true });
    assert.deepEqual(await readPowerSupplies(folder), []);
  });

  it('the battery is checked every minute until stopped', async () => {
    const clock = new ManualClock();
    let supplies: PowerSupply[] = [];
    const watched = new Battery(clock, async () => supplies);
    await watched.start();
    assert.equal(watched.isOn, false);
    supplies = [battery];
    await clock.pass(60_000);
    assert.equal(watched.isOn, true);
    watched.stop();
    supplies = [];
    await clock.pass(120_000);
    assert.equal(watched.isOn, true);
  });
});
