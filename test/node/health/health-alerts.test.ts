import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeviceView, VolumeView } from '../../../src/model/api.ts';
import { healthView } from '../../../src/node/health/health.ts';
import type { HealthFacts } from '../../../src/node/health/health-alerts.ts';
import { HealthWatch } from '../../../src/node/health/health-watch.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2030, 0, 10);
const nothing = { repair: { queued: 0, active: 0, etaSeconds: null }, receipts: [], pausedUntil: null };

function deviceOf(number: number, facts: Partial<DeviceView> = {}): DeviceView {
  return {
    id: String(number),
    name: `device ${number}`,
    class: 'always-on',
    state: 'active',
    place: '',
    self: number === 0,
    online: true,
    lastSeen: new Date(nowMs).toISOString(),
    capacityBytes: 1000,
    usedBytes: 0,
    addresses: [],
    volumes: [],
    rttMs: 1,
    ...facts,
  };
}

function factsOf(facts: Partial<HealthFacts> = {}): HealthFacts {
  return {
    chunks: {
      total: 10,
      byCopies: { 3: 10 },
      bytes: 10_000,
      unknownVersions: 0,
      offSite: { places: 0, onePlaceChunks: 0 },
    },
    devices: [0, 1, 2].map((number) => deviceOf(number)),
    wanted: 3,
    scrub: { running: false, lastFinishedAt: null, checkedChunks: 0, badChunks: 0 },
    drill: { lastFinishedAt: null, files: 0, failed: 0 },
    garbageStopped: null,
    chunksWithoutPlace: 0,
    clockOffsetsMs: [0, 5],
    apart: [],
    nowMs,
    ...facts,
  };
}

const view = (facts: Partial<HealthFacts>) => healthView(factsOf(facts), nothing);
const codes = (facts: Partial<HealthFacts>) =>
  view(facts).alerts.map(({ code, level }) => `${code} ${level}`);
const withVolume = (volume: Partial<VolumeView>) => {
  const whole: VolumeView = { path: '/disk', limitBytes: 1000, usedBytes: 0, state: 'ok', ...volume };
  return { devices: [deviceOf(0, { volumes: [whole] }), deviceOf(1), deviceOf(2)] };
};

