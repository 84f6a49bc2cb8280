import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DeviceView, HealthView, HealthzView, NearbyDevice, Page } from '../../src/model/api.ts';
import { assertProblem, GatewayFixture } from './gateway-fixture.ts';

describe('devices, pairing and health', () => {
  let g: GatewayFixture;
  let member = '';
  before(async () => {
    g = await GatewayFixture.start();
    g.front.addMember('ben', 'other password');
    member = (await g.front.accounts.login('ben', 'other password', '')).secret;
  });
  after(() => g.stop());

  const asMember = () => ({ authorization: `Bearer ${member}` });

  it('say that they are alive without a login', async () => {
    const view = (await g.ask('GET', '/healthz', { anonymous: true })).json<HealthzView>();
    assert.equal(view.ok, true);
    assert.equal(view.deviceName, 'Kitchen');
  });

  it('are listed, with those nearby', async () => {
    const list = (await g.get('/api/v1/devices')).json<Page<DeviceView>>();
    assert.deepEqual([list.items.length, list.nextCursor], [1, null]);
    const nearby = (await g.get('/api/v1/devices/nearby')).json<Page<NearbyDevice>>();
    assert.equal(nearby.items[0]?.name, 'Attic');
  });

  it('are renamed by an admin, with known fields only', async () => {
    const self = g.front.devices.list()[0];
    const path = `/api/v1/devices/${self?.id}`;
    const answer = await g.ask('PATCH', path, { json: { name: 'Cellar', class: 'sleeper' } });
    assert.equal(answer.json<DeviceView>().name, 'Cellar');
    const headers = asMember();
    assertProblem(await g.ask('PATCH', path, { json: { name: 'Mine' }, headers }), 'forbidden');
    assertProblem(await g.ask('PATCH', path, { json: { class: 'fast' } }), 'bad-input');
    const later = assertProblem(await g.ask('PATCH', path, { json: { upLimit: 5 } }), 'bad-input');
    assert.equal(later.field, 'upLimit');
  });

  it('open and close a pairing window for an admin only', async () => {
    assertProblem(await g.ask('POST', '/api/v1/pairing', { headers: asMember() }), 'forbidden');
    assertProblem(await g.ask('DELETE', '/api/v1/pairing', { headers: asMember() }), 'forbidden');
    const opened = await g.ask('POST', '/api/v1/pairing');
    assert.equal(opened.json<{ code: string }>().code, '1111 2222');
    const exchange = { json: { step: 1 }, anonymous: true };
    const heard = await g.ask('POST', '/api/v1/pairing/exchange', exchange);
    assert.deepEqual(heard.json(), { heard: { step: 1 } });
    assert.equal((await g.ask('DELETE', '/api/v1/pairing')).status, 204);
    assertProblem(await g.ask('POST', '/api/v1/pairing/exchange', exchange), 'pairing-closed');
  });

  it('join with the set-up code or from the home itself', async () => {
    const join = (json: object, headers = {}) =>
      g.ask('POST', '/api/v1/pairing/join', { json, headers, anonymous: true });
    assertProblem(await join({ code: '11112222' }), 'wrong-setup-code');
    assertProblem(await join({ code: '11112222', setupCode: 'guess' }), 'wrong-setup-code');
    const { setupCode } = g.front;
    assertProblem(await join({ code: '00000000', setupCode }), 'wrong-pairing-code');
    const joined = await join({ code: '11112222', setupCode, address: '127.0.0.1:1' });
    assert.deepEqual(joined.json(), { networkId: 'b'.repeat(64) });
    const local = await join({ code: '11112222' }, { authorization: `Local ${g.front.localSecret}` });
    assert.equal(local.status, 200);
  });

  it('tell how well everything is kept', async () => {
    assert.equal((await g.get('/api/v1/health')).json<HealthView>().sentence, 'Add a device.');
  });
});
