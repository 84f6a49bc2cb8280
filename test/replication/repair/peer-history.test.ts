/** What a device believes about who was there when, whoever says what. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from '../../../src/crypto/index.ts';
import type { Handler, PeerEvent, Transport } from '../../../src/model/contracts/transport.ts';
import type { DeviceId } from '../../../src/model/ids.ts';
import { PeerHistory } from '../../../src/replication/repair/peer-history.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { deviceNumber, member } from '../support/fixtures.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const hearsayMs = 7 * dayMs;
const [self, lost, liar, honest] = [deviceNumber(0), deviceNumber(1), deviceNumber(2), deviceNumber(3)];

/** A device that is told what others say; `met` is whom it saw when it started. */
function peerHistory(met: readonly DeviceId[]) {
  const clock = new ManualClock();
  const members = new Map([0, 1, 2, 3].map((number) => [deviceNumber(number), member(number)]));
  let hear: Handler | undefined;
  let follow: ((event: PeerEvent) => void) | undefined;
  const transport: Pick<Transport, 'handle' | 'onPeer' | 'peers' | 'notify'> = {
    handle: (_method, handler) => {
      hear = handler;
    },
    onPeer: (listener) => {
      follow = listener;
      return () => undefined;
    },
    peers: () => [],
    notify: () => undefined,
  };
  const parts = {
    self,
    transport,
    peers: { lastSeenMs: (device: DeviceId) => (met.includes(device) ? clock.wallMs() : undefined) },
    members: { ids: () => [...members.keys()], find: (id: DeviceId) => members.get(id) },
    clock,
    presenceStableMs: 5 * minuteMs,
    hearsayMs,
    everyMs: 1000 * dayMs,
  };
  const made = new PeerHistory(parts as unknown as ConstructorParameters<typeof PeerHistory>[0]);
  made.start();
  return {
    clock,
    remove: (device: DeviceId) => members.delete(device),
    connect: (device: DeviceId) => follow?.({ kind: 'connected', device, bootId: '1' }),
    disconnect: (device: DeviceId) => follow?.({ kind: 'disconnected', device, bootId: '1' }),
    /** How long ago, in milliseconds, `from` says it saw the lost device. */
    tell: (from: DeviceId, ageMs: number) =>
      hear?.(from, encode({ [lost]: ageMs }), new AbortController().signal),
    awayMs: () => {
      const { nowMs, devices } = made.sight(() => true);
      return nowMs - (devices.get(lost)?.lastSeenMs ?? Number.NaN);
    },
  };
}

test('a single witness of a lost device is believed for a week after this device saw it, and no longer', async () => {
  const { clock, tell, awayMs, connect, disconnect } = peerHistory([lost]);
  for (let day = 0; day < 30; day += 1) {
    await clock.pass(dayMs);
    await tell(liar, 0);
    assert.equal(awayMs(), Math.max(0, (day + 1) * dayMs - hearsayMs));
  }
  connect(lost);
  await clock.pass(6 * minuteMs);
  disconnect(lost);
  await clock.pass(dayMs);
  await tell(liar, 0);
  assert.equal(awayMs(), 0, 'it counts from the last time that this device saw it');
});

test('two witnesses are believed up to the earlier of their sightings', async () => {
  const { clock, tell, awayMs, remove } = peerHistory([lost]);
  await clock.pass(30 * dayMs);
  await tell(liar, 0);
  await tell(liar, 0);
  assert.equal(awayMs(), 30 * dayMs - hearsayMs);
  await tell(honest, minuteMs);
  assert.equal(awayMs(), minuteMs);
  remove(honest);
  assert.equal(awayMs(), 30 * dayMs - hearsayMs, 'no member any more, no witness');
});

test('a single witness is believed about a device that this one never met', async () => {
  const { clock, tell, awayMs } = peerHistory([]);
  await clock.pass(30 * dayMs);
  assert.equal(awayMs(), 30 * dayMs);
  await tell(honest, minuteMs);
  assert.equal(awayMs(), minuteMs);
});
