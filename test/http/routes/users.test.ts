import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { InviteView, Page, UserAdminView, UserView } from '../../../src/model/api.ts';
import { assertProblem, GatewayFixture, headersAfter, sessionHeaders } from '../gateway-fixture.ts';

type User = UserAdminView & { quota: number | null };
const GiB = 2 ** 30;

describe('further users', () => {
  let g: GatewayFixture;
  let member = {};
  before(async () => {
    g = await GatewayFixture.start();
    g.front.addMember('ben', 'other password');
    const { secret } = await g.front.accounts.login('ben', 'other password', '');
    member = sessionHeaders(secret);
  });
  after(() => g.stop());

  const invite = (json?: object) => g.ask('POST', '/api/v1/invites', json === undefined ? {} : { json });
  const register = (json: object) => g.ask('POST', '/api/v1/auth/register', { json, anonymous: true });

  it('are invited by an admin, with a code that is given once', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const made = await invite({ role: 'admin', quota: 5 * GiB, expiresAt });
    assert.equal(made.status, 201);
    const view = made.json<InviteView>();
    assert.deepEqual([view.role, view.quotaBytes, view.state], ['admin', 5 * GiB, 'open']);
    assert.equal(view.url, `/register#${view.invite}`);
    assert.ok(Math.abs(Date.parse(view.expiresAt) - Date.parse(expiresAt)) < 5000);
    const { items } = (await g.get('/api/v1/invites')).json<Page<InviteView>>();
    assert.equal(items[0]?.id, view.id);
    assert.equal(items[0]?.invite, undefined);
  });

  it('may be invited with nothing said: a member without a quota', async () => {
    const view = (await invite()).json<InviteView>();
    assert.deepEqual([view.role, view.quotaBytes], ['member', null]);
  });

  it('are not invited by members, nor with nonsense', async () => {
    for (const [method, path] of [
      ['POST', '/api/v1/invites'],
      ['GET', '/api/v1/invites'],
      ['DELETE', '/api/v1/invites/invite-1'],
      ['GET', '/api/v1/users'],
    ] as const) {
      assertProblem(await g.ask(method, path, { headers: member }), 'forbidden');
      assertProblem(await g.ask(method, path, { anonymous: true }), 'not-signed-in');
    }
    for (const [field, wrong] of [
      ['role', { role: 'owner' }],
      ['quota', { quota: -1 }],
      ['quota', { quota: '50G' }],
      ['quota', { quota: 5, quotaBytes: 6 }],
      ['expiresAt', { expiresAt: 'tomorrow' }],
      ['expiresAt', { expiresAt: '2020-01-01T00:00:00Z' }],
      ['name', { name: 'x' }],
    ] as const) {
      assert.equal(assertProblem(await invite(wrong), 'bad-input').field, field);
    }
    assertProblem(await invite({ expiresAt: null }), 'bad-input');
  });

  it('register with the code, see their recovery code, and are signed in', async () => {
    const { invite: code } = (await invite({ quota: 7 })).json<InviteView>();
    const json = { invite: code, username: 'cleo', password: 'third password' };
    const answer = await register(json);
    assert.equal(answer.status, 201);
    const { user, recoveryCode } = answer.json<{ user: UserView; recoveryCode: string }>();
    assert.deepEqual([user.username, user.role, recoveryCode], ['cleo', 'member', 'abandon ability able']);
    const me = await g.get('/api/v1/auth/me', headersAfter(answer));
    assert.equal(me.json<{ user: UserView }>().user.username, 'cleo');
    assertProblem(await register({ ...json, username: 'dora' }), 'gone');
    assertProblem(await register({ ...json, invite: 'no such code' }), 'not-found');
    const { invite: other } = (await invite()).json<InviteView>();
    assertProblem(await register({ ...json, invite: other }), 'name-taken');
    assert.equal(assertProblem(await register({ invite: other }), 'bad-input').field, 'username');
  });

  it('cannot use an invite that was withdrawn', async () => {
    const { id, invite: code } = (await invite()).json<InviteView>();
    assert.equal((await g.ask('DELETE', `/api/v1/invites/${id}`)).status, 204);
    assertProblem(await register({ invite: code, username: 'eve', password: 'fourth password' }), 'gone');
    assertProblem(await g.ask('DELETE', '/api/v1/invites/none'), 'not-found');
  });

  it('are listed and changed by an admin; quotas have one name', async () => {
    const { items } = (await g.get('/api/v1/users')).json<Page<User>>();
    const ben = items.find(({ username }) => username === 'ben');
    assert.deepEqual([ben?.role, ben?.quota, ben?.disabled], ['member', null, false]);
    const change = (json: object, headers = {}) =>
      g.ask('PATCH', `/api/v1/users/${ben?.id}`, { json, headers });
    const changed = (await change({ quota: 9 * GiB, role: 'admin', disabled: true })).json<User>();
    assert.deepEqual(
      [changed.quota, changed.quotaBytes, changed.role, changed.disabled],
      [9 * GiB, 9 * GiB, 'admin', true],
    );
    assert.equal((await change({ quota: null })).json<User>().quota, null);
    assert.equal((await change({ quotaBytes: 4 })).json<User>().quota, 4);
    assertProblem(await change({}), 'bad-input');
    assertProblem(await change({ disabled: 'yes' }), 'bad-input');
    const headers = sessionHeaders((await g.front.accounts.login('cleo', 'third password', '')).secret);
    assertProblem(await change({ role: 'admin' }, headers), 'forbidden');
    const self = items[0]?.id;
    assertProblem(await g.ask('PATCH', `/api/v1/users/${self}`, { json: { role: 'member' } }), 'conflict');
    const unknown = `/api/v1/users/${'9'.repeat(64)}`;
    assertProblem(await g.ask('PATCH', unknown, { json: { role: 'member' } }), 'not-found');
    assertProblem(await g.ask('PATCH', '/api/v1/users/ben', { json: { role: 'member' } }), 'bad-id');
  });

  it('sign out everywhere else and go on here', async () => {
    const login = () => g.front.accounts.login('cleo', 'third password', '');
    const [here, elsewhere] = [await login(), await login()];
    const answer = await g.ask('POST', '/api/v1/auth/sign-out-everywhere', {
      headers: sessionHeaders(here.secret),
    });
    assert.equal(answer.json<{ user: UserView }>().user.username, 'cleo');
    assertProblem(await g.get('/api/v1/auth/me', sessionHeaders(elsewhere.secret)), 'not-signed-in');
    assert.equal((await g.get('/api/v1/auth/me', headersAfter(answer))).status, 200);
  });

  it('are not made by a foreign page with the cookie of an admin', async () => {
    const { cookie } = g.signedIn;
    for (const path of ['/api/v1/invites', '/api/v1/auth/sign-out-everywhere', '/api/v1/tokens']) {
      assertProblem(await g.ask('POST', path, { headers: { cookie } }), 'not-signed-in');
    }
  });
});
