import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { EntryView, Page } from '../../../src/model/api.ts';
import { assertProblem, GatewayFixture } from '../gateway-fixture.ts';

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
        [6, true],
        [5, false],
      ],
    );
    const old = items[1]?.id;
    assert.equal((await g.get(`/api/v1/entries/${entry.id}/content?version=${old}`)).text, 'first');
    assertProblem(await g.get(`/api/v1/entries/${entry.id}/content?version=nonsense`), 'bad-id');
    assert.equal((await g.ask('POST', `${path}/${old}/restore`)).status, 200);
    const remove = (version: string | undefined) => g.ask('DELETE', `${path}/${version}`);
    assert.equal((await remove(old)).status, 204);
    assertProblem(await remove(old), 'not-found');
    assertProblem(await remove(g.drive.currentVersionOf(entry.id)), 'conflict');
    assert.equal((await g.get(`/api/v1/entries/${entry.id}/content`)).text, 'first');
    assertProblem(await g.ask('POST', `${path}/${'0'.repeat(32)}/restore`), 'not-found');
  });

  it('are moved, copied and trashed many at once, each with its own outcome', async () => {
    const [from, to] = [await mkdir('many'), await mkdir('many target')];
    const [a, b] = [await g.put('/many/a.txt', 'a'), await g.put('/many/b.txt', 'b')];
    await g.put('/many%20target/b.txt', 'in the way');
    const ghost = '0'.repeat(32);
    const change = (what: string, json: object) => g.ask('POST', `/api/v1/entries/${what}`, { json });
    const moved = await change('move', { ids: [a.id, b.id, ghost, 'nonsense'], parentId: to.id });
    assert.equal(moved.status, 200, moved.text);
    assert.deepEqual(moved.json<{ items: unknown[] }>().items, [
      { id: a.id, ok: true },
      { id: b.id, ok: false, code: 'name-taken' },
      { id: ghost, ok: false, code: 'not-found' },
      { id: 'nonsense', ok: false, code: 'bad-id' },
    ]);
    assert.equal((await change('copy', { ids: [a.id], parentId: from.id })).status, 200);
    assert.deepEqual(
      (await list(`/api/v1/entries/${from.id}/children`)).items.map(({ name }) => name).sort(),
      ['a.txt', 'b.txt'],
    );
    const trashed = await change('trash', { ids: [a.id, b.id] });
    assert.deepEqual(
      trashed.json<{ items: { ok: boolean }[] }>().items.map(({ ok }) => ok),
      [true, true],
    );
    const back = await change('restore', { ids: [a.id, ghost] });
    assert.deepEqual(back.json<{ items: unknown[] }>().items, [
      { id: a.id, ok: true },
      { id: ghost, ok: false, code: 'not-found' },
    ]);
    assertProblem(await change('trash', { ids: [] }), 'bad-input');
    assertProblem(await change('trash', { ids: Array(1001).fill(ghost) }), 'bad-input');
    assertProblem(await change('move', { ids: [a.id], parentId: 'nonsense' }), 'bad-id');
  });

  it('are trashed and moved by the folder that they are in, but for some, without being named', async () => {
    const [from, to] = [await mkdir('everything'), await mkdir('everything else')];
    const files: EntryView[] = [];
    for (const name of ['a', 'b', 'c', 'd']) files.push(await g.put(`/everything/${name}.txt`, name));
    const ids = files.map(({ id }) => id);
    const change = (what: string, json: object) => g.ask('POST', `/api/v1/entries/${what}`, { json });
    const namesIn = async ({ id }: EntryView) =>
      (await list(`/api/v1/entries/${id}/children`)).items.map(({ name }) => name);
    const all = { parentId: from.id, except: [ids[1], ids[2]] };
    const trashed = await change('trash', { all });
    assert.deepEqual(trashed.json<{ items: unknown[] }>().items, [
      { id: ids[0], ok: true },
      { id: ids[3], ok: true },
    ]);
    assert.deepEqual(await namesIn(from), ['b.txt', 'c.txt']);
    assert.equal((await change('move', { all: { parentId: from.id }, parentId: to.id })).status, 200);
    assert.deepEqual([await namesIn(from), await namesIn(to)], [[], ['b.txt', 'c.txt']]);
    assertProblem(await change('trash', { all, ids }), 'bad-input');
    assertProblem(await change('trash', {}), 'bad-input');
    assertProblem(await change('trash', { all: { parentId: 'nonsense' } }), 'bad-id');
  });

  it('say which folders are around them, and the checksum of their content', async () => {
    const folder = await mkdir('around');
    const file = await g.put('/around/a.txt', 'abc');
    const answer = await g.get(`/api/v1/entries/${file.id}/ancestors`);
    const { items } = answer.json<{ items: EntryView[] }>();
    assert.deepEqual(
      items.map(({ parentId, id }) => [parentId === null, id === folder.id]),
      [
        [true, false],
        [false, true],
      ],
    );
    // FIPS 180-2, example B.1.
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    assert.deepEqual((await g.get(`/api/v1/entries/${file.id}/checksum`)).json(), { sha256: abc });
    assertProblem(await g.get(`/api/v1/entries/${folder.id}/checksum`), 'not-found');
    assertProblem(await g.get(`/api/v1/entries/${file.id}/checksum?version=nonsense`), 'bad-id');
  });
});
