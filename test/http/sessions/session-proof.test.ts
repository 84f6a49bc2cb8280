/** A browser's session is a cookie and a proof: who reads, sets or replays cookies from another port gets nothing. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { EntryView, Page, SharedEntryView, SignedInView } from '../../../src/model/api.ts';
import {
  assertProblem,
  cookieName,
  GatewayFixture,
  headersAfter,
  sessionHeaders,
} from '../gateway-fixture.ts';

const anna = { username: 'anna', password: 'correct horse' };

describe('the proof of a session', () => {
  let g: GatewayFixture;
  let file: EntryView;
  before(async () => {
    g = await GatewayFixture.start();
    g.front.addMember('ben', 'other password');
    file = await g.put('/a.txt', 'content');
  });
  after(() => g.stop());

  const me = (headers: object) =>
    g.ask('GET', '/api/v1/auth/me', { headers: { ...headers }, anonymous: true });

  it('a cookie alone opens nothing, whatever the method', async () => {
    const { cookie } = g.signedIn;
    for (const [method, path] of [
      ['GET', '/api/v1/auth/me'],
      ['GET', `/api/v1/entries/${file.id}`],
      ['GET', `/api/v1/entries/${file.id}/content`],
      ['PUT', '/api/v1/path/b.txt'],
      ['POST', '/api/v1/entries'],
      ['DELETE', '/api/v1/trash'],
    ] as const)
      for (const wrong of [
        {},
        { 'x-peerstor': '1' },
        { 'x-peerstor': '' },
        { 'x-peerstor': 'proof-of-ben-1' },
      ])
        assertProblem(await g.ask(method, path, { headers: { cookie, ...wrong } }), 'not-signed-in');
  });

  it('a proof alone opens nothing', async () => {
    assertProblem(await me({ 'x-peerstor': g.signedIn['x-peerstor'] }), 'not-signed-in');
  });

  it('a secret of a browser is no bearer token: only a program that has both halves sends them together', async () => {
    const [cookie = '', proof = ''] = g.secret.split('.');
    assert.equal((await me({ authorization: `Bearer ${g.secret}` })).status, 200);
    for (const secret of [cookie, proof, `${cookie}${proof}`, `${proof}.${cookie}`])
      assertProblem(await me({ authorization: `Bearer ${secret}` }), 'not-signed-in');
    for (const secret of [g.secret, cookie, proof]) {
      const basic = Buffer.from(`anna:${secret}`).toString('base64');
      assertProblem(await me({ authorization: `Basic ${basic}` }), 'not-signed-in');
    }
  });

  it('an access token is no cookie', async () => {
    const { token = '' } = (await g.ask('POST', '/api/v1/tokens', { json: { name: 't' } })).json<{
      token: string;
    }>();
    assertProblem(await me({ cookie: `${cookieName}=${token}`, 'x-peerstor': '' }), 'not-signed-in');
  });

  it('two cookies of the same name are none, so that another port cannot slip in one of its own', async () => {
    const { cookie, 'x-peerstor': proof } = g.signedIn;
    const ben = sessionHeaders((await g.front.accounts.login('ben', 'other password', '')).secret);
    for (const both of [`${ben.cookie}; ${cookie}`, `${cookie}; ${ben.cookie}`, `${cookie};${cookie}`])
      assertProblem(await me({ cookie: both, 'x-peerstor': proof }), 'not-signed-in');
    assert.equal((await me({ cookie: `other=1; ${cookie}; more=2`, 'x-peerstor': proof })).status, 200);
  });

  it("another user's cookie beside this page's proof opens neither session", async () => {
    const ben = sessionHeaders((await g.front.accounts.login('ben', 'other password', '')).secret);
    const mixed = { cookie: ben.cookie, 'x-peerstor': g.signedIn['x-peerstor'] };
    const put = await g.ask('PUT', '/api/v1/path/lost.txt', { body: 'x', headers: mixed });
    assertProblem(put, 'not-signed-in');
    assert.ok(!g.drive.names().includes('lost.txt'));
  });

  it('the cookie is named after the device, so two devices on one host keep two sessions', async () => {
    const [name] = g.signedIn.cookie.split('=');
    assert.equal(name, `peerstor_${g.front.healthz().deviceId.slice(0, 12)}`);
    const other = 'peerstor_bbbbbbbbbbbb=session-of-the-other-device';
    const { cookie, 'x-peerstor': proof } = g.signedIn;
    assert.equal((await me({ cookie: `${other}; ${cookie}`, 'x-peerstor': proof })).status, 200);
  });

  it('set-up, sign-in, a new password and signing out elsewhere each answer a proof that works', async () => {
    const login = await g.ask('POST', '/api/v1/auth/login', { json: anna, anonymous: true });
    const headers = headersAfter(login);
    assert.equal((await me(headers)).status, 200);
    const next = await g.ask('POST', '/api/v1/auth/sign-out-everywhere', { headers });
    assert.notEqual(next.json<SignedInView>().proof, headers['x-peerstor']);
    assert.equal((await me(headersAfter(next))).status, 200);
    g.secret = (await g.front.accounts.login(anna.username, anna.password, '')).secret;
  });

  it('a page of another site or port changes nothing, even if it had cookie and proof', async () => {
    for (const origin of ['http://evil.example', `http://127.0.0.1:${g.port + 1}`, 'null', 'no url'])
      for (const [method, path] of [
        ['POST', '/api/v1/entries'],
        ['PUT', '/api/v1/path/foreign.txt'],
        ['POST', '/api/v1/auth/login'],
        ['POST', '/api/v1/setup'],
        ['PUT', '/s/nothing/api/path/x'],
      ] as const)
        assertProblem(await g.ask(method, path, { headers: { ...g.signedIn, origin } }), 'forbidden');
    const own = { ...g.signedIn, origin: `http://127.0.0.1:${g.port}` };
    const json = { parentId: 'root', name: 'by our page', kind: 'folder' };
    assert.equal((await g.ask('POST', '/api/v1/entries', { json, headers: own })).status, 201);
  });
});

describe('the key in the address of an entry', () => {
  let g: GatewayFixture;
  let file: EntryView;
  let other: EntryView;
  before(async () => {
    g = await GatewayFixture.start();
    file = await g.put('/a.txt', 'content');
    other = await g.put('/b.txt', 'other');
  });
  after(() => g.stop());

  const content = (id: string, k: string, cookie = g.signedIn.cookie, method = 'GET') =>
    g.ask(method, `/api/v1/entries/${id}/content?k=${encodeURIComponent(k)}`, { headers: { cookie } });

  it('comes with every entry that a session is sent, alone and in lists', async () => {
    for (const path of [`/api/v1/entries/${file.id}`, '/api/v1/path/a.txt', '/api/v1/entries/root'])
      assert.ok((await g.get(path)).json<EntryView>().k, path);
    const { items } = (await g.get('/api/v1/entries/root/children')).json<Page<EntryView>>();
    assert.deepEqual(
      items.map(({ id, k }) => [id, k]),
      [
        [file.id, file.k],
        [other.id, other.k],
      ],
    );
    const shared = (await g.get('/api/v1/shared')).json<Page<SharedEntryView>>();
    for (const { entry } of shared.items) assert.ok(entry.k);
  });

  it('does not come to an access token, which sends its header', async () => {
    const { token } = (await g.ask('POST', '/api/v1/tokens', { json: { name: 't' } })).json<{
      token: string;
    }>();
    const answer = await g.get(`/api/v1/entries/${file.id}`, { authorization: `Bearer ${token}` });
    assert.equal(answer.json<EntryView>().k, undefined);
  });

  it('opens the content of its entry beside the cookie, and of no other entry', async () => {
    assert.equal((await content(file.id, file.k ?? '')).text, 'content');
    assert.equal((await content(file.id, file.k ?? '', g.signedIn.cookie, 'HEAD')).status, 200);
    assertProblem(await content(other.id, file.k ?? ''), 'not-signed-in');
    assertProblem(await content(file.id, `${file.k}x`), 'not-signed-in');
  });

  it('opens nothing without the cookie, by another cookie, or for a change', async () => {
    assertProblem(await content(file.id, file.k ?? '', 'other=1'), 'not-signed-in');
    const again = await g.front.accounts.login(anna.username, anna.password, '');
    assertProblem(await content(file.id, file.k ?? '', sessionHeaders(again.secret).cookie), 'not-signed-in');
    assertProblem(await content(file.id, file.k ?? '', g.signedIn.cookie, 'PUT'), 'not-signed-in');
    const entry = await g.ask('GET', `/api/v1/entries/${file.id}?k=${file.k}`, {
      headers: { cookie: g.signedIn.cookie },
    });
    assertProblem(entry, 'not-signed-in');
  });

  it('ends with the session', async () => {
    const { cookie } = g.signedIn;
    await g.front.accounts.logout(g.secret);
    assertProblem(await content(file.id, file.k ?? '', cookie), 'not-signed-in');
  });
});
