import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { deviceWords } from '../../../src/http/sessions/user-agent.ts';
import type { Page, SessionView } from '../../../src/model/api.ts';
import { assertProblem, GatewayFixture, sessionHeaders } from '../gateway-fixture.ts';

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

describe('the list of sessions', () => {
  let g: GatewayFixture;
  before(async () => {
    g = await GatewayFixture.start();
  });
  after(() => g.stop());
  const listed = async () => (await g.get('/api/v1/sessions')).json<Page<SessionView>>().items;

  it('shows each sign-in of the user with its program and address, and which one asks', async () => {
    const other = await g.ask('POST', '/api/v1/auth/login', {
      json: { username: 'anna', password: 'correct horse' },
      headers: { 'user-agent': firefox },
      anonymous: true,
    });
    assert.equal(other.status, 200);
    const [own, second] = await listed();
    assert.deepEqual([own?.current, second?.current], [true, false]);
    assert.equal(second?.device, 'Firefox on Linux');
    assert.equal(second?.address, '127.0.0.1');
  });

  it('signs one of them out, at once, and no other user may', async () => {
    const { secret } = await g.front.accounts.login('anna', 'correct horse', '');
    const headers = sessionHeaders(secret);
    assert.equal((await g.ask('GET', '/api/v1/auth/me', { headers })).status, 200);
    g.front.addMember('ben', 'other password');
    const ben = sessionHeaders((await g.front.accounts.login('ben', 'other password', '')).secret);
    const path = `/api/v1/sessions/${encodeURIComponent(secret)}`;
    assertProblem(await g.ask('DELETE', path, { headers: ben }), 'not-found');
    assert.equal((await g.ask('DELETE', path)).status, 204);
    assertProblem(await g.ask('GET', '/api/v1/auth/me', { headers }), 'not-signed-in');
    assertProblem(await g.ask('DELETE', path), 'not-found');
    assert.equal((await g.get('/api/v1/auth/me')).status, 200);
  });

  it('takes the cookie back from a browser that signs itself out by it', async () => {
    const { secret } = await g.front.accounts.login('anna', 'correct horse', '');
    const answer = await g.ask('DELETE', `/api/v1/sessions/${encodeURIComponent(secret)}`, {
      headers: sessionHeaders(secret),
    });
    assert.match(String(answer.headers['set-cookie']), /peerstor_a+=;/);
  });
});

describe('what a program calls itself', () => {
  it('is told in a few words', () => {
    const android =
      'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36';
    const iphone =
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1';
    const edge =
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0';
    const words = [firefox, android, iphone, edge, 'curl/8.5.0', 'peerstor', undefined].map(deviceWords);
    assert.deepEqual(words, [
      'Firefox on Linux',
      'Chrome on Android',
      'Safari on iPhone',
      'Edge on Windows',
      'curl',
      'peerstor command',
      '',
    ]);
  });
});
