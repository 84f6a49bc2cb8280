import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { DeviceId } from '../../../src/model/ids.ts';
import { defaultTunables } from '../../../src/model/limits.ts';
import {
  type DeviceSight,
  heldBackUntilMs,
  type NetworkSight,
  planRepair,
  urgencyOf,
} from '../../../src/replication/repair/repair-plan.ts';
import { deviceNumber } from '../support/fixtures.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const tunables = defaultTunables;
const longAgoMs = -1000 * dayMs;

/** A device that has been here for days, unless the facts say otherwise. */
function device(number: number, facts: Partial<DeviceSight> = {}): DeviceSight {
  const id = deviceNumber(number);
  const seen = { alwaysOn: true, draining: false, takes: true, connectedSinceMs: longAgoMs, lastSeenMs: 0 };
  return { id, ...seen, ...facts };
}

function away(number: number, forMs: number, facts: Partial<DeviceSight> = {}): DeviceSight {
  return device(number, { connectedSinceMs: null, lastSeenMs: -forMs, ...facts });
}

/** Now is 0. */
function sightOf(...devices: DeviceSight[]): NetworkSight {
  return { nowMs: 0, watchingSinceMs: longAgoMs, devices: new Map(devices.map((one) => [one.id, one])) };
}

const ids = (...numbers: number[]): DeviceId[] => numbers.map(deviceNumber);

/** Milliseconds until the chunk on devices 0, 1, 2 is due; undefined when it never is. */
const dueOf = (...devices: DeviceSight[]) => urgencyOf(ids(0, 1, 2), sightOf(...devices), tunables)?.dueMs;

describe('when a lost copy is made again', () => {
  it('a copy is never made while three holders are connected', () => {
    assert.equal(dueOf(device(0), device(1), device(2), device(3)), undefined);
  });

  it('a lost copy is due after six hours without an always-on device, after seven days without one that sleeps', () => {
    assert.equal(dueOf(device(0), device(1), away(2, hourMs), device(3)), 5 * hourMs);
    assert.equal(dueOf(device(0), device(1), away(2, hourMs, { alwaysOn: false })), 7 * dayMs - hourMs);
  });

  it('a copy is due fifteen minutes after the last but one holder left', () => {
    assert.equal(dueOf(device(0), away(1, minuteMs), away(2, hourMs), device(3)), 14 * minuteMs);
  });

  it('a copy is due at once when a holder is drained or removed, or there never were three', () => {
    const dues = [
      dueOf(device(0), device(1), device(2, { draining: true }), device(3)),
      dueOf(device(0), device(1), device(3)),
      urgencyOf(ids(0, 1), sightOf(device(0), device(1), device(3)), tunables)?.dueMs,
    ];
    for (const dueMs of dues) assert.ok(dueMs !== undefined && dueMs <= 0);
  });

  it('no copy is due for a sleeper while the chunk is complete without it', () => {
    const sight = sightOf(
      device(0),
      device(1),
      away(2, 8 * hourMs, { alwaysOn: false }),
      away(3, 90 * dayMs),
    );
    assert.equal(urgencyOf(ids(0, 1, 2, 3), sight, tunables)?.dueMs, 7 * dayMs - 8 * hourMs);
  });

  it('no copy is due in the first minutes after this device started, however long the other has been away', () => {
    const sight = { ...sightOf(device(0), device(1), away(2, 30 * dayMs)), watchingSinceMs: -minuteMs };
    assert.equal(urgencyOf(ids(0, 1, 2), sight, tunables)?.dueMs, 14 * minuteMs);
  });

  it('no copy is due while the holder is reconnecting', () => {
    assert.equal(
      dueOf(device(0), device(1), device(2, { connectedSinceMs: -1000, lastSeenMs: -dayMs })),
      undefined,
    );
  });

  it('repair leaves a chunk that never had enough copies to catch-up when a device that should have it is connected', () => {
    const chunk = { holders: ids(0, 1), order: ids(0, 1, 2, 3) };
    const here = sightOf(device(0), device(1), device(2), device(3));
    const off = sightOf(device(0), device(1), away(2, hourMs), device(3));
    assert.equal(planRepair(chunk, here, tunables)?.isCatchUps, true);
    assert.equal(planRepair(chunk, off, tunables)?.isCatchUps, false);
    assert.equal(planRepair(chunk, off, tunables)?.target, deviceNumber(3));
  });
});

