import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DeviceId, deviceId } from '../../../../src/model/ids.ts';
import { Redial } from '../../../../src/node/network/addresses/redial.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const low = deviceId('1'.repeat(64));
const high = deviceId('f'.repeat(64));
const middle = deviceId('8'.repeat(64));
const tunables = { redialMinMs: 1000, redialMaxMs: 60_000 };
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

describe('redial', () => {
  it('redial dials a device with a higher id at once, one with a lower id after a while', async () => {
    const { clock, dials, redial } = world();
    redial.want([low, high, middle], () => false);
    await clock.pass(0);
    assert.deepEqual(dials, [[high, 0]]);
    await clock.pass(3000);
    assert.deepEqual(
      dials.find(([device]) => device === low),
      [low, 3000],
    );
    assert.ok(!dials.some(([device]) => device === middle), 'never itself');
  });

  it('redial tries for ever, more and more slowly', async () => {
    const { clock, dials, redial } = world();
    redial.want([high], () => false);
    await clock.pass(1000 + 2000 + 4000 + 8000);
    assert.equal(dials.length, 5);
    await clock.pass(30 * minuteMs);
    const gaps = gapsOf(dials);
    assert.ok(Math.max(...gaps) <= 60_000);
    await clock.pass(12 * hourMs);
    assert.equal(gapsOf(dials).at(-1), 5 * minuteMs);
    assert.ok(clock.monotonicMs() - (dials.at(-1)?.[1] ?? 0) <= 5 * minuteMs);
  });

  it('redial varies the time of a try by a fifth', async () => {
    for (const [chance, gap] of [
      [0, 800],
      [0.999_999, 1200],
    ] as const) {
      const { clock, dials, redial } = world({ chance });
      redial.want([high], () => false);
      await clock.pass(1500);
      assert.equal(Math.round(gapsOf(dials)[0] ?? 0), gap);
    }
  });

  it('redial rests while the device is connected, and starts again when it is lost', async () => {
    const { clock, dials, redial } = world();
    redial.want([high], () => false);
    await clock.pass(10_000);
    redial.connected(high);
    const before = dials.length;
    await clock.pass(hourMs);
    assert.equal(dials.length, before);
    redial.disconnected(high);
    await clock.pass(0);
    assert.equal(dials.length, before + 1);
  });

  it('redial slows down for a device that refuses it again and again', async () => {
    const { clock, dials, redial } = world({ outcome: 'connects' });
    redial.want([high], () => false);
    for (let round = 0; round < 100; round += 1) {
      await clock.pass(100);
      redial.disconnected(high);
    }
    assert.ok(dials.length <= 6, `${dials.length} dials in ten seconds`);
  });

  it('redial tries at once when an address is named, also while a dial is in progress', async () => {
    const { clock, dials, redial } = world();
    redial.want([high], () => false);
    await clock.pass(5 * minuteMs);
    const before = dials.length;
    redial.hurry(high);
    await clock.pass(0);
    assert.equal(dials.length, before + 1);

    const slow = world({ outcome: 'hangs' });
    slow.redial.want([high], () => false);
    await slow.clock.pass(0);
    slow.redial.hurry(high);
    slow.fail();
    await slow.clock.pass(0);
    assert.equal(slow.dials.length, 2);
  });

  it('redial follows hearsay, but not more often than every ten seconds', async () => {
    const { clock, dials, redial } = world();
    redial.want([high], () => false);
    await clock.pass(20 * minuteMs);
    const before = dials.length;
    for (let second = 0; second < 30; second += 1) {
      redial.hearsay(high);
      await clock.pass(1000);
    }
    assert.ok(dials.length - before >= 3);
    assert.ok(Math.min(...gapsOf(dials.slice(before)).filter((gap) => gap > 0)) >= 1000);
    assert.ok(dials.length - before <= 15, `${dials.length - before} dials in half a minute`);
  });

  it('redial tries all at once after waking', async () => {
    const { clock, dials, redial } = world();
    redial.want([low, high], () => false);
    await clock.pass(hourMs);
    const before = dials.length;
    redial.hurryAll();
    await clock.pass(3000);
    const devices = new Set(dials.slice(before).map(([device]) => device));
    assert.deepEqual(devices, new Set([low, high]));
  });

  it('redial no longer dials an unwanted device, and none after stop', async () => {
    const { clock, dials, redial } = world();
    redial.want([high, low], () => false);
    redial.want([low], () => false);
    await clock.pass(minuteMs);
    assert.ok(!dials.some(([device]) => device === high));
    redial.stop();
    const before = dials.length;
    redial.hurry(low);
    redial.want([high], () => false);
    await clock.pass(hourMs);
    assert.equal(dials.length, before);
  });
});

function world(options: { chance?: number; outcome?: 'fails' | 'connects' | 'hangs' } = {}) {
  const { chance = 0.5, outcome = 'fails' } = options;
  const clock = new ManualClock();
  const dials: [DeviceId, number][] = [];
  let fail: () => void = () => undefined;
  const redial = new Redial({
    self: middle,
    clock,
    random: { next: () => chance, bytes: (length) => new Uint8Array(length) },
    tunables,
    dial: async (device) => {
      dials.push([device, clock.monotonicMs()]);
      if (outcome === 'connects') redial.connected(device);
      if (outcome === 'fails') throw new Error('nobody there');
      if (outcome === 'hangs') {
        await new Promise<void>((_resolve, reject) => {
          fail = () => reject(new Error('nobody there'));
        });
      }
    },
  });
  return { clock, dials, redial, fail: () => fail() };
}

function gapsOf(dials: readonly [DeviceId, number][]): number[] {
  return dials.slice(1).map(([, atMs], index) => atMs - (dials[index]?.[1] ?? 0));
}
