import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertProblem, GatewayFixture } from '../gateway-fixture.ts';

const credentials = { username: 'anna', password: 'correct horse' };

describe('a second factor', () => {
  let g: GatewayFixture;
  before(async () => {
    g = await GatewayFixture.start();
  });
  after(() => g.stop());
  const login = (json: object) => g.ask('POST', '/api/v1/auth/login', { json, anonymous: true });

  it('is set up with the password and a code, asked for at sign-in, and turned off again', async () => {
    const asks = async () => (await g.get('/api/v1/auth/me')).json<{ totp: boolean }>().totp;
    assert.equal(await asks(), false);
    const wrong = await g.ask('POST', '/api/v1/auth/totp', { json: { password: 'wrong password' } });
    assertProblem(wrong, 'wrong-password');
    const begun = await g.ask('POST', '/api/v1/auth/totp', { json: { password: credentials.password } });
    const { secret, address, qr } = begun.json<{ secret: string; address: string; qr: string }>();
    assert.ok(address.includes(secret));
    assert.match(qr, /^<svg /);
    assertProblem(
      await g.ask('POST', '/api/v1/auth/totp/confirm', { json: { code: '000000' } }),
      'wrong-code',
    );
    assert.equal(
      (await g.ask('POST', '/api/v1/auth/totp/confirm', { json: { code: '123456' } })).status,
      204,
    );
    assert.equal(await asks(), true);

    assertProblem(await login(credentials), 'totp-required');
    assertProblem(await login({ ...credentials, code: '654321' }), 'wrong-code');
    assert.equal((await login({ ...credentials, code: '123456' })).status, 200);
    assertProblem(await login({ ...credentials, code: 123456 }), 'bad-input');

    const off = await g.ask('DELETE', '/api/v1/auth/totp', { json: { password: credentials.password } });
    assert.equal(off.status, 204);
    assert.equal((await login(credentials)).status, 200);
  });

  it("is nobody else's to set up: no session, and no token", async () => {
    const json = { password: credentials.password };
    assertProblem(await g.ask('POST', '/api/v1/auth/totp', { json, anonymous: true }), 'not-signed-in');
    const token = (await g.ask('POST', '/api/v1/tokens', { json: { name: 'script' } })).json<{
      token: string;
    }>();
    const headers = { authorization: `Bearer ${token.token}` };
    assertProblem(await g.ask('POST', '/api/v1/auth/totp', { json, headers }), 'forbidden');
    assertProblem(await g.ask('GET', '/api/v1/sessions', { headers }), 'forbidden');
  });
});
