import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeviceId, deviceId } from '../../../src/model/ids.ts';
import { newSpread } from '../../../src/replication/upload/spread.ts';
import { SpreadChoice, type SpreadChoiceParts } from '../../../src/replication/upload/spread-choice.ts';
import { chunkOf } from '../support/fixtures.ts';

const devices = Array.from({ length: 6 }, (_, number) => deviceId(`${number + 1}`.repeat(64)));
const [self] = devices as [DeviceId];

/** @param holders who is said to have the chunk @param away who is off */
function choiceOf(holders: readonly DeviceId[], away: readonly DeviceId[]): SpreadChoice {
  const parts = {
    self,
    inventory: { holdersOf: () => [...holders] },
    members: { find: (id: DeviceId) => ({ id }), order: () => devices },
    peers: {
      isConnected: (id: DeviceId) => id !== self && !away.includes(id),
      isFull: () => false,
      isResting: () => false,
    },
    copiesWanted: 3,
  };
  return new SpreadChoice(parts as unknown as SpreadChoiceParts);
}

test('copies on devices that are off count as placed, but two devices must confirm', () => {
  const spread = { ...newSpread(chunkOf(1).id), confirmed: [self] };
  const choice = (away: number) => choiceOf(devices.slice(0, 1 + away), devices.slice(1, 1 + away));
  assert.deepEqual(
    [0, 1, 2].map((away) => choice(away).missing(spread)),
    [2, 1, 1],
  );
});

test('a chunk with all its copies is given to no device, however many further holders are off', () => {
  const confirmed = devices.slice(0, 3);
  const choice = choiceOf(devices.slice(0, 4), devices.slice(3, 4));
  const spread = { ...newSpread(chunkOf(1).id), confirmed };
  assert.deepEqual(
    choice.candidates(spread, () => false),
    devices.slice(4),
    'others would take it',
  );
  // Less than none would be given to all of them but the last, and again and again.
  assert.equal(choice.missing(spread), 0);
});
