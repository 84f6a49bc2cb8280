import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceView } from '../../../src/model/api.ts';
import { withoutPaths, withoutVolumes } from '../../../src/node/front/viewer.ts';
import { alertsOf } from '../../../src/node/health/health-alerts.ts';

const path = '/home/anna/secret-disk';
const device: DeviceView = {
  id: 'a'.repeat(64),
  name: 'nas',
  class: 'always-on',
  state: 'active',
  place: '',
  self: true,
  online: true,
  lastSeen: null,
  capacityBytes: 1,
  usedBytes: 1,
  addresses: [],
  volumes: (['missing', 'failed', 'failing', 'full', 'ok'] as const).map((state) => ({
    path,
    limitBytes: 100,
    usedBytes: 99,
    state,
    problem: `${path} is bad`,
  })),
  bandwidth: { upLimit: null, downLimit: null, schedule: null, limitLan: false },
  rttMs: null,
};

test('a member who is not an admin is told no path of a folder, neither by devices nor by alerts', () => {
  const shown = withoutPaths(device);
  const alerts = alertsOf({
    chunks: {
      total: 0,
      byCopies: {},
      bytes: 0,
      unknownVersions: 0,
      offSite: { places: 0, onePlaceChunks: 0 },
    },
    devices: [shown],
    wanted: 1,
    scrub: { running: false, lastFinishedAt: null, checkedChunks: 0, badChunks: 0 },
    drill: { lastFinishedAt: null, files: 0, failed: 0 },
    garbageStopped: null,
    chunksWithoutPlace: 0,
    clockOffsetsMs: [],
    apart: [],
    nowMs: 0,
  });
  assert.ok(alerts.length >= 5, 'the alerts are there');
  assert.doesNotMatch(JSON.stringify([alerts, withoutVolumes(shown)]), /secret-disk/);
  assert.deepEqual(withoutVolumes(shown).volumes, []);
});
