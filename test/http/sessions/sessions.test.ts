import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SetupView, SignedInView, UserView } from '../../../src/model/api.ts';
import { type Answer, assertProblem, GatewayFixture, headersAfter } from '../gateway-fixture.ts';

const anna = { username: 'anna', password: 'correct horse' };

/** "name=value" of the session cookie that an answer sets, and its attributes. */
function cookieOf(answer: Answer): { pair: string; attributes: string[] } {
  const [pair = '', ...attributes] = (answer.headers['set-cookie']?.[0] ?? '').split('; ');
  return { pair, attributes };
}

describe('set-up', () => {
  let g: GatewayFixture;
  before(async () => {
    g = await GatewayFixture.start({ fresh: true });
  });
  after(() => g.stop());

  it('tells anyone that it is needed, and what is nearby', async () => {
    const view = (await g.get('/api/v1/setup')).json<SetupView>();
    assert.deepEqual(view, { needed: true, deviceName: 'Kitchen', nearby: g.front.devices.nearby() });
    assert.equal((await g.get('/healthz')).json<{ networkId: string | null }>().networkId, null);
  });

  it('is refused without the code, or with a wrong local secret', async () => {
    assertProblem(await g.ask('POST', '/api/v1/setup', { json: anna }), 'wrong-setup-code');
    const json = { ...anna, setupCode: '0000-0000' };
    assertProblem(await g.ask('POST', '/api/v1/setup', { json }), 'wrong-setup-code');
    const headers = { authorization: 'Local wrong' };
    assertProblem(await g.ask('POST', '/api/v1/setup', { json: anna, headers }), 'wrong-setup-code');
  });

  it('says what is wrong with a password', async () => {
    const json = { username: 'anna', password: 'short', setupCode: g.front.setupCode };
    const problem = assertProblem(await g.ask('POST', '/api/v1/setup', { json }), 'bad-input');
    assert.equal(problem.field, 'password');
  });

  it('with the code makes the first account and signs it in', async () => {
    const json = { ...anna, setupCode: g.front.setupCode };
    const answer = await g.ask('POST', '/api/v1/setup', { json });
    assert.equal(answer.status, 201);
    const { user, recoveryCode } = answer.json<{ user: UserView; recoveryCode: string }>();
    assert.equal(user.username, 'anna');
    assert.equal(recoveryCode, 'abandon ability able');
    const me = await g.get('/api/v1/auth/me', headersAfter(answer));
    assert.deepEqual(me.json<{ user: UserView }>().user, user);
  });

  it('is possible once', async () => {
    const json = { ...anna, setupCode: g.front.setupCode };
    assertProblem(await g.ask('POST', '/api/v1/setup', { json }), 'already-set-up');
    const view = (await g.get('/api/v1/setup')).json<SetupView>();
    assert.deepEqual(view, { needed: false, deviceName: 'Kitchen', nearby: [] });
  });
});

describe('set-up from the home itself', () => {
  it('needs no code', async () => {
    const g = await GatewayFixture.start({ fresh: true });
    try {
      const headers = { authorization: `Local ${g.front.localSecret}` };
      assert.equal((await g.ask('POST', '/api/v1/setup', { json: anna, headers })).status, 201);
      assertProblem(await g.get('/api/v1/auth/me', headers), 'not-signed-in');
    } finally {
      await g.stop();
    }
  });
});

