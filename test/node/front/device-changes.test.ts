import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuditEvent } from '../../../src/model/contracts/audit.ts';
import type { DeviceSettings } from '../../../src/model/contracts/device.ts';
import type { Session } from '../../../src/model/contracts/drive.ts';
import { PeerstorError } from '../../../src/model/errors.ts';
import { changeDevice } from '../../../src/node/front/device-changes.ts';
import { World } from '../../catalog/world.ts';
import { coded } from '../../drive/errors.ts';

async function network() {
  const world = new World();
  const catalog = await world.founded();
  await world.admit(catalog, 1);
  const id = world.device(1);
  const notes: AuditEvent[] = [];
  const admin = { user: { username: 'Ada' }, adminSigner: () => world.admin };
  const change = (settings: DeviceSettings, session: object = admin) =>
    changeDevice(
      { catalog },
      { note: (event) => void notes.push(event) },
      { id, settings, session: session as Session },
    );
  return { world, catalog, id, notes, change };
}

describe('what an admin says of a device', () => {
  it("an admin's change of name, class and place is in the audit log", async () => {
    const { catalog, id, notes, change } = await network();
    await change({ name: ' Cellar ', class: 'sleeper', place: 'Home' });
    await change({ place: '' });
    const body = catalog.get('device', id)?.body;
    assert.deepEqual([body?.name, body?.class, body?.place], ['Cellar', 'sleeper', '']);
    assert.deepEqual(
      notes.map(({ event, sentence, username }) => [event, sentence, username]),
      [
        ['device-renamed', 'device 1 was renamed to Cellar.', 'Ada'],
        ['device-changed', 'Cellar was changed: its class is sleeper, and its place is Home.', 'Ada'],
        ['device-changed', 'Cellar was changed: its place was cleared.', 'Ada'],
      ],
    );
  });

  it("an admin's change that changes nothing writes no record and no audit event", async () => {
    const { catalog, id, notes, change } = await network();
    const before = catalog.get('device', id)?.revision;
    await change({ name: 'device 1', class: 'always-on', place: '' });
    assert.equal(catalog.get('device', id)?.revision, before);
    assert.deepEqual(notes, []);
  });

  it('a change of a device is refused for a removed device, and to a user who is not an admin', async () => {
    const { world, catalog, notes, change } = await network();
    const member = {
      user: { username: 'Bob' },
      adminSigner: () => {
        throw new PeerstorError('forbidden', 'no');
      },
    };
    await assert.rejects(change({ name: 'Mine' }, member), coded('forbidden'));
    await catalog.author([world.deviceDraft(1, { state: 'removed', lastSeq: 0 })], world.admin);
    await assert.rejects(change({ name: 'Ghost' }), coded('not-found'));
    assert.deepEqual(notes, []);
  });
});