describe('alerts', () => {
  it('there are no alerts when all is well', () => {
    assert.deepEqual(codes({}), []);
    assert.equal(view({}).level, 'ok');
    assert.match(view({}).sentence, /Every file has 3 copies/);
  });

  it('a network without files does not call itself safe, with one device or with enough', () => {
    const chunks = { ...factsOf().chunks, total: 0, byCopies: {} };
    for (const devices of [[deviceOf(0)], [deviceOf(0), deviceOf(1), deviceOf(2)]]) {
      const { sentence } = view({ chunks, devices });
      assert.match(sentence, /^Nothing is stored yet\./);
      assert.doesNotMatch(sentence, /safe|Every file/);
    }
    assert.match(view({ chunks, devices: [deviceOf(0)] }).sentence, /1 of 3 devices: add 2 devices/);
  });

  it('alerts name the state of each volume', () => {
    for (const [volume, expected] of [
      [{ state: 'missing' }, ['volume-missing warn']],
      [{ state: 'failed' }, ['volume-failed danger']],
      [{ state: 'failing', problem: 'It rots.' }, ['volume-failing danger']],
      [{ state: 'full' }, ['volume-full warn']],
      [{ state: 'draining', usedBytes: 1000 }, []],
      [{ usedBytes: 849 }, []],
      [{ usedBytes: 850 }, ['volume-nearly-full warn']],
      [{ limitBytes: 0 }, []],
    ] as [Partial<VolumeView>, string[]][]) {
      assert.deepEqual(codes(withVolume(volume)), expected, JSON.stringify(volume));
    }
    assert.equal(view(withVolume({ state: 'failing' })).level, 'danger');
  });

  it('alerts tell nobody to replace a disk that only takes no writes', () => {
    const failed = (problem: string) => view(withVolume({ state: 'failed', problem })).alerts[0];
    const readOnly = failed('A chunk could not be written: EROFS: read-only file system, write');
    assert.match(readOnly?.sentence ?? '', /takes no writes at this moment/);
    assert.doesNotMatch(readOnly?.action ?? '', /[Rr]eplace/);
    assert.match(failed('EIO: i/o error, write')?.action ?? '', /^Replace the disk/);
  });

  it('alerts name bad copies, stopped garbage collection, and copies in one place', () => {
    const scrub = { running: true, lastFinishedAt: null, checkedChunks: 100, badChunks: 2 };
    assert.deepEqual(codes({ scrub }), ['bad-copies warn']);
    assert.deepEqual(codes({ garbageStopped: { chunks: 5, bytes: 5 } }), ['garbage-stopped warn']);
    const chunks = { ...factsOf().chunks, offSite: { places: 2, onePlaceChunks: 4 } };
    assert.deepEqual(codes({ chunks }), ['one-place-only warn']);
  });

  it('alerts name files with one copy, and say that two folders of one device are one copy', () => {
    const chunks = { ...factsOf().chunks, byCopies: { 1: 10 } };
    assert.deepEqual(codes({ chunks }), ['files-unsafe warn']);
    const volumes: VolumeView[] = ['/a', '/b'].map((path) => ({
      path,
      limitBytes: 9,
      usedBytes: 0,
      state: 'ok',
    }));
    const { alerts } = view({ chunks, devices: [deviceOf(0, { volumes })] });
    assert.deepEqual(
      alerts.map(({ code }) => code),
      ['too-few-devices'],
    );
    assert.match(alerts[0]?.sentence ?? '', /drives of one device count as one copy/);
    assert.equal(alerts[0]?.action, 'Add 2 devices.');
  });

  it('alerts name a device that has been off for more than a week, not one that sleeps', () => {
    const off = (days: number) => {
      const lastSeen = new Date(nowMs - days * dayMs).toISOString();
      return codes({ devices: [deviceOf(0), deviceOf(1), deviceOf(2, { online: false, lastSeen })] });
    };
    assert.deepEqual(off(6), []);
    assert.deepEqual(off(8), ['device-off-for-long warn']);
  });

  it('alerts name this clock when most others disagree with it, not when one other clock is wrong', () => {
    assert.deepEqual(codes({ clockOffsetsMs: [300_000, 0, 1] }), []);
    assert.deepEqual(codes({ clockOffsetsMs: [300_000, 290_000, 1] }), ['clock-wrong danger']);
    assert.match(view({ clockOffsetsMs: [-300_000] }).alerts[0]?.sentence ?? '', /5 minutes ahead of/);
    assert.deepEqual(codes({ clockOffsetsMs: [] }), []);
  });

  it('alerts name a device that speaks no version that this one speaks', () => {
    assert.deepEqual(codes({ apart: ['nas'] }), ['versions-apart danger']);
    assert.match(
      view({ apart: ['nas'] }).alerts[0]?.sentence ?? '',
      /^This device and nas speak no common version/,
    );
  });

  it('each alert says what to do, or that there is nothing to do', () => {
    const everything = view({
      ...withVolume({ state: 'failed' }),
      scrub: { running: false, lastFinishedAt: null, checkedChunks: 9, badChunks: 1 },
      drill: { lastFinishedAt: new Date(0).toISOString(), files: 10, failed: 1 },
      garbageStopped: { chunks: 1, bytes: 1 },
      chunksWithoutPlace: 7,
      chunks: {
        ...factsOf().chunks,
        unknownVersions: 3,
        byCopies: { 1: 1 },
        offSite: { places: 2, onePlaceChunks: 1 },
      },
      clockOffsetsMs: [1e9],
      apart: ['nas'],
      wanted: 5,
    });
    for (const { sentence, action } of everything.alerts) {
      assert.match(sentence, /^[A-Z0-9/].*\.$/);
      if (action !== null) assert.match(action, /^[A-Z].*\.$/);
    }
    assert.equal(everything.alerts.length, 11);
  });
});

describe('the watch over health', () => {
  it('the health watch reports a change once, and checks only while somebody listens', async () => {
    const clock = new ManualClock();
    let facts: Partial<HealthFacts> = {};
    let looked = 0;
    let told = 0;
    const watch = new HealthWatch({
      clock,
      health: async () => {
        looked += 1;
        return view(facts);
      },
      changed: () => {
        told += 1;
      },
    });
    const stops = [watch.listen(), watch.listen()];
    await clock.pass(20_000);
    assert.equal(told, 0);
    facts = withVolume({ state: 'full' });
    await clock.pass(20_000);
    assert.equal(told, 1);
    facts = { ...facts, scrub: { running: true, lastFinishedAt: null, checkedChunks: 7, badChunks: 0 } };
    await clock.pass(20_000);
    assert.equal(told, 2);
    for (const stop of stops) stop();
    const before = looked;
    await clock.pass(60_000);
    assert.equal(looked, before);
  });
});