const anyDevice = (number: number) =>
  fc
    .record({
      alwaysOn: fc.boolean(),
      draining: fc.boolean(),
      takes: fc.boolean(),
      connectedSinceMs: fc.option(fc.constantFrom(-dayMs, -tunables.presenceStableMs, -1), { nil: null }),
      lastSeenMs: fc.integer({ min: -10 * dayMs, max: 0 }),
    })
    .map((facts) => device(number, facts));
const anyNetwork = fc
  .integer({ min: 1, max: 7 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, number) => anyDevice(number))))
  .map((devices) => sightOf(...devices));
const someDevices = fc.uniqueArray(fc.integer({ min: 0, max: 8 })).map((numbers) => ids(...numbers));
const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }).map((numbers) => ids(...numbers));

describe('in any network', () => {
  it('the target has been connected for long enough, takes chunks and lacks this one, and the repairer has it', () => {
    fc.assert(
      fc.property(anyNetwork, someDevices, order, (sight, holders, order) => {
        const plan = planRepair({ holders, order }, sight, tunables);
        if (!plan) return;
        const [repairer, target] = [sight.devices.get(plan.repairer), sight.devices.get(plan.target)];
        assert.ok(holders.includes(plan.repairer) && !holders.includes(plan.target));
        for (const one of [repairer, target]) {
          assert.ok((one?.connectedSinceMs ?? 0) <= -tunables.presenceStableMs);
        }
        assert.ok(target?.takes && !target.draining);
        const better = order.slice(0, order.indexOf(plan.repairer)).filter((id) => holders.includes(id));
        const stable = (id: DeviceId) =>
          (sight.devices.get(id)?.connectedSinceMs ?? 0) <= -tunables.presenceStableMs;
        assert.ok(!better.some(stable), 'a better-ranked holder would do it');
      }),
    );
  });

  it('equal views make equal plans, in whatever order events arrived', () => {
    fc.assert(
      fc.property(anyNetwork, someDevices, order, (sight, holders, order) => {
        const other = { ...sight, devices: new Map([...sight.devices].reverse()) };
        const plan = planRepair({ holders, order }, sight, tunables);
        const same = planRepair({ holders: holders.toReversed(), order }, other, tunables);
        assert.equal(same?.repairer, plan?.repairer);
        assert.equal(same?.target, plan?.target);
        assert.equal(same?.dueMs, plan?.dueMs);
      }),
    );
  });

  it('nothing is due for devices that have slept for less than a week while two others have the chunk', () => {
    const asleep = fc.integer({ min: 0, max: 7 * dayMs - 1 });
    fc.assert(
      fc.property(fc.array(asleep, { minLength: 1, maxLength: 4 }), (nights) => {
        const sleepers = nights.map((forMs, at) => away(2 + at, forMs, { alwaysOn: false }));
        const sight = sightOf(device(0), device(1), ...sleepers, device(7));
        const urgency = urgencyOf(ids(0, 1, ...sleepers.map((_, at) => 2 + at)), sight, tunables);
        assert.ok(urgency && urgency.dueMs > 0);
      }),
    );
  });

  it('nothing is due for an hour after more than 40 % of three or more devices left', () => {
    fc.assert(
      fc.property(anyNetwork, someDevices, order, (sight, holders, order) => {
        const gone = [...sight.devices.values()].filter(({ connectedSinceMs }) => connectedSinceMs === null);
        const isMany = sight.devices.size >= 3 && gone.length * 10 > sight.devices.size * 4;
        assert.equal(heldBackUntilMs(sight, tunables) > Number.NEGATIVE_INFINITY, isMany);
        const recent = gone.filter(({ lastSeenMs }) => lastSeenMs > -hourMs).length;
        const justNow = isMany && (gone.length - recent) * 10 <= sight.devices.size * 4;
        const plan = planRepair({ holders, order }, sight, tunables);
        if (plan && justNow) assert.ok(plan.dueMs > 0);
      }),
      { numRuns: 1000 },
    );
  });
});