describe('a session', () => {
  let g: GatewayFixture;
  before(async () => {
    g = await GatewayFixture.start();
  });
  after(() => g.stop());

  const login = (json: object = anna) => g.ask('POST', '/api/v1/auth/login', { json, anonymous: true });

  it('begins with a cookie that scripts and other sites cannot use', async () => {
    const answer = await login();
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json<{ user: UserView }>().user.username, 'anna');
    const { pair, attributes } = cookieOf(answer);
    assert.match(pair, /^peerstor_a{12}=secret-of-anna-\d+$/);
    assert.match(answer.json<SignedInView>().proof, /^proof-of-anna-\d+$/);
    const maxAge = attributes.find((text) => text.startsWith('Max-Age='))?.slice(8);
    assert.ok(Number(maxAge) > 3590 && Number(maxAge) <= 3600);
    const flags = attributes.filter((text) => !text.startsWith('Max-Age='));
    assert.deepEqual(flags.sort(), ['HttpOnly', 'Path=/', 'SameSite=Strict']);
  });

  it('is refused for a wrong password with 401', async () => {
    const answer = await login({ ...anna, password: 'wrong' });
    assertProblem(answer, 'wrong-password');
    assert.equal(answer.headers['set-cookie'], undefined);
  });

  it('is asked about without an error: the user of a session, and null for everybody else', async () => {
    const who = async (headers: Record<string, string>) => {
      const answer = await g.ask('GET', '/api/v1/auth/session', { headers, anonymous: true });
      assert.equal(answer.status, 200);
      return answer.json<{ user: UserView | null }>().user?.username ?? null;
    };
    const headers = headersAfter(await login());
    assert.equal(await who(headers), 'anna');
    const { 'x-peerstor': _proof, ...cookieOnly } = headers;
    assert.equal(await who(cookieOnly), null, 'a cookie alone is nobody');
    assert.equal(await who({}), null);
    assert.equal(await who({ authorization: 'Bearer nobody' }), null);
  });

  it('is needed for everything that is not public', async () => {
    const routes = [
      ['GET', '/api/v1/auth/me'],
      ['GET', '/api/v1/entries/root'],
      ['GET', '/api/v1/path/a'],
      ['PUT', '/api/v1/path/a'],
      ['GET', '/api/v1/trash'],
      ['DELETE', '/api/v1/trash'],
      ['GET', '/api/v1/devices'],
      ['GET', '/api/v1/devices/nearby'],
      ['POST', '/api/v1/pairing'],
      ['DELETE', '/api/v1/pairing'],
      ['GET', '/api/v1/health'],
      ['GET', '/api/v1/events'],
    ] as const;
    for (const [method, path] of routes) {
      const answer = await g.ask(method, path, { anonymous: true });
      assertProblem(answer, 'not-signed-in');
      assert.equal(answer.headers['www-authenticate'], 'Bearer realm="peerstor"');
    }
    for (const authorization of ['Bearer nobody', 'Bearer', 'Basic YTpi', `Local ${g.front.localSecret}`]) {
      assertProblem(await g.get('/api/v1/health', { authorization }), 'not-signed-in');
    }
  });

  it('ends with logout, and the cookie is taken back', async () => {
    const headers = headersAfter(await login());
    const answer = await g.ask('POST', '/api/v1/auth/logout', { headers });
    assert.equal(answer.status, 204);
    assert.match(cookieOf(answer).attributes.join(), /Max-Age=0|Expires=Thu, 01 Jan 1970/);
    assertProblem(await g.ask('GET', '/api/v1/auth/me', { headers }), 'not-signed-in');
  });
});

describe('routes that are open to anyone', () => {
  it('answer 429 with Retry-After to an address that asks too often', async () => {
    const g = await GatewayFixture.start({ fresh: true });
    try {
      const ask = () => g.ask('POST', '/api/v1/setup', { json: { ...anna, setupCode: 'guess' } });
      const answers = await Promise.all(Array.from({ length: 25 }, ask));
      const refused = answers.filter((answer) => answer.status === 429);
      assert.equal(refused.length, 5);
      for (const answer of refused) {
        assertProblem(answer, 'too-many-tries');
        const seconds = Number(answer.headers['retry-after']);
        assert.ok(seconds >= 1 && seconds <= 60, String(seconds));
      }
      assert.equal((await g.get('/healthz')).status, 200);
      // Each route counts for itself.
      const join = await g.ask('POST', '/api/v1/pairing/join', { json: { code: '1' } });
      assertProblem(join, 'wrong-setup-code');
    } finally {
      await g.stop();
    }
  });
});

