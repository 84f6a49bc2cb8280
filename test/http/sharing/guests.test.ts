import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { EntryView, GuestView, Page, ShareView } from '../../../src/model/api.ts';
import { silentLog } from '../../../src/model/log.ts';
import { type Ask, assertProblem, GatewayFixture } from '../gateway-fixture.ts';

describe('a guest with a link', () => {
  let g: GatewayFixture;
  let folder: EntryView;
  let file: EntryView;
  let beside: EntryView;
  let web = '';
  const logged: string[] = [];
  before(async () => {
    web = await mkdtemp(join(tmpdir(), 'peerstor-guests-'));
    await writeFile(join(web, 'index.html'), '<!doctype html><title>peerstor</title>');
    const note = (facts: object, sentence: string) => logged.push(JSON.stringify(facts), sentence);
    const log = { ...silentLog, debug: note, info: note, warn: note, error: note };
    g = await GatewayFixture.start({ webRoot: web, log });
    file = await g.put('/Trip/plan.txt', '0123456789');
    await g.put('/Trip/deep/map.txt', 'the map');
    beside = await g.put('/diary.txt', 'private');
    folder = (await g.get('/api/v1/path/Trip')).json<EntryView>();
  });
  after(async () => {
    await g.stop();
    await rm(web, { recursive: true });
  });

  const link = async (json: object = {}) => {
    const answer = await g.ask('POST', '/api/v1/shares', { json: { entryId: folder.id, ...json } });
    return answer.json<ShareView & { path: string }>();
  };
  const ask = (method: string, path: string, more: Ask = {}) =>
    g.ask(method, path, { ...more, anonymous: true });
  const get = (path: string, headers = {}) => ask('GET', path, { headers });
  const used = async ({ id }: ShareView) => {
    const { items } = (await g.get('/api/v1/shares')).json<Page<ShareView>>();
    return items.find((share) => share.id === id)?.downloads;
  };

  it('sees what is shared, by whom and until when, and can walk it', async () => {
    const { path, expiresAt } = await link();
    const answer = await get(`${path}/api`);
    const view = answer.json<GuestView>();
    assert.deepEqual(
      [view.entry?.id, view.name, view.owner, view.rights, view.expiresAt],
      [folder.id, 'Trip', 'anna', 'view', expiresAt],
    );
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers['referrer-policy'], 'no-referrer');
    const { items } = (await get(`${path}/api/entries/root/children`)).json<Page<EntryView>>();
    assert.deepEqual(items.map(({ name }) => name).sort(), ['deep', 'plan.txt']);
    assert.equal((await get(`${path}/api/entries/${file.id}`)).json<EntryView>().name, 'plan.txt');
    assert.equal(await used(await link()), 0);
  });

  it('downloads files of the folder by id and by path, with ranges and HEAD', async () => {
    const { path } = await link();
    for (const from of [`dl?entry=${file.id}`, 'dl?path=plan.txt', `api/entries/${file.id}/content`]) {
      const answer = await get(`${path}/${from}`);
      assert.deepEqual([answer.status, answer.text], [200, '0123456789'], from);
      assert.equal(answer.headers['cache-control'], 'no-store');
      assert.equal(answer.headers['referrer-policy'], 'no-referrer');
      assert.match(answer.headers['content-security-policy']?.toString() ?? '', /^sandbox/);
    }
    const saved = await get(`${path}/dl?path=/deep/map.txt`);
    assert.equal(saved.headers['content-disposition'], 'attachment; filename="map.txt"');
    assert.equal((await get(`${path}/dl?path=plan.txt`, { range: 'bytes=2-4' })).text, '234');
    const head = await ask('HEAD', `${path}/dl?path=plan.txt`);
    assert.deepEqual([head.status, head.headers['content-length'], head.text], [200, '10', '']);
    assert.equal((await get(`${path}/dl`)).headers['content-disposition'], 'attachment; filename="Trip.zip"');
    assertProblem(await get(`${path}/dl?path=none.txt`), 'not-found');
  });

  it('gets the current content only: another version is refused, not passed over', async () => {
    const { path } = await link();
    const other = (await get(`${path}/api/entries/root/children`))
      .json<Page<EntryView>>()
      .items.find(({ id }) => id !== file.id);
    for (const from of [`dl?entry=${file.id}&`, 'dl?path=plan.txt&', `api/entries/${file.id}/content?`]) {
      const current = (await get(`${path}/api/entries/${file.id}`)).json<EntryView>().version;
      assert.equal((await get(`${path}/${from}version=${current}`)).text, '0123456789', from);
      assertProblem(await get(`${path}/${from}version=${other?.version}`), 'not-found');
      assertProblem(await get(`${path}/${from}version=${'0'.repeat(32)}`), 'not-found');
      assertProblem(await get(`${path}/${from}version=nonsense`), 'bad-id');
    }
    assertProblem(await get(`${path}/dl?version=${'0'.repeat(32)}`), 'not-found');
    assertProblem(
      await get(`${path}/api/entries/${file.id}/thumbnail?version=${'0'.repeat(32)}`),
      'not-found',
    );
  });

  it('reaches nothing beside what is shared, not even of a single file', async () => {
    const single = await link({ entryId: file.id });
    assert.equal((await get(`${single.path}/dl`)).text, '0123456789');
    for (const { path } of [await link(), single]) {
      for (const from of [
        `dl?entry=${beside.id}`,
        `api/entries/${beside.id}`,
        `api/entries/${beside.id}/content`,
        `api/entries/${beside.id}/children`,
      ]) {
        assertProblem(await get(`${path}/${from}`), 'not-found');
      }
      assertProblem(await get(`${path}/dl?path=../diary.txt`), 'bad-name');
    }
    assertProblem(await get(`${single.path}/api/entries/${folder.id}/children`), 'not-found');
  });

  it('is told what became of a link: 404, 410', async () => {
    for (const from of ['', '/api', '/dl', '/api/entries/root', '/api/entries/root/children']) {
      assert.equal((await get(`/s/unknown${from}`)).status, 404, from);
    }
    const revoked = await link();
    await g.ask('DELETE', `/api/v1/shares/${revoked.id}`);
    assertProblem(await get(`${revoked.path}/api`), 'gone');
    assertProblem(await get(`${revoked.path}/dl?path=plan.txt`), 'gone');
    assertProblem(await ask('PUT', `${revoked.path}/api/path/x`, { body: 'x' }), 'gone');
  });

  it('gets a page whose status tells programs the same', async () => {
    const shared = await link({ password: 'open sesame' });
    const revoked = await link();
    await g.ask('DELETE', `/api/v1/shares/${revoked.id}`);
    for (const [path, status] of [
      [(await link()).path, 200],
      [shared.path, 401],
      ['/s/unknown', 404],
      [revoked.path, 410],
    ] as const) {
      const page = await get(path, { accept: 'text/html' });
      assert.equal(page.status, status);
      assert.match(page.text, /<title>peerstor/);
      assert.match(page.headers['content-security-policy']?.toString() ?? '', /script-src 'self'/);
      assert.equal(page.headers['cache-control'], 'no-store');
      assert.equal(page.headers['referrer-policy'], 'no-referrer');
    }
    assert.equal((await ask('HEAD', shared.path)).status, 401);
    for (const path of [
      `/s/${'x'.repeat(300)}`,
      `/s/${'x'.repeat(300)}/dl`,
      `${(await link()).path}/nothing`,
    ]) {
      assertProblem(await get(path, { accept: 'text/html' }), 'not-found');
    }
  });

  it('needs the password, in a header or by unlocking this link for this browser', async () => {
    const { path } = await link({ password: 'open sesame' });
    const other = await link({ password: 'open sesame' });
    for (const from of ['api', 'dl?path=plan.txt', 'dl?path=plan.txt&password=open%20sesame']) {
      assertProblem(await get(`${path}/${from}`), 'link-password');
    }
    assert.equal((await get(`${path}/api`, { 'x-share-password': 'open sesame' })).status, 200);
    assertProblem(await get(`${path}/api`, { 'x-share-password': 'guess' }), 'link-password');
    const basic = (password: string) => `Basic ${Buffer.from(`guest:${password}`).toString('base64')}`;
    assert.equal((await get(`${path}/api`, { authorization: basic('open sesame') })).status, 200);
    assertProblem(await get(`${path}/api`, { authorization: basic('guess') }), 'link-password');

    const unlock = (json: object) => ask('POST', `${path}/unlock`, { json });
    assertProblem(await unlock({ password: 'guess' }), 'link-password');
    assertProblem(await unlock({}), 'bad-input');
    const unlocked = await unlock({ password: 'open sesame' });
    assert.equal(unlocked.json<GuestView>().name, 'Trip');
    const [pair = '', ...attributes] = (unlocked.headers['set-cookie']?.[0] ?? '').split('; ');
    assert.deepEqual(attributes.sort(), ['HttpOnly', 'Max-Age=3600', `Path=${path}`, 'SameSite=Strict']);
    assert.doesNotMatch(pair, /sesame|b3BlbiBz/);
    assert.equal((await get(`${path}/dl?path=plan.txt`, { cookie: pair })).text, '0123456789');
    assertProblem(await get(`${other.path}/api`, { cookie: pair }), 'link-password');
  });

  it('that guesses passwords has to wait', async () => {
    const { path } = await link({ password: 'open sesame' });
    const answers = [];
    for (let n = 0; n < 12; n++) answers.push(await get(`${path}/api`, { 'x-share-password': `guess ${n}` }));
    const last = answers.at(-1);
    assert.ok(last);
    assertProblem(last, 'too-many-tries');
    assert.ok(Number(last.headers['retry-after']) >= 1);
    const page = await get(path, { 'x-share-password': 'guess again' });
    assert.equal(page.status, 429);
    assert.ok(Number(page.headers['retry-after']) >= 1);
    assert.match(page.headers['content-type'] ?? '', /^text\/html/);
  });

  it('uses a link up: downloads count once, HEAD and later parts of one do not', async () => {
    const limited = await link({ maxDownloads: 3 });
    const url = `${limited.path}/dl?path=plan.txt`;
    await ask('HEAD', url);
    assert.equal(await used(limited), 0);
    const whole = await get(url);
    assert.equal(await used(limited), 1);
    assert.equal((await get(url, { 'if-none-match': whole.headers.etag })).status, 304);
    assert.equal((await get(url, { range: 'bytes=5-' })).text, '56789');
    assert.equal(await used(limited), 1);
    await get(url, { range: 'bytes=0-4' });
    assert.equal(await used(limited), 2);
    await get(`${limited.path}/dl?path=deep/map.txt`, { range: 'bytes=4-' });
    assert.equal(await used(limited), 3, 'a part of something that was not begun is a download');
    assertProblem(await get(url), 'gone');
    assert.equal((await get(limited.path)).status, 410);
  });

  it('uses up nothing by a download that fails before its first byte', async () => {
    const limited = await link({ maxDownloads: 1 });
    g.drive.readFailsAfterBytes = 0;
    assertProblem(await get(`${limited.path}/dl?path=plan.txt`), 'chunk-missing');
    g.drive.readFailsAfterBytes = Number.POSITIVE_INFINITY;
    assert.equal(await used(limited), 0);
    assert.equal((await get(`${limited.path}/dl?path=plan.txt`)).status, 200);
  });

  it('may not change what is for viewing', async () => {
    const { path } = await link();
    assertProblem(await ask('PUT', `${path}/api/path/new.txt`, { body: 'x' }), 'forbidden');
    assertProblem(await ask('DELETE', `${path}/api/entries/${file.id}`), 'method-not-allowed');
  });

  it('drops files into a box that shows nothing and replaces nothing', async () => {
    const { path } = await link({ rights: 'upload' });
    assert.equal((await get(`${path}/api`)).json<GuestView>().entry, null);
    for (const from of ['api/entries/root/children', 'dl?path=plan.txt', `dl?entry=${file.id}`]) {
      assertProblem(await get(`${path}/${from}`), 'forbidden');
    }
    const dropped = await ask('PUT', `${path}/api/path/plan.txt`, { body: 'dropped' });
    assert.equal(dropped.status, 201);
    assert.deepEqual(Object.keys(dropped.json<object>()).sort(), ['name', 'safety', 'size']);
    assert.equal(dropped.headers.etag, undefined);
    assert.equal((await g.get(`/api/v1/entries/${file.id}/content`)).text, '0123456789');
    assertProblem(await ask('PUT', `${path}/api/path/a/b.txt`, { body: 'x' }), 'forbidden');
  });

  it('uploads below a folder that is for editing, and counts each', async () => {
    const shared = await link({ rights: 'edit', maxDownloads: 2 });
    const put = (name: string) => ask('PUT', `${shared.path}/api/path/${name}`, { body: 'hello' });
    const made = await put('new/a%20b.txt');
    assert.equal(made.status, 201);
    assert.equal(made.json<EntryView>().name, 'a b.txt');
    assert.equal((await g.get('/api/v1/path/Trip/new/a%20b.txt')).status, 200);
    assert.equal((await put('new/a%20b.txt')).status, 200);
    assert.equal(await used(shared), 2);
    assertProblem(await put('more.txt'), 'gone');
    assertProblem(
      await ask('PUT', `${(await link({ rights: 'edit' })).path}/api/path/a%2fb`, { body: 'x' }),
      'bad-name',
    );
  });

  it('uploads into the folder that they opened, also after its owner renamed it', async () => {
    const { path } = await link({ rights: 'edit' });
    const box = await g.ask('POST', '/api/v1/entries', {
      json: { parentId: folder.id, name: 'box', kind: 'folder' },
    });
    const { id } = box.json<EntryView>();
    const put = (name: string) => ask('PUT', `${path}/api/entries/${id}/path/${name}`, { body: 'hello' });
    await g.ask('PATCH', `/api/v1/entries/${id}`, { json: { name: 'renamed' } });
    assert.equal((await put('a.txt')).status, 201);
    assert.equal((await g.get('/api/v1/path/Trip/renamed/a.txt')).status, 200);
    assertProblem(await g.get('/api/v1/path/Trip/box'), 'not-found');
    assertProblem(await ask('PUT', `${path}/api/entries/${beside.id}/path/c`, { body: 'x' }), 'not-found');
  });

  it('leaves no secret in the log', async () => {
    const { path } = await link();
    await get(path);
    await get(`${path}/api`);
    await get(`${path}/dl?path=none`);
    assert.ok(logged.some((line) => line.includes('/s/:secret/api')));
    assert.deepEqual(
      logged.filter((line) => line.includes('link-')),
      [],
    );
  });
});
