import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type {
  AuditView,
  DeviceView,
  EntryHealthView,
  HealthView,
  HealthzView,
  ImpactView,
  NearbyDevice,
  Page,
} from '../../../src/model/api.ts';
import type { GarbageReport, SystemView } from '../../../src/model/contracts/health.ts';
import type { FolderCheckView, TopologyView, TransferDayView } from '../../../src/model/views/topology.ts';
import { assertProblem, GatewayFixture, sessionHeaders } from '../gateway-fixture.ts';

describe('devices, pairing and health', () => {
  let g: GatewayFixture;
  let member = '';
  before(async () => {
    g = await GatewayFixture.start();
    g.front.addMember('ben', 'other password');
    member = (await g.front.accounts.login('ben', 'other password', '')).secret;
  });
  after(() => g.stop());

  const asMember = () => sessionHeaders(member);

  it('say that they are alive without a login', async () => {
    const view = (await g.ask('GET', '/healthz', { anonymous: true })).json<HealthzView>();
    assert.equal(view.ok, true);
    assert.equal(view.deviceName, 'Kitchen');
  });

  it('say how busy their machine is to who signed in, and the paths of disks to admins only', async () => {
    const view = (await g.get('/api/v1/system')).json<SystemView>();
    assert.deepEqual([view.cpu.cores, view.disks[0]?.paths], [2, ['/home']]);
    const toMember = await g.ask('GET', '/api/v1/system', { headers: asMember() });
    assert.deepEqual(toMember.json<SystemView>().disks[0]?.paths, []);
    assertProblem(await g.ask('GET', '/api/v1/system', { anonymous: true }), 'not-signed-in');
  });

  it('are listed, with those nearby', async () => {
    const list = (await g.get('/api/v1/devices')).json<Page<DeviceView>>();
    assert.deepEqual([list.items.length, list.nextCursor], [1, null]);
    const nearby = (await g.get('/api/v1/devices/nearby')).json<Page<NearbyDevice>>();
    assert.equal(nearby.items[0]?.name, 'Attic');
  });

  it('say who is connected to whom, and what moved on each day, to who signed in', async () => {
    const topology = (await g.get('/api/v1/devices/topology')).json<TopologyView>();

    assert.deepEqual(topology.devices[0]?.pages, ['192.0.2.1:8080']);
    const days = (await g.get('/api/v1/devices/transfers?days=1')).json<Page<TransferDayView>>();
    assert.equal(days.items[0]?.devices[0]?.receivedBytes, 7);
    assertProblem(await g.get('/api/v1/devices/transfers?days=0'), 'bad-input');
    for (const path of ['topology', 'transfers']) {
      assertProblem(await g.ask('GET', `/api/v1/devices/${path}`, { anonymous: true }), 'not-signed-in');
    }
  });

  it('look at a folder before it is lent, for admins only', async () => {
    const json = { path: '/mnt/new' };
    const view = (await g.ask('POST', '/api/v1/devices/folder-check', { json })).json<FolderCheckView>();
    assert.deepEqual([view.missing, view.onSystemDisk], [true, true]);
    const headers = asMember();
    assertProblem(await g.ask('POST', '/api/v1/devices/folder-check', { json, headers }), 'forbidden');
    assertProblem(await g.ask('POST', '/api/v1/devices/folder-check', { json: {} }), 'bad-input');
  });

  it('are renamed by an admin, with known fields only', async () => {
    const self = (await g.get('/api/v1/devices')).json<Page<DeviceView>>().items[0];
    const path = `/api/v1/devices/${self?.id}`;
    const answer = await g.ask('PATCH', path, { json: { name: 'Cellar', class: 'sleeper' } });
    assert.equal(answer.json<DeviceView>().name, 'Cellar');
    const headers = asMember();
    assertProblem(await g.ask('PATCH', path, { json: { name: 'Mine' }, headers }), 'forbidden');
    assertProblem(await g.ask('PATCH', path, { json: { class: 'fast' } }), 'bad-input');
    const unknown = assertProblem(await g.ask('PATCH', path, { json: { colour: 'red' } }), 'bad-input');
    assert.equal(unknown.field, 'colour');
  });

  it('take folders, limits and hours, and refuse what is none', async () => {
    const path = `/api/v1/devices/${'a'.repeat(64)}`;
    const json = {
      volumes: [
        { path: '/mnt/usb', limitBytes: 5_000_000_000 },
        { path: '/mnt/old', state: 'draining' },
      ],
      upLimit: 1_000_000,
      downLimit: null,
      schedule: { from: '08:00', to: '22:30' },
    };
    assert.equal((await g.ask('PATCH', path, { json })).status, 200);
    assert.deepEqual(g.front.lastSettings, json);
    for (const [field, wrong] of [
      ['upLimit', { upLimit: 0 }],
      ['downLimit', { downLimit: 1.5 }],
      ['schedule.from', { schedule: { from: '8', to: '22:00' } }],
      ['schedule.to', { schedule: { from: '08:00' } }],
      ['volumes.0.path', { volumes: [{ limitBytes: 5 }] }],
      ['volumes.0.state', { volumes: [{ path: '/x', state: 'gone' }] }],
    ] as const) {
      const problem = assertProblem(await g.ask('PATCH', path, { json: wrong }), 'bad-input');
      assert.equal(problem.field, field);
    }
    assert.deepEqual(g.front.lastSettings, json);
  });

  it('are emptied and filled again by an admin', async () => {
    const path = `/api/v1/devices/${'a'.repeat(64)}/drain`;
    assertProblem(await g.ask('POST', path, { headers: asMember() }), 'forbidden');
    assert.equal((await g.ask('POST', path)).json<DeviceView>().state, 'draining');
    assert.equal((await g.ask('DELETE', path)).json<DeviceView>().state, 'active');
    assertProblem(await g.ask('POST', `/api/v1/devices/${'d'.repeat(64)}/drain`), 'not-found');
    assertProblem(await g.ask('POST', '/api/v1/devices/kitchen/drain'), 'bad-id');
  });

  it('tell what would be lost, and are removed only by an admin who accepts it', async () => {
    const path = `/api/v1/devices/${'a'.repeat(64)}`;
    const impact = (await g.get(`${path}/impact`)).json<ImpactView>();
    assert.deepEqual([impact.lostChunks, impact.thinChunks], [3, 5]);
    assertProblem(await g.ask('DELETE', `${path}?lost=true`, { headers: asMember() }), 'forbidden');
    assert.match(assertProblem(await g.ask('DELETE', path), 'conflict').detail, /last copies of 3 chunks/);
    assertProblem(await g.ask('DELETE', `${path}?lost=maybe`), 'bad-input');
    assert.equal((await g.ask('DELETE', `${path}?lost=true`)).status, 204);
    assert.deepEqual(g.front.asked, [{ removed: 'a'.repeat(64) }]);
  });

  it('tell an admin what they noted, page by page', async () => {
    assertProblem(await g.get('/api/v1/audit', asMember()), 'forbidden');
    const first = (await g.get('/api/v1/audit?limit=2')).json<Page<AuditView>>();
    assert.deepEqual(
      first.items.map((item) => item.event),
      ['sign-in', 'share-created'],
    );
    const next = await g.get(`/api/v1/audit?limit=2&cursor=${first.nextCursor}`);
    assert.equal(next.json<Page<AuditView>>().items[0]?.event, 'device-removed');
    assert.equal(next.json<Page<AuditView>>().nextCursor, null);
    const found = (await g.get('/api/v1/audit?event=sign-in&q=happened&username=anna')).json<
      Page<AuditView>
    >();
    assert.deepEqual(
      found.items.map(({ event }) => event),
      ['sign-in'],
    );
    assertProblem(await g.get('/api/v1/audit?from=2026-02-30'), 'bad-input');
    const csv = await g.get('/api/v1/audit?format=csv');
    assert.equal(csv.headers['content-type'], 'text/csv; charset=utf-8');
    assert.match(String(csv.headers['content-disposition']), /^attachment; filename="audit.csv"$/);
    const lines = csv.text.split('\r\n');
    assert.equal(lines.length, 5);
    assert.equal(lines[0], 'at,device,event,user,sentence');
    assert.match(lines[1] ?? '', /^1970-01-01T00:00:00.000Z,Kitchen,sign-in,anna,It happened: sign-in\.$/);
    assertProblem(await g.get('/api/v1/audit?limit=0'), 'bad-input');
  });

  it('give their figures to this machine without a login', async () => {
    const answer = await g.ask('GET', '/metrics', { anonymous: true });
    assert.match(answer.text, /^peerstor_up 1\n/);
    assert.match(answer.headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
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
    const storing = await join({ code: '11112222', setupCode, storageOnly: true });
    assert.equal(storing.status, 200);
    assert.deepEqual(g.front.asked.at(-1), { storageOnly: true });
    assertProblem(await join({ code: '11112222', setupCode, storageOnly: 'yes' }), 'bad-input');
  });

  it('show an admin what nothing needs, and delete it when that is confirmed', async () => {
    const path = '/api/v1/health/garbage';
    assertProblem(await g.get(path, asMember()), 'forbidden');
    assertProblem(await g.ask('POST', `${path}/confirm`, { headers: asMember() }), 'forbidden');
    assert.deepEqual((await g.get(path)).json(), g.front.garbageReport);
    assert.equal((await g.ask('POST', `${path}/confirm`)).json<GarbageReport>().stopped, null);
    assertProblem(await g.ask('POST', `${path}/confirm`), 'conflict');
  });

  it('let their background work wait for an admin, and say until when', async () => {
    const path = '/api/v1/health/pause';
    const pause = await g.ask('POST', path, { json: { minutes: 60 } });
    const { pausedUntil } = (await g.get('/api/v1/health')).json<HealthView>();
    assert.deepEqual(pause.json<unknown>(), { pausedUntil });
    assert.notEqual(pausedUntil, null);
    const headers = asMember();
    assertProblem(await g.ask('POST', path, { json: { minutes: 1 }, headers }), 'forbidden');
    assertProblem(await g.ask('POST', path, { json: { minutes: 721 } }), 'bad-input');
    await g.ask('POST', path, { json: { minutes: 0 } });
    assert.equal((await g.get('/api/v1/health')).json<HealthView>().pausedUntil, null);
  });

  it('tell how well everything is kept', async () => {
    assert.equal((await g.get('/api/v1/health')).json<HealthView>().sentence, 'Add a device.');
    const { id } = await g.put('/kept.txt', 'kept');
    const one = (await g.get(`/api/v1/entries/${id}/health`)).json<EntryHealthView>();
    assert.deepEqual([one.entryId, one.copies[0]?.deviceName], [id, 'Kitchen']);
    assertProblem(await g.get(`/api/v1/entries/${'9'.repeat(32)}/health`), 'not-found');
  });
});