describe('a password', () => {
  let g: GatewayFixture;
  before(async () => {
    g = await GatewayFixture.start({ fresh: true });
    await g.ask('POST', '/api/v1/setup', { json: { ...anna, setupCode: g.front.setupCode } });
  });
  after(() => g.stop());

  const login = (password: string) =>
    g.ask('POST', '/api/v1/auth/login', { json: { username: 'anna', password } });

  it('is changed by who knows the old one, and older sessions end', async () => {
    const headers = headersAfter(await login(anna.password));
    const wrong = { oldPassword: 'not this one', newPassword: 'new battery staple' };
    assertProblem(await g.ask('POST', '/api/v1/auth/password', { json: wrong, headers }), 'wrong-password');
    const json = { oldPassword: anna.password, newPassword: 'new battery staple' };
    const answer = await g.ask('POST', '/api/v1/auth/password', { json, headers });
    assert.equal(answer.status, 200);
    assertProblem(await g.get('/api/v1/auth/me', headers), 'not-signed-in');
    assert.equal((await g.get('/api/v1/auth/me', headersAfter(answer))).status, 200);
    assertProblem(await login(anna.password), 'wrong-password');
  });

  it('ends with it what was named: tokens and links by id, all of them, or none', async () => {
    const headers = headersAfter(await login('new battery staple'));
    const same = { oldPassword: 'new battery staple', newPassword: 'new battery staple' };
    const change = (ending: object, by = headers) =>
      g.ask('POST', '/api/v1/auth/password', { json: { ...same, ...ending }, headers: by });
    for (const ending of [{ keepTokens: 'yes' }, { endLinks: [7] }, { keepTokens: Array(401).fill('a') }]) {
      assertProblem(await change(ending), 'bad-input');
    }
    const ending = { keepTokens: ['a', 'b'], endLinks: true };
    assert.equal((await change(ending)).status, 200);
    assert.deepEqual(g.front.endings.at(-1), ending);
  });

  it('is set anew with the recovery code and no session', async () => {
    const json = {
      username: 'anna',
      recoveryCode: 'abandon ability able',
      newPassword: 'third battery staple',
    };
    const refused = await g.ask('POST', '/api/v1/auth/recover', {
      json: { ...json, recoveryCode: 'zoo zoo zoo' },
    });
    assertProblem(refused, 'wrong-password');
    const answer = await g.ask('POST', '/api/v1/auth/recover', { json });
    assert.equal(answer.status, 200);
    assert.equal((await g.get('/api/v1/auth/me', headersAfter(answer))).status, 200);
    assert.equal((await login('third battery staple')).status, 200);
  });

  it('is not set anew for what is no set of words, a short password or a name that nobody has', async () => {
    const json = { username: 'anna', recoveryCode: 'abandon ability able', newPassword: 'fourth staple' };
    const recover = (change: object) =>
      g.ask('POST', '/api/v1/auth/recover', { json: { ...json, ...change }, anonymous: true });
    assertProblem(await recover({ username: 'nobody' }), 'wrong-password');
    for (const change of [
      { recoveryCode: '' },
      { recoveryCode: 24 },
      { recoveryCode: 'x'.repeat(1001) },
      { newPassword: '' },
      { username: undefined },
      { more: true },
    ]) {
      assertProblem(await recover(change), 'bad-input');
    }
    assert.equal((await login('third battery staple')).status, 200);
  });
});

describe('the recovery words', () => {
  let g: GatewayFixture;
  before(async () => {
    g = await GatewayFixture.start();
  });
  after(() => g.stop());

  const ask = (json: unknown, more: object = {}) =>
    g.ask('POST', '/api/v1/auth/recovery-code', { json, ...more });
  const words = (answer: Answer) => answer.json<{ recoveryCode: string }>().recoveryCode;

  it('are shown again to who is signed in and gives the password, and to nobody else', async () => {
    const shown = await ask({ password: anna.password });
    assert.deepEqual([shown.status, words(shown)], [200, 'abandon ability able']);
    assert.match(String(shown.headers['cache-control']), /no-store/);
    assertProblem(await ask({ password: 'not this one' }), 'wrong-password');
    assertProblem(await ask({ password: anna.password }, { anonymous: true }), 'not-signed-in');
    const { token } = (await g.ask('POST', '/api/v1/tokens', { json: { name: 'backup' } })).json<{
      token: string;
    }>();
    const headers = { authorization: `Bearer ${token}` };
    assertProblem(await ask({ password: anna.password }, { headers }), 'forbidden');
    for (const json of [{}, { password: '' }, { password: anna.password, renew: 'yes' }, null]) {
      assertProblem(await ask(json), 'bad-input');
    }
  });

  it('are others once they were renewed, and only those set a password anew', async () => {
    const renewed = words(await ask({ password: anna.password, renew: true }));
    assert.notEqual(renewed, 'abandon ability able');
    assert.equal(words(await ask({ password: anna.password })), renewed);
    const recover = (recoveryCode: string) =>
      g.ask('POST', '/api/v1/auth/recover', {
        json: { username: 'anna', recoveryCode, newPassword: 'new battery staple' },
        anonymous: true,
      });
    assertProblem(await recover('abandon ability able'), 'wrong-password');
    assert.equal((await recover(renewed)).status, 200);
  });
});
