import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { HealthView } from '../../../src/model/api.ts';
import type { AuditEvent } from '../../../src/model/contracts/audit.ts';
import type { PeerEvent } from '../../../src/model/contracts/transport.ts';
import { type DeviceId, deviceId } from '../../../src/model/ids.ts';
import { KeyClones } from '../../../src/node/membership/key-clones.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const device: DeviceId = deviceId('a'.repeat(64));
const health = { level: 'ok', alerts: [] } as unknown as HealthView;

function watch() {
  const clock = new ManualClock();
  const notes: AuditEvent[] = [];
  const audit = { note: (event: AuditEvent) => void notes.push(event) };
  const clones = new KeyClones({ clock, audit, nameOf: () => 'box' });
  let tell: (event: PeerEvent) => void = () => undefined;
  clones.follow({
    onPeer(listener) {
      tell = listener;
      return () => undefined;
    },
  });
  const connect = (bootId: string) => tell({ kind: 'connected', device, bootId });
  return { clock, notes, clones, connect };
}

it('a replaced process that returns shows that two devices use one key', async () => {
  const { clock, notes, clones, connect } = watch();
  for (const bootId of ['one', 'one', 'two', 'two', 'three']) connect(bootId);
  assert.equal(clones.alertIn(health), health, 'restarts are no clones');
  connect('two');
  connect('three');
  const { level, alerts } = clones.alertIn(health);
  assert.deepEqual([level, alerts.map(({ code }) => code)], ['danger', ['key-twice']]);
  assert.match(alerts[0]?.sentence ?? '', /Two devices use the key of box/);
  assert.equal(notes.length, 1);
  await clock.pass(61 * 60_000);
  assert.equal(clones.alertIn(health).level, 'ok');
});

it('a key that signed two records under one number shows that two devices use it', () => {
  const { clones } = watch();
  clones.seen(device);
  assert.equal(clones.alertIn(health).level, 'danger');
});
