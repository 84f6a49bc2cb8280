import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deviceId } from '../../../src/model/ids.ts';
import { type TopologyParts, topologyView } from '../../../src/node/health/topology.ts';

const [laptop, friend] = ['a', 'b'].map((digit) => deviceId(digit.repeat(64)));

describe('topologyView', () => {
  it('names no page of a device that only keeps copies: nobody can sign in there', () => {
    const parts = {
      catalog: { get: (_: string, id: string) => ({ body: { storageOnly: id === friend } }) },
      directory: { members: () => [{ id: laptop }, { id: friend }] },
      presence: { aboutOf: () => ({ version: '1', pages: ['10.0.0.7:8080'], links: [] }) },
      traffic: { with: () => ({}) },
      transport: { self: laptop, isConnected: () => true },
    } as unknown as TopologyParts;
    assert.deepEqual(
      topologyView(parts).devices.map(({ pages }) => pages),
      [['10.0.0.7:8080'], []],
    );
  });
});
