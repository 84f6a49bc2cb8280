import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { EntryView, FoundView, Page } from '../../../src/model/api.ts';
import { assertProblem, GatewayFixture } from '../gateway-fixture.ts';

describe('a search', () => {
  let g: GatewayFixture;
  before(async () => {
    g = await GatewayFixture.start();
    await g.put('/Trips/Beach%20Photo.jpg', 'x'.repeat(10), { 'x-modified-at': '2026-07-01T12:00:00Z' });
    await g.put('/beach.txt', 'x', { 'x-modified-at': '2026-11-21T12:00:00Z' });
    await g.put('/other.txt', 'x', { 'x-modified-at': '2026-11-21T12:00:00Z' });
  });
  after(() => g.stop());

  const pathsOf = async (query: string, route = 'search') => {
    const answer = await g.get(`/api/v1/${route}?${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json<Page<FoundView>>().items.map(({ path }) => path);
  };

  it('finds entries by words of their names, best first, each with its path', async () => {
    assert.deepEqual(await pathsOf('q=beach'), ['/beach.txt', '/Trips/Beach Photo.jpg']);
    assert.deepEqual(await pathsOf('q=photo%20BEACH'), ['/Trips/Beach Photo.jpg']);
    assert.deepEqual(await pathsOf('q=nothing'), []);
  });

  it('takes filters by type, size, date and folder', async () => {
    const { id } = (await g.get('/api/v1/path/Trips')).json<EntryView>();
    assert.deepEqual(await pathsOf(`q=beach&under=${id}`), ['/Trips/Beach Photo.jpg']);
    assert.equal((await pathsOf('q=beach&under=root')).length, 2);
    assert.deepEqual(await pathsOf('q=beach&type=image/jpeg'), ['/Trips/Beach Photo.jpg']);
    assert.deepEqual(await pathsOf('type=folder'), ['/Trips']);
    assert.deepEqual(await pathsOf('q=beach&minSize=5'), ['/Trips/Beach Photo.jpg']);
    assert.deepEqual(await pathsOf('q=beach&maxSize=5'), ['/beach.txt']);
    assert.deepEqual(await pathsOf('q=beach&from=2026-11-21'), ['/beach.txt']);
    assert.deepEqual(await pathsOf('q=beach&to=2026-07-01'), ['/Trips/Beach Photo.jpg']);
    assert.deepEqual(await pathsOf('q=beach&to=2026-07-01T11:00:00Z'), []);
  });

  it('has pages', async () => {
    const first = (await g.get('/api/v1/search?q=beach&limit=1')).json<Page<FoundView>>();
    assert.equal(first.items.length, 1);
    assert.deepEqual(await pathsOf(`q=beach&limit=1&cursor=${first.nextCursor}`), ['/Trips/Beach Photo.jpg']);
  });

  it('says which parameter it does not understand', async () => {
    for (const query of ['from=yesterday', 'to=2027-02-30', 'minSize=big', 'starred=maybe', 'limit=0']) {
      assertProblem(await g.get(`/api/v1/search?${query}`), 'bad-input');
    }
    assertProblem(await g.get('/api/v1/search?under=nonsense'), 'bad-id');
    assertProblem(await g.get(`/api/v1/search?q=${'x'.repeat(1001)}`), 'bad-input');
    assertProblem(await g.ask('GET', '/api/v1/search?q=x', { anonymous: true }), 'not-signed-in');
  });

  it('is the way to recent files and to what has a star', async () => {
    const recent = await pathsOf('limit=2', 'recent');
    assert.deepEqual(recent, ['/other.txt', '/beach.txt']);
    assert.deepEqual(await pathsOf('', 'starred'), []);
    const { id } = (await g.get('/api/v1/path/beach.txt')).json<EntryView>();
    await g.ask('PATCH', `/api/v1/entries/${id}`, { json: { starred: true } });
    assert.deepEqual(await pathsOf('', 'starred'), ['/beach.txt']);
  });
});
