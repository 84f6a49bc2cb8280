import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { EntryOutcome, EntryView, GuestView, Page, ShareView } from '../../../src/model/api.ts';
import type { OpenContent } from '../../../src/model/contracts/drive.ts';
import type { AlbumView, FacetsView, PhotoView, TimelineMonth } from '../../../src/model/views/photos.ts';
import { assertProblem, cookieName, GatewayFixture } from '../gateway-fixture.ts';

const bytes = Buffer.from('RIFF    WEBP and a picture');

function thumbnailOf(name: string): OpenContent {
  return {
    name,
    size: bytes.length,
    mime: 'image/webp',
    etag: 'version-240',
    modifiedAtMs: 1000,
    async *read({ start, end }) {
      yield bytes.subarray(start, end);
    },
  };
}

describe('pictures over HTTP', () => {
  let g: GatewayFixture;
  let picture: EntryView;
  let waiting: EntryView;
  before(async () => {
    g = await GatewayFixture.start();
    picture = await g.put('/Trip/a.jpg', 'picture');
    waiting = await g.put('/Trip/b.jpg', 'picture');
    g.drive.thumbnails.set(picture.id, thumbnailOf('a.jpg.webp'));
    g.drive.thumbnails.set(waiting.id, 'making');
    const photo: PhotoView = {
      id: picture.id,
      name: 'a.jpg',
      version: picture.version,
      kind: 'image',
      takenAt: '2026-07-14T13:03:22.000Z',
      takenLocal: '2026-07-14T15:03:22',
      dateFrom: 'content',
      ratio: 1.5,
      thumbhash: 'AQID',
      hasThumbnail: true,
      favorite: false,
      gps: { latitude: 1, longitude: 2 },
    };
    g.front.photos.all.push(photo);
  });
  after(() => g.stop());

  it('a thumbnail is a WebP picture with an ETag, shown in place, asked for again each time', async () => {
    const path = `/api/v1/entries/${picture.id}/thumbnail?size=720`;
    const answer = await g.get(path);
    assert.deepEqual([answer.status, answer.bytes], [200, bytes]);
    assert.equal(answer.headers['content-type'], 'image/webp');
    assert.match(String(answer.headers['content-disposition']), /^inline/);
    assert.equal(answer.headers['cache-control'], 'private, no-cache');
    const etag = String(answer.headers.etag);
    assert.equal((await g.ask('GET', path, { headers: { 'if-none-match': etag } })).status, 304);
    assert.deepEqual([(await g.ask('HEAD', path)).status, (await g.ask('HEAD', path)).text], [200, '']);
  });

  it('the picture of a film is taken from who may sign in, up to its bound, and from no token', async () => {
    const path = `/api/v1/entries/${picture.id}/thumbnail`;
    const headers = { 'content-type': 'image/jpeg' };
    assert.equal((await g.ask('PUT', path, { headers, body: Buffer.from('a jpeg') })).status, 200);
    assert.equal(String(g.drive.posters.get(picture.id)), 'a jpeg');
    const large = Buffer.alloc(8 * 1024 * 1024 + 1);
    assertProblem(await g.ask('PUT', path, { headers, body: large }), 'too-large');
    assertProblem(await g.ask('PUT', path, { anonymous: true, headers, body: large }), 'not-signed-in');
  });

  it('pictures put together are listed with keys for their thumbnails, and what is said of them is checked', async () => {
    const base = '/api/v1/photos';
    for (const [path, at] of [
      ['/trips', 'cover'],
      ['/places', 'cover'],
      ['/memories?day=2027-07-14', 'items'],
      [`/stacks/${picture.id}`, 'id'],
    ] as const) {
      const { items } = (await g.get(base + path)).json<Page<Record<string, unknown>>>();
      assert.equal(items.length, 1, path);
      if (at !== 'id') assert.match(JSON.stringify(items[0]?.[at]), /"k":"/, path);
    }
    assert.equal((await g.get(`${base}/facets?q=a`)).json<FacetsView>().count, 1);
    for (const path of ['/archived', '/hidden']) {
      assert.deepEqual((await g.get(base + path)).json(), { items: [], nextCursor: null });
    }
    assertProblem(await g.get(`${base}/memories?day=today`), 'bad-input');
    const change = { ids: [picture.id], gps: 'none', turn: 90, crop: null, takenLocal: null, archived: true };
    const outcome = await g.ask('PATCH', base, { json: change });
    assert.deepEqual(outcome.json(), { items: [{ id: picture.id, ok: true }] });
    const { ids, ...rest } = change;
    assert.deepEqual(g.front.photos.changes.at(-1), { ids, change: rest });
    for (const wrong of [
      { ids: [] },
      { ids: [picture.id], turn: 45 },
      { ids: [picture.id], gps: { latitude: 91, longitude: 0 } },
      { ids: [picture.id], crop: { x: 2, y: 0, width: 1, height: 1 } },
    ]) {
      assertProblem(await g.ask('PATCH', base, { json: wrong }), 'bad-input');
    }
  });

  it('a smaller film is begun by POST, tells how far it is, and is read by ranges', async () => {
    const path = `/api/v1/entries/${picture.id}/rendition`;
    assertProblem(await g.get(path), 'no-rendition');
    const begun = await g.ask('POST', path);
    assert.deepEqual([begun.status, begun.json()], [202, { state: 'making', progress: 0 }]);
    assert.equal((await g.get(path)).status, 202);
    g.drive.renditions.set(picture.id, { ...thumbnailOf('a.mp4'), mime: 'video/mp4' });
    const part = await g.ask('GET', path, { headers: { range: 'bytes=1-3' } });
    assert.deepEqual([part.status, part.headers['content-type'], part.text], [206, 'video/mp4', 'IFF']);
    assert.equal((await g.ask('POST', path)).status, 204);
  });

  it('a thumbnail that is being made is told to be asked for again, and one that is none has a code', async () => {
    const answer = await g.get(`/api/v1/entries/${waiting.id}/thumbnail`);
    assert.deepEqual([answer.status, answer.headers['retry-after']], [202, '2']);
    const folder = (await g.get('/api/v1/path/Trip')).json<EntryView>();
    assertProblem(await g.get(`/api/v1/entries/${folder.id}/thumbnail`), 'no-thumbnail');
    assertProblem(await g.get(`/api/v1/entries/${picture.id}/thumbnail?size=99`), 'bad-input');
    assertProblem(
      await g.ask('GET', `/api/v1/entries/${picture.id}/thumbnail`, { anonymous: true }),
      'not-signed-in',
    );
  });

  it('a browser fetches a thumbnail with the cookie and the key of the entry, not with the cookie alone', async () => {
    const [photo] = (await g.get('/api/v1/photos/months/2026-07')).json<Page<PhotoView>>().items;
    const { k = '' } = photo ?? {};
    const cookie = String(g.signedIn.cookie);
    assert.ok(cookie.startsWith(cookieName) && k !== '');
    const path = `/api/v1/entries/${picture.id}/thumbnail`;
    const asked = (query: string) =>
      g.ask('GET', `${path}${query}`, { anonymous: true, headers: { cookie } });
    assert.equal((await asked(`?k=${encodeURIComponent(k)}`)).status, 200);
    assertProblem(await asked(''), 'not-signed-in');
  });

  it('a guest sees thumbnails under the address of the link; only a large one counts as a download', async () => {
    const made = await g.ask('POST', '/api/v1/shares', {
      json: { entryId: picture.parentId, maxDownloads: 1 },
    });
    const { path, id } = made.json<ShareView & { path: string }>();
    const open = (address: string) => g.ask('GET', address, { anonymous: true });
    const view = (await open(`${path}/api`)).json<GuestView>();
    const { items } = (await open(`${path}/api/entries/${view.entry?.id}/children`)).json<Page<EntryView>>();
    const address = items.find((entry) => entry.id === picture.id)?.thumbnail;
    assert.equal(address, `${path}/api/entries/${picture.id}/thumbnail`);
    const used = async () => {
      const shares = (await g.get('/api/v1/shares')).json<Page<ShareView>>().items;
      return shares.find((share) => share.id === id)?.downloads;
    };
    for (const size of [240, 720]) assert.equal((await open(`${address}?size=${size}`)).status, 200);
    assert.equal(await used(), 0);
    const large = await open(`${address}?size=2160`);
    assert.deepEqual([large.status, large.headers['cache-control'], await used()], [200, 'no-store', 1]);
  });

  it('the timeline, a month, the map, a search, look-alikes and the progress have routes of their own', async () => {
    const { months } = (await g.get('/api/v1/photos/timeline')).json<{ months: TimelineMonth[] }>();
    assert.deepEqual(
      months.map(({ month, count }) => [month, count]),
      [['2026-07', 1]],
    );
    for (const path of ['months/2026-07', 'map?bbox=0,0,10,10', 'map', 'search?q=a.jpg']) {
      const { items } = (await g.get(`/api/v1/photos/${path}`)).json<Page<PhotoView>>();
      assert.deepEqual(
        items.map(({ name }) => name),
        ['a.jpg'],
        path,
      );
    }
    await g.get('/api/v1/photos/map?bbox=170.5,-20,-170,5');
    assert.deepEqual(g.front.photos.box, { west: 170.5, south: -20, east: -170, north: 5 });
    const groups = (await g.get('/api/v1/photos/duplicates')).json<Page<Page<PhotoView>>>().items;
    assert.equal(groups[0]?.items[0]?.name, 'a.jpg');
    assert.deepEqual((await g.get('/api/v1/photos/progress')).json(), { waiting: 0, lack: null });
    for (const path of [
      'months/2026-13',
      'months/july',
      'map?bbox=1,2,3',
      'map?bbox=1,2,3,x',
      'map?bbox=1,9,3,2',
    ]) {
      assertProblem(await g.get(`/api/v1/photos/${path}`), 'bad-input');
    }
    assertProblem(await g.ask('GET', '/api/v1/photos/timeline', { anonymous: true }), 'not-signed-in');
  });

  it('an album is made, filled, changed and deleted', async () => {
    const made = await g.ask('POST', '/api/v1/albums', { json: { name: 'Summer' } });
    assert.equal(made.status, 201);
    const { id } = made.json<AlbumView>();
    const path = `/api/v1/albums/${id}`;
    const added = await g.ask('POST', `${path}/entries`, { json: { ids: [picture.id] } });
    assert.deepEqual(added.json<Page<EntryOutcome>>().items, [{ id: picture.id, ok: true }]);
    const changed = await g.ask('PATCH', path, {
      json: { name: 'Winter', coverId: picture.id, order: [picture.id] },
    });
    assert.deepEqual(
      [changed.json<AlbumView>().name, changed.json<AlbumView>().cover?.id],
      ['Winter', picture.id],
    );
    assert.ok(changed.json<AlbumView>().cover?.k);
    assert.equal((await g.get(path)).json<AlbumView>().count, 1);
    assert.equal((await g.get('/api/v1/albums')).json<Page<AlbumView>>().items.length, 1);
    assert.equal((await g.get(`${path}/entries`)).json<Page<PhotoView>>().items.length, 1);
    assert.equal((await g.ask('DELETE', `${path}/entries`, { json: { ids: [picture.id] } })).status, 200);
    assert.equal((await g.get(path)).json<AlbumView>().count, 0);
    assertProblem(await g.ask('PATCH', path, { json: { color: 'red' } }), 'bad-input');
    assertProblem(await g.ask('POST', '/api/v1/albums', { json: {} }), 'bad-input');
    assert.equal((await g.ask('DELETE', path)).status, 204);
    assertProblem(await g.get(path), 'not-found');
  });
});
