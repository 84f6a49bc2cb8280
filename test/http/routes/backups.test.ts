import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from '../../../src/model/api.ts';
import type { BackupRunView, BackupView, SnapshotView } from '../../../src/model/backups/backup-views.ts';
import { assertProblem, GatewayFixture, sessionHeaders } from '../gateway-fixture.ts';

describe('the routes of backups', () => {
  let g: GatewayFixture;
  let member = '';
  before(async () => {
    g = await GatewayFixture.start();
    g.front.addMember('ben', 'other password');
    member = (await g.front.accounts.login('ben', 'other password', '')).secret;
  });
  after(() => g.stop());

  const wish = { folder: '/home/anna/docs', target: '/Backups/docs', every: '1h', keep: { daily: 7 } };

  it('add, list, pause and remove a backup', async () => {
    const added = await g.ask('POST', '/api/v1/backups', { json: wish });
    assert.equal(added.status, 201);
    const { id, keep, every } = added.json<BackupView>();
    assert.deepEqual([keep.daily, every], [7, '1h']);
    assert.equal((await g.get('/api/v1/backups')).json<Page<BackupView>>().items[0]?.id, id);
    const paused = await g.ask('PATCH', `/api/v1/backups/${id}`, { json: { paused: true } });
    assert.equal(paused.json<BackupView>().state, 'paused');
    assertProblem(await g.ask('POST', `/api/v1/backups/${id}/run`, {}), 'conflict');
    assert.equal((await g.ask('DELETE', `/api/v1/backups/${id}`)).status, 204);
    assertProblem(await g.ask('DELETE', `/api/v1/backups/${id}`), 'not-found');
  });

  it('begin a run, say what one would do, and list runs and snapshots', async () => {
    const { id } = (await g.ask('POST', '/api/v1/backups', { json: wish })).json<BackupView>();
    const dry = await g.ask('POST', `/api/v1/backups/${id}/run`, { json: { dryRun: true } });
    assert.deepEqual([dry.status, dry.json<BackupRunView>().state], [200, 'dry-run']);
    assert.equal((await g.ask('POST', `/api/v1/backups/${id}/run`, {})).status, 202);
    assert.equal((await g.get(`/api/v1/backups/${id}/runs`)).json<Page<BackupRunView>>().items.length, 1);
    const { items } = (await g.get(`/api/v1/backups/${id}/snapshots`)).json<Page<SnapshotView>>();
    const at = items[0]?.id ?? '';
    const page = await g.get(`/api/v1/backups/${id}/snapshots/${at}?under=a%2Fb&limit=5&cursor=10`);
    assert.equal(page.status, 200);
    const asked = { at, under: 'a/b', after: 10, limit: 5, direct: false };
    assert.deepEqual(g.front.backups.asked.at(-1), asked);
    assertProblem(await g.get(`/api/v1/backups/${id}/snapshots/${at}?cursor=x`), 'bad-input');
  });

  it('refuse a member, a stranger, and fields that are none', async () => {
    const headers = sessionHeaders(member);
    assertProblem(await g.ask('POST', '/api/v1/backups', { json: wish, headers }), 'forbidden');
    assertProblem(await g.ask('GET', '/api/v1/backups', { anonymous: true }), 'not-signed-in');
    for (const wrong of [
      { onDelete: 'purge' },
      { keep: { hourly: -1 } },
      { exclude: 'x' },
      { folder: '' },
      { other: 1 },
    ])
      assertProblem(await g.ask('POST', '/api/v1/backups', { json: { ...wish, ...wrong } }), 'bad-input');
  });
});
