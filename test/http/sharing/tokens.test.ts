import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { EntryView, Page, RightsView, TokenView } from '../../../src/model/api.ts';
import { type Answer, assertProblem, GatewayFixture } from '../gateway-fixture.ts';

describe('access tokens', () => {
  let g: GatewayFixture;
  let photos: EntryView;
  let inside: EntryView;
  let outside: EntryView;
  before(async () => {
    g = await GatewayFixture.start();
    inside = await g.put('/Photos/a.txt', 'inside');
    outside = await g.put('/secret.txt', 'outside');
    photos = (await g.get('/api/v1/path/Photos')).json<EntryView>();
  });
  after(() => g.stop());

  const create = (json: object) => g.ask('POST', '/api/v1/tokens', { json });
  const bearer = ({ token }: TokenView) => ({ authorization: `Bearer ${token}` });
  const make = async (rights: RightsView) =>
    (await create({ name: rights, rights, path: '/Photos' })).json<TokenView>();

  it('are made with a secret that is given once, listed, and revoked', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const made = await create({ name: 'backup', rights: 'view', entryId: photos.id, expiresAt });
    assert.equal(made.status, 201);
    const view = made.json<TokenView>();
    assert.ok(view.token);
    assert.deepEqual(
      [view.name, view.rights, view.entryId, view.expiresAt],
      ['backup', 'view', photos.id, expiresAt],
    );
    const { items } = (await g.get('/api/v1/tokens')).json<Page<TokenView>>();
    assert.equal(items.find(({ id }) => id === view.id)?.token, undefined);
    const content = `/api/v1/entries/${inside.id}/content`;
    assert.equal((await g.get(content, bearer(view))).text, 'inside');
    assert.equal((await g.ask('DELETE', `/api/v1/tokens/${view.id}`)).status, 204);
    assertProblem(await g.get(content, bearer(view)), 'not-signed-in');
    assertProblem(await g.ask('DELETE', `/api/v1/tokens/${view.id}`), 'not-found');
    const other = (await create({ name: 'two' })).json<TokenView>();
    assert.equal((await g.ask('DELETE', `/api/v1/tokens?id=${other.id}`)).status, 204);
    const third = (await create({ name: 'three' })).json<TokenView>();
    assert.equal((await g.ask('DELETE', '/api/v1/tokens', { json: { id: third.id } })).status, 204);
    assertProblem(await g.ask('DELETE', '/api/v1/tokens', { json: { id: third.id } }), 'not-found');
    assertProblem(await g.ask('DELETE', '/api/v1/tokens'), 'bad-input');
  });

  it('open the whole drive for changes unless less is said', async () => {
    const view = (await create({ name: 'all' })).json<TokenView>();
    assert.deepEqual([view.rights, view.entryId], ['edit', (await g.drive.root()).id]);
    const put = await g.ask('PUT', '/api/v1/path/by-token.txt', { body: 'x', headers: bearer(view) });
    assert.equal(put.status, 201);
  });

  it('are refused with nonsense', async () => {
    for (const [field, wrong] of [
      ['name', {}],
      ['name', { name: '' }],
      ['rights', { name: 'x', rights: 'all' }],
      ['path', { name: 'x', path: '/Photos', entryId: photos.id }],
      ['expiresAt', { name: 'x', expiresAt: '2020-01-01T00:00:00Z' }],
    ] as const) {
      assert.equal(assertProblem(await create(wrong), 'bad-input').field, field);
    }
    assertProblem(await create({ name: 'x', path: '/nowhere' }), 'not-found');
    assertProblem(await create({ name: 'x', entryId: 'nothing' }), 'bad-id');
  });

  it('reach what they were made for and nothing beside it', async () => {
    const headers = bearer(await make('edit'));
    const asked = async (method: string, path: string, json?: object) =>
      g.ask(method, path, { headers, ...(json === undefined ? {} : { json }) });
    assert.equal((await asked('GET', '/api/v1/entries/root')).json<EntryView>().id, photos.id);
    const children = (await asked('GET', '/api/v1/entries/root/children')).json<Page<EntryView>>();
    assert.deepEqual(
      children.items.map(({ name }) => name),
      ['a.txt'],
    );
    assert.equal((await asked('GET', '/api/v1/path/a.txt')).json<EntryView>().id, inside.id);
    assert.equal(
      (await asked('POST', '/api/v1/entries', { parentId: 'root', name: 'b', kind: 'folder' })).status,
      201,
    );
    for (const [method, path] of [
      ['GET', `/api/v1/entries/${outside.id}`],
      ['GET', `/api/v1/entries/${outside.id}/content`],
      ['GET', `/api/v1/entries/${outside.id}/versions`],
      ['GET', '/api/v1/path/secret.txt'],
      ['DELETE', `/api/v1/entries/${outside.id}`],
    ] as const) {
      assertProblem(await asked(method, path), 'not-found');
    }
  });

  it('do no more than their rights', async () => {
    const [view, upload] = [bearer(await make('view')), bearer(await make('upload'))];
    const put = (headers: object) =>
      g.ask('PUT', '/api/v1/path/new.txt', { body: 'x', headers: { ...headers } });
    assertProblem(await put(view), 'forbidden');
    assertProblem(await g.ask('DELETE', `/api/v1/entries/${inside.id}`, { headers: view }), 'forbidden');
    assert.equal((await put(upload)).status, 201);
    assertProblem(await g.get(`/api/v1/entries/${inside.id}/content`, upload), 'forbidden');
  });

  it('open nothing that is not a file', async () => {
    const headers = bearer(await make('edit'));
    const device = `/api/v1/devices/${'a'.repeat(64)}`;
    for (const [method, path] of [
      ['GET', '/api/v1/auth/me'],
      ['POST', '/api/v1/auth/password'],
      ['POST', '/api/v1/auth/sign-out-everywhere'],
      ['POST', '/api/v1/auth/logout'],
      ['GET', '/api/v1/tokens'],
      ['POST', '/api/v1/tokens'],
      ['GET', '/api/v1/shares'],
      ['POST', '/api/v1/shares'],
      ['GET', '/api/v1/shared'],
      ['GET', `/api/v1/entries/${inside.id}/access`],
      ['POST', `/api/v1/entries/${inside.id}/access`],
      ['GET', '/api/v1/users'],
      ['POST', '/api/v1/invites'],
      ['GET', '/api/v1/devices'],
      ['PATCH', device],
      ['DELETE', device],
      ['POST', `${device}/drain`],
      ['GET', `${device}/impact`],
      ['POST', '/api/v1/pairing'],
      ['GET', '/api/v1/health'],
      ['GET', '/api/v1/audit'],
      ['GET', '/api/v1/events'],
    ] as const) {
      const answer: Answer = await g.ask(method, path, { headers });
      assertProblem(answer, 'forbidden');
    }
  });

  it('are taken as the password of Basic, where a session secret is not', async () => {
    const { token } = await make('edit');
    const basic = (password: string) => ({
      authorization: `Basic ${Buffer.from(`any:${password}`).toString('base64')}`,
    });
    assert.equal((await g.get('/api/v1/path/a.txt', basic(token ?? ''))).status, 200);
    assertProblem(await g.get('/api/v1/path/a.txt', basic(g.secret)), 'not-signed-in');
    assertProblem(await g.get('/api/v1/path/a.txt', basic('guess')), 'not-signed-in');
    const headers = { ...basic(token ?? ''), origin: 'http://evil.example' };
    assertProblem(await g.get('/api/v1/path/a.txt', headers), 'not-signed-in');
  });
});
