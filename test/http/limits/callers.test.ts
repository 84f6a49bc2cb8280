/** As whom the gateway counts those who ask: an IPv4 address, or a network of IPv6 addresses. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ShareView } from '../../../src/model/api.ts';
import { assertProblem, GatewayFixture } from '../gateway-fixture.ts';

describe('callers', () => {
  let g: GatewayFixture;
  before(async () => {
    g = await GatewayFixture.start({ trustedProxies: ['127.0.0.1'] });
  });
  after(() => g.stop());

  const from = (address: string) => ({ headers: { 'x-forwarded-for': address }, anonymous: true });

  it('are counted as their network of 64 bits by sign-in, recovery, links, set-up and pairing', async () => {
    const entryId = (await g.put('/plan.txt', 'x')).id;
    const share = (await g.ask('POST', '/api/v1/shares', { json: { entryId } })).json<ShareView>();
    const { pathname } = new URL(share.url, 'http://nas');
    const all = async (address: string) => {
      g.front.callers.length = 0;
      const caller = from(address);
      const json = { username: 'anna', password: 'not this one' };
      await g.ask('POST', '/api/v1/auth/login', { json, ...caller });
      const recovery = { username: 'anna', recoveryCode: 'zoo', newPassword: 'battery staple' };
      await g.ask('POST', '/api/v1/auth/recover', { json: recovery, ...caller });
      await g.ask('GET', `${pathname}/api`, caller);
      await g.ask('POST', `${pathname}/unlock`, { json: { password: 'guess' }, ...caller });
      await g.ask('POST', '/api/v1/pairing/join', { json: { code: '1', setupCode: 'guess' }, ...caller });
      await g.ask('POST', '/api/v1/pairing/exchange', { json: { step: 'start' }, ...caller });
      return g.front.callers;
    };
    const as = (block: string) => Array<string>(6).fill(block);
    assert.deepEqual(await all('2001:db8:0:1::5'), as('2001:db8:0:1::/64'));
    assert.deepEqual(await all('2001:0db8:0000:0001:9:8:7:6'), as('2001:db8:0:1::/64'));
    assert.deepEqual(await all('::ffff:192.0.2.7'), as('192.0.2.7'));
    assert.deepEqual(await all('192.0.2.8'), as('192.0.2.8'));
  });

  it('cannot ask more often by taking another address of their network', async () => {
    const ask = (address: string) =>
      g.ask('POST', '/api/v1/pairing/join', { json: { code: '1', setupCode: 'guess' }, ...from(address) });
    for (let host = 1; host <= 20; host += 1) {
      assertProblem(await ask(`2001:db8:0:2::${host.toString(16)}`), 'wrong-setup-code');
    }
    assertProblem(await ask('2001:db8:0:2::abcd'), 'too-many-tries');
    assertProblem(await ask('2001:db8:0:3::1'), 'wrong-setup-code');
  });
});
