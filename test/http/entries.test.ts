import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { EntryView, Page } from '../../src/model/api.ts';
import { assertProblem, GatewayFixture } from './gateway-fixture.ts';

describe('entries', () => {
  let g: GatewayFixture;
  before(async () => {
    g = await GatewayFixture.start();
  });
  after(() => g.stop());

  const mkdir = async (name: string, parentId = 'root') => {
    const answer = await g.ask('POST', '/api/v1/entries', { json: { parentId, name, kind: 'folder' } });
    assert.equal(answer.status, 201, answer.text);
    return answer.json<EntryView>();
  };
  const patch = (id: string, json: object, headers = {}) =>
    g.ask('PATCH', `/api/v1/entries/${id}`, { json, headers });
  const list = async (path: string) => (await g.get(path)).json<Page<EntryView>>();

  it('have a root, an id and an ETag', async () => {
    const answer = await g.get('/api/v1/entries/root');
    const root = answer.json<EntryView>();
    assert.equal(root.parentId, null);
    assert.equal(answer.headers.etag, `"${root.version}"`);
    assert.deepEqual((await g.get(`/api/v1/entries/${root.id}`)).json(), root);
  });

  it('are made as folders, listed in pages, and found by path', async () => {
    const parent = await mkdir('listed');
    for (const name of ['c', 'a', 'b']) await mkdir(name, parent.id);
    const first = await list(`/api/v1/entries/${parent.id}/children?sort=name&order=desc&limit=2`);
    assert.deepEqual(
      first.items.map((entry) => entry.name),
      ['c', 'b'],
    );
    const second = await list(
      `/api/v1/entries/${parent.id}/children?sort=name&order=desc&limit=2&cursor=${first.nextCursor}`,
    );
    assert.deepEqual(
      second.items.map((entry) => entry.name),
      ['a'],
    );
    assert.equal(second.nextCursor, null);
    const found = (await g.get('/api/v1/path/listed/a/')).json<EntryView>();
    assert.equal(found.id, second.items[0]?.id);
    assertProblem(await g.get('/api/v1/path/listed/nothing'), 'not-found');
  });

  it('give the root at the empty path, and HEAD without a body', async () => {
    const root = (await g.get('/api/v1/entries/root')).json<EntryView>();
    for (const path of ['/api/v1/path', '/api/v1/path/']) {
      assert.equal((await g.get(path)).json<EntryView>().id, root.id);
    }
    const head = await g.ask('HEAD', '/api/v1/path/');
    assert.equal(head.status, 200);
    assert.equal(head.bytes.length, 0);
  });

  it('answer 409 when a name is taken or a folder would go into itself', async () => {
    const folder = await mkdir('taken');
    const json = { parentId: 'root', name: 'taken', kind: 'folder' };
    assertProblem(await g.ask('POST', '/api/v1/entries', { json }), 'name-taken');
    const inner = await mkdir('inner', folder.id);
    assertProblem(await patch(folder.id, { parentId: inner.id }), 'would-make-a-cycle');
  });

  it('are renamed, moved, tagged and starred', async () => {
    const folder = await mkdir('target');
    const entry = await g.put('/old.txt', 'x');
    const answer = await patch(entry.id, {
      name: 'new.txt',
      parentId: folder.id,
      tags: ['a'],
      starred: true,
    });
    const changed = answer.json<EntryView>();
    assert.deepEqual(
      [changed.name, changed.parentId, changed.tags, changed.starred],
      ['new.txt', folder.id, ['a'], true],
    );
    assert.equal((await g.get('/api/v1/path/target/new.txt')).status, 200);
    const back = await patch(entry.id, { parentId: 'root' });
    assert.notEqual(back.json<EntryView>().parentId, folder.id);
  });

  it('change only when If-Match still holds', async () => {
    const folder = await mkdir('guarded');
    const stale = { 'if-match': '"0123"' };
    assertProblem(await patch(folder.id, { name: 'x1' }, stale), 'precondition-failed');
    assertProblem(await patch(folder.id, { name: 'x1' }, { 'if-match': '"a", "b"' }), 'precondition-failed');
    assertProblem(
      await g.ask('DELETE', `/api/v1/entries/${folder.id}`, { headers: stale }),
      'precondition-failed',
    );
    const gone = `/api/v1/entries/${folder.id}?permanent=true`;
    assertProblem(await g.ask('DELETE', gone, { headers: stale }), 'precondition-failed');
    const several = await patch(folder.id, { name: 'x1' }, { 'if-match': `"other", "${folder.version}"` });
    assert.equal(several.status, 200);
    const current = several.headers.etag ?? '';
    assert.equal((await patch(folder.id, { name: 'x2' }, { 'if-match': current })).status, 200);
    assert.equal((await patch(folder.id, { name: 'x3' }, { 'if-match': '*' })).status, 200);
  });

  it('are refused an empty change', async () => {
    assertProblem(await patch('root', {}), 'bad-input');
  });

  it('are copied', async () => {
    const entry = await g.put('/original.txt', 'same bytes');
    const json = { parentId: 'root', name: 'copy.txt' };
    const answer = await g.ask('POST', `/api/v1/entries/${entry.id}/copy`, { json });
    assert.equal(answer.status, 201);
    const copy = answer.json<EntryView>();
    assert.equal(answer.headers.location, `/api/v1/entries/${copy.id}`);
    assert.equal((await g.get(`/api/v1/entries/${copy.id}/content`)).text, 'same bytes');
  });

  it('go to the trash, come back, and go for ever', async () => {
    const entry = await g.put('/rubbish.txt', 'x');
    assert.equal((await g.ask('DELETE', `/api/v1/entries/${entry.id}`)).status, 204);
    assertProblem(await g.get('/api/v1/path/rubbish.txt'), 'not-found');
    const trash = await list('/api/v1/trash');
    assert.deepEqual(
      trash.items.map((item) => item.id),
      [entry.id],
    );
    const restored = await g.ask('POST', `/api/v1/entries/${entry.id}/restore`);
    assert.equal(restored.json<EntryView>().trashedAt, null);
    assert.equal((await g.get('/api/v1/path/rubbish.txt')).status, 200);

    await g.ask('DELETE', `/api/v1/entries/${entry.id}`);
    assert.deepEqual((await g.ask('DELETE', '/api/v1/trash')).json(), { purged: 1 });
    assertProblem(await g.get(`/api/v1/entries/${entry.id}`), 'not-found');

    const other = await g.put('/other.txt', 'x');
    assert.equal((await g.ask('DELETE', `/api/v1/entries/${other.id}?permanent=true`)).status, 204);
    assertProblem(await g.get(`/api/v1/entries/${other.id}`), 'not-found');
    assert.deepEqual((await list('/api/v1/trash')).items, []);
  });

  it('have a history, from which an old version comes back', async () => {
    await g.put('/history.txt', 'first');
    const entry = await g.put('/history.txt', 'second');
    const path = `/api/v1/entries/${entry.id}/versions`;
    const { items } = (await g.get(path)).json<Page<{ id: string; current: boolean; size: number }>>();
    assert.deepEqual(
      items.map(({ size, current }) => [size, current]),
      [
        [5, false],
        [6, true],
      ],
    );
    const old = items[0]?.id;
    assert.equal((await g.get(`/api/v1/entries/${entry.id}/content?version=${old}`)).text, 'first');
    assertProblem(await g.get(`/api/v1/entries/${entry.id}/content?version=nonsense`), 'bad-id');
    assert.equal((await g.ask('POST', `${path}/${old}/restore`)).status, 200);
    assert.equal((await g.get(`/api/v1/entries/${entry.id}/content`)).text, 'first');
    assertProblem(await g.ask('POST', `${path}/${'0'.repeat(32)}/restore`), 'not-found');
  });
});
