import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type {
  AccessView,
  EntryView,
  GivenAccessView,
  Page,
  SharedEntryView,
  ShareView,
} from '../../../src/model/api.ts';
import { assertProblem, GatewayFixture, sessionHeaders } from '../gateway-fixture.ts';

const dayMs = 86_400_000;

describe('share links', () => {
  let g: GatewayFixture;
  let file: EntryView;
  before(async () => {
    g = await GatewayFixture.start();
    file = await g.put('/plan.txt', 'the plan');
  });
  after(() => g.stop());

  const share = (json: object) => g.ask('POST', '/api/v1/shares', { json });

  it('are made with an address, for viewing, for seven days', async () => {
    const answer = await share({ entryId: file.id });
    assert.equal(answer.status, 201);
    const link = answer.json<ShareView>();
    assert.match(link.path ?? '', /^\/s\/[\w-]+$/);
    assert.equal(link.url, `http://127.0.0.1:${g.port}${link.path}`);
    assert.deepEqual(
      [link.rights, link.hasPassword, link.maxDownloads, link.state],
      ['view', false, null, 'live'],
    );
    const daysLeft = (Date.parse(link.expiresAt ?? '') - Date.now()) / dayMs;
    assert.ok(daysLeft > 6.99 && daysLeft <= 7, String(daysLeft));
  });

  it('keep what they were made with', async () => {
    const expiresAt = new Date(Date.now() + dayMs).toISOString();
    const json = {
      entryId: file.id,
      rights: 'edit',
      expiresAt,
      password: 'open sesame',
      maxDownloads: 3,
      note: 'for Ben',
    };
    const answer = await share(json);
    const link = answer.json<ShareView>();
    assert.deepEqual(
      [link.rights, link.expiresAt, link.hasPassword, link.maxDownloads, link.note],
      ['edit', expiresAt, true, 3, 'for Ben'],
    );
    assert.doesNotMatch(answer.text, /open sesame/);
    assert.equal((await share({ entryId: file.id, expiresAt: null })).json<ShareView>().expiresAt, null);
  });

  it('are listed, changed and revoked', async () => {
    const { id } = (await share({ entryId: file.id })).json<ShareView>();
    const { items } = (await g.get('/api/v1/shares')).json<Page<ShareView>>();
    assert.ok(items.some((link) => link.id === id && link.url.startsWith('http://')));
    const change = (json: object) => g.ask('PATCH', `/api/v1/shares/${id}`, { json });
    const changed = (await change({ expiresAt: null, password: 'x', maxDownloads: 1 })).json<ShareView>();
    assert.deepEqual([changed.expiresAt, changed.hasPassword, changed.maxDownloads], [null, true, 1]);
    assert.equal((await change({ password: null })).json<ShareView>().hasPassword, false);
    assert.equal((await change({ note: 'n' })).json<ShareView>().maxDownloads, 1);
    assertProblem(await change({}), 'bad-input');
    assertProblem(await change({ entryId: file.id }), 'bad-input');
    assert.equal((await g.ask('DELETE', `/api/v1/shares/${id}`)).status, 204);
    assertProblem(await g.ask('DELETE', `/api/v1/shares/${'9'.repeat(32)}`), 'not-found');
    assertProblem(await g.ask('DELETE', '/api/v1/shares/x'), 'bad-id');
  });

  it('are refused with nonsense, and without a session', async () => {
    for (const [field, wrong] of [
      ['entryId', {}],
      ['rights', { entryId: file.id, rights: 'own' }],
      ['expiresAt', { entryId: file.id, expiresAt: '7d' }],
      ['expiresAt', { entryId: file.id, expiresAt: '2020-01-01T00:00:00Z' }],
      ['maxDownloads', { entryId: file.id, maxDownloads: 0 }],
      ['password', { entryId: file.id, password: '' }],
      ['colour', { entryId: file.id, colour: 'red' }],
    ] as const) {
      assert.equal(assertProblem(await share(wrong), 'bad-input').field, field);
    }
    assertProblem(await share({ entryId: '9'.repeat(32) }), 'not-found');
    for (const method of ['GET', 'POST'] as const) {
      assertProblem(await g.ask(method, '/api/v1/shares', { anonymous: true }), 'not-signed-in');
    }
    const { cookie } = g.signedIn;
    const json = { entryId: file.id };
    const foreign = await g.ask('POST', '/api/v1/shares', { json, headers: { cookie } });
    assertProblem(foreign, 'not-signed-in');
  });
});

describe('sharing with a user', () => {
  let g: GatewayFixture;
  let file: EntryView;
  let ben = {};
  before(async () => {
    g = await GatewayFixture.start();
    g.front.addMember('ben', 'other password');
    ben = sessionHeaders((await g.front.accounts.login('ben', 'other password', '')).secret);
    file = await g.put('/plan.txt', 'the plan');
  });
  after(() => g.stop());

  const url = () => `/api/v1/entries/${file.id}/access`;
  const listed = async () => (await g.get(url())).json<Page<AccessView>>().items;

  it('gives rights, changes them, and shows the entry to the other', async () => {
    const answer = await g.ask('POST', url(), { json: { username: 'ben', rights: 'edit' } });
    assert.equal(answer.status, 201);
    assert.equal(answer.json<AccessView>().username, 'ben');
    await g.ask('POST', url(), { json: { username: 'ben' } });
    assert.deepEqual(
      (await listed()).map(({ username, rights }) => [username, rights]),
      [['ben', 'view']],
    );
    const shared = (await g.get('/api/v1/shared', ben)).json<Page<SharedEntryView>>();
    assert.deepEqual(
      shared.items.map(({ entry, owner, rights }) => [entry.id, owner, rights]),
      [[file.id, 'anna', 'view']],
    );
    assert.deepEqual((await g.get('/api/v1/shared')).json<Page<SharedEntryView>>().items, []);
    const given = (await g.get('/api/v1/shared/given')).json<Page<GivenAccessView>>();
    assert.deepEqual(
      given.items.map(({ entryId, entryName, username }) => [entryId, entryName, username]),
      [[file.id, 'plan.txt', 'ben']],
    );
    assert.deepEqual((await g.get('/api/v1/shared/given', ben)).json<Page<GivenAccessView>>().items, []);
  });

  it('takes them back, by the query or by a body', async () => {
    const json = { username: 'ben', rights: 'view' };
    for (const ask of [
      () => g.ask('DELETE', `${url()}?username=ben`),
      () => g.ask('DELETE', url(), { json }),
    ]) {
      await g.ask('POST', url(), { json });
      assert.equal((await ask()).status, 204);
      assert.deepEqual(await listed(), []);
      assertProblem(await ask(), 'not-found');
    }
    assertProblem(await g.ask('DELETE', url()), 'bad-input');
  });

  it('refuses users and entries that are none', async () => {
    assertProblem(await g.ask('POST', url(), { json: { username: 'nobody' } }), 'not-found');
    assertProblem(await g.ask('POST', url(), { json: { username: 'ben', rights: 'own' } }), 'bad-input');
    const unknown = `/api/v1/entries/${'9'.repeat(32)}/access`;
    assertProblem(await g.ask('POST', unknown, { json: { username: 'ben' } }), 'not-found');
    assertProblem(await g.ask('GET', url(), { anonymous: true }), 'not-signed-in');
  });
});
