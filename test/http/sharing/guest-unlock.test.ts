import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntryView, ShareView } from '../../../src/model/api.ts';
import { systemClock } from '../../../src/model/clock.ts';
import { assertProblem, GatewayFixture } from '../gateway-fixture.ts';

test('a link that was unlocked in a browser asks for its password again after one hour', async () => {
  let aheadMs = 0;
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + aheadMs };
  const g = await GatewayFixture.start({ clock });
  try {
    await g.put('/Trip/plan.txt', '0123456789');
    const folder = (await g.get('/api/v1/path/Trip')).json<EntryView>();
    const json = { entryId: folder.id, password: 'open sesame' };
    const { path } = (await g.ask('POST', '/api/v1/shares', { json })).json<ShareView & { path: string }>();
    const ask = (method: string, to: string, more = {}) => g.ask(method, to, { ...more, anonymous: true });
    const unlocked = await ask('POST', `${path}/unlock`, { json: { password: 'open sesame' } });
    const cookie = unlocked.headers['set-cookie']?.[0]?.split('; ')[0] ?? '';
    const open = () => ask('GET', `${path}/api`, { headers: { cookie } });
    aheadMs = 59 * 60_000;
    assert.equal((await open()).status, 200);
    aheadMs = 60 * 60_000 + 1000;
    assertProblem(await open(), 'link-password');
  } finally {
    await g.stop();
  }
});
