import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type {
  RecoveryRequestsView,
  RecoveryRequestView,
  TrusteesView,
} from '../../../src/model/views/recovery.ts';
import { recoveryCode } from '../../support/fake-device-front.ts';
import { assertProblem, GatewayFixture } from '../gateway-fixture.ts';

const password = 'correct horse';
const requests = '/api/v1/auth/recovery-requests';

describe('trustees over HTTP', () => {
  let g: GatewayFixture;
  before(async () => {
    g = await GatewayFixture.start();
  });
  after(() => g.stop());
  const anonymous = (path: string, json: object) => g.ask('POST', path, { json, anonymous: true });
  const local = { authorization: `Local ${'s'.repeat(4)}` };

  it('are named with the password, shown, and named no more', async () => {
    const wish = { password, users: ['bob'], devices: ['nas'], needed: 2, waitHours: 72 };
    assert.deepEqual((await g.get('/api/v1/auth/trustees')).json(), { trustees: null });
    for (const wrong of [
      { ...wish, needed: 1 },
      { ...wish, waitHours: 0 },
      { ...wish, users: 'bob' },
      { ...wish, more: 1 },
      { password },
    ]) {
      assertProblem(await g.ask('PUT', '/api/v1/auth/trustees', { json: wrong }), 'bad-input');
    }
    const refused = await g.ask('PUT', '/api/v1/auth/trustees', { json: { ...wish, password: 'no' } });
    assertProblem(refused, 'wrong-password');
    const named = await g.ask('PUT', '/api/v1/auth/trustees', { json: wish });
    const { trustees } = named.json<{ trustees: TrusteesView }>();
    assert.deepEqual([trustees.needed, trustees.waitHours, trustees.trustees.length], [2, 72, 2]);
    assert.deepEqual((await g.get('/api/v1/auth/trustees')).json(), { trustees });
    assert.equal((await g.ask('DELETE', '/api/v1/auth/trustees', { json: { password } })).status, 204);
    assert.deepEqual((await g.get('/api/v1/auth/trustees')).json(), { trustees: null });
  });

  it('help somebody in who asked, and the words of the request begin a session', async () => {
    const asked = await anonymous(requests, { username: 'anna' });
    assert.equal(asked.status, 201);
    const { claim, checkWords } = asked.json<{ claim: string; checkWords: string }>();
    const [own] = (await g.get(requests)).json<RecoveryRequestsView>().own;
    assert.equal(own?.checkWords, checkWords);
    assertProblem(await anonymous(`${requests}/finish`, { claim, newPassword: password }), 'not-ready');

    const helped = await g.ask('POST', `${requests}/${own?.id}/help`, {});
    assert.equal(helped.json<RecoveryRequestView>().given, 1);
    const here = await g.ask('POST', `/api/v1/recovery-requests/${own?.id}/help`, {
      headers: { authorization: `Local ${g.front.localSecret}` },
      anonymous: true,
    });
    assert.equal(here.json<RecoveryRequestView>().given, 2);
    const state = await anonymous(`${requests}/state`, { claim });
    assert.deepEqual(state.json(), { checkWords, given: 2, needed: 2, stopped: false });
    const done = await anonymous(`${requests}/finish`, { claim, newPassword: password });
    assert.equal(done.status, 200);
    assert.equal(done.json<{ user: { username: string } }>().user.username, 'anna');
  });

  it('are for nobody else: no device without its home, nobody who is not signed in, and no token', async () => {
    for (const headers of [{}, local]) {
      assertProblem(
        await g.ask('GET', '/api/v1/recovery-requests', { headers, anonymous: true }),
        'forbidden',
      );
    }
    assertProblem(await g.ask('GET', '/api/v1/recovery-requests', {}), 'forbidden');
    assertProblem(await g.ask('GET', requests, { anonymous: true }), 'not-signed-in');
    assertProblem(await g.ask('GET', '/api/v1/auth/trustees', { anonymous: true }), 'not-signed-in');
    const { token } = (await g.ask('POST', '/api/v1/tokens', { json: { name: 'script' } })).json<{
      token: string;
    }>();
    const headers = { authorization: `Bearer ${token}` };
    assertProblem(await g.ask('GET', '/api/v1/auth/trustees', { headers }), 'forbidden');
  });

  it('stop at the word of the owner', async () => {
    await anonymous(requests, { username: 'anna' });
    const own = (await g.get(requests)).json<RecoveryRequestsView>().own.at(-1);
    assert.equal((await g.ask('POST', `${requests}/${own?.id}/stop`, {})).status, 204);
    assertProblem(await g.ask('POST', `${requests}/${own?.id}/help`, {}), 'gone');
    assertProblem(await g.ask('POST', `${requests}/0/stop`, {}), 'not-found');
  });

  it('are not needed while the recovery words are at hand, which the account remembers', async () => {
    const at = async () =>
      (await g.get('/api/v1/auth/me')).json<{ recoveryCodeTestedAt: string | null }>().recoveryCodeTestedAt;
    assert.equal(await at(), null);
    const test = (json: object) => g.ask('POST', '/api/v1/auth/recovery-code/test', { json });
    assertProblem(await test({ recoveryCode: 'other words' }), 'wrong-password');
    assert.equal((await test({ recoveryCode })).status, 204);
    assert.equal(await at(), new Date(0).toISOString());
  });
});
