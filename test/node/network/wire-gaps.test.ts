import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { systemClock } from '../../../src/model/clock.ts';
import type { DeviceId } from '../../../src/model/ids.ts';
import { WireGaps } from '../../../src/node/network/index.ts';
import { until } from '../../support/until.ts';
import { patient, stopAll, type TestDevice, testDevice } from './libp2p/libp2p-world.ts';

describe('two devices without a common version of messages', () => {
  const all: TestDevice[] = [];
  after(() => stopAll(all));

  it('both know it and stay apart, until one that speaks both has come in the place of the older one', async () => {
    const ids: DeviceId[] = [];
    const members = () => ids;
    const gaps = { older: new WireGaps(systemClock), newer: new WireGaps(systemClock) };
    const make = async (number: number, which: keyof typeof gaps, protocol: { min: number; max: number }) => {
      const device = await testDevice({ number, members, tunables: patient, gaps: gaps[which], protocol });
      all.push(device);
      return device.transport;
    };
    const older = await make(1, 'older', { min: 1, max: 1 });
    const newer = await make(2, 'newer', { min: 2, max: 3 });
    ids.push(older.self, newer.self);
    await older.start();
    await newer.start();
    older.hint(newer.self, newer.addresses());
    await until('each knows that it has no language with the other', () => {
      return gaps.older.has(newer.self) && gaps.newer.has(older.self);
    });
    assert.deepEqual([older.peers(), newer.peers()], [[], []]);

    await older.stop();
    const updated = await make(1, 'older', { min: 1, max: 2 });
    await updated.start();
    updated.hint(newer.self, newer.addresses());
    await until('the two are connected', () => updated.peers().length === 1 && newer.peers().length === 1);
    assert.deepEqual([gaps.older.has(newer.self), gaps.newer.has(updated.self)], [false, false]);
  });
});
