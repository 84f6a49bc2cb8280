import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { RightsView, TokenView } from '../../../src/model/api.ts';
import { entryId } from '../../../src/model/ids.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type Answer, type Ask, assertProblem, GatewayFixture } from '../gateway-fixture.ts';

const lockInfo = (scope = 'exclusive') =>
  `<lockinfo xmlns="DAV:"><lockscope><${scope}/></lockscope><locktype><write/></locktype><owner>me &amp; you</owner></lockinfo>`;
const asking = (...names: string[]) => `<propfind xmlns="DAV:"><prop>${names.join('')}</prop></propfind>`;

describe('WebDAV', { timeout: 600_000 }, () => {
  let g: GatewayFixture;
  let clock: ManualClock;
  let token = '';
  let other = '';
  before(async () => {
    clock = new ManualClock();
    g = await GatewayFixture.start({ clock });
    token = await makeToken();
    other = await makeToken();
    await g.put('/Docs/plan.txt', '0123456789');
    await g.put('/Docs/deep/map.txt', 'the map');
    await g.put('/diary.txt', 'private');
  });
  after(() => g.stop());

  const makeToken = async (rights: RightsView = 'edit', path = '/') => {
    const json = { name: 'mount', rights, path };
    return (await g.ask('POST', '/api/v1/tokens', { json })).json<TokenView>().token ?? '';
  };
  const basic = (secret: string) => `Basic ${Buffer.from(`anna:${secret}`).toString('base64')}`;
  const dav = (method: string, path: string, { headers = {}, ...more }: Ask = {}, secret = token) =>
    g.ask(method, `/dav${path}`, { ...more, headers: { authorization: basic(secret), ...headers } });
  const properties = async (path: string, body = '', depth = '0') => {
    const answer = await dav('PROPFIND', path, { body, headers: { depth } });
    assert.equal(answer.status, 207, answer.text);
    return answer.text;
  };
  const hrefs = (text: string) => [...text.matchAll(/<D:href>([^<]*)<\/D:href>/g)].map(([, href]) => href);
  const lock = async (path: string, more: Ask['headers'] = {}, secret = token, scope?: string) =>
    dav('LOCK', path, { body: lockInfo(scope), headers: { depth: '0', ...more } }, secret);
  const tokenOf = (answer: Answer) => {
    assert.ok(answer.status === 200 || answer.status === 201, answer.text);
    return String(answer.headers['lock-token']);
  };

  it('says what it is to anybody, and asks for name and token', async () => {
    const options = await g.ask('OPTIONS', '/dav/', { anonymous: true });
    assert.deepEqual([options.status, options.headers.dav], [200, '1, 2']);
    assert.match(String(options.headers.allow), /PROPFIND.*LOCK/);
    const root = await g.ask('OPTIONS', '/', { anonymous: true });
    assert.deepEqual(
      [root.status, root.headers.dav, root.headers['ms-author-via'], root.headers.allow],
      [200, '1, 2', 'DAV', 'OPTIONS, GET, HEAD, PROPFIND'],
    );
    const top = await g.ask('PROPFIND', '/', { anonymous: true, headers: { depth: '1' } });
    assert.equal(top.status, 207);
    assert.deepEqual(
      top.text.match(/<D:href>[^<]*/g),
      ['<D:href>/', '<D:href>/dav/'],
      'and nothing of the drive',
    );
    assert.equal((await g.ask('OPTIONS', '/devices', { anonymous: true })).status >= 400, true);
    const unknown = await g.ask('PROPFIND', '/dav/', { anonymous: true, headers: { depth: '0' } });
    assertProblem(unknown, 'not-signed-in');
    assert.equal(unknown.headers['www-authenticate'], 'Basic realm="peerstor", charset="UTF-8"');
    assertProblem(await dav('PROPFIND', '/', { headers: { depth: '0' } }, 'correct horse'), 'not-signed-in');
  });

  it('lists a folder and what is in it, with names percent-encoded', async () => {
    await g.put(`/Odd/${encodeURIComponent("a & <b> 'ü'#?%.txt")}`, 'x');
    const text = await properties('/Odd/', '', '1');
    assert.deepEqual(hrefs(text), [
      '/dav/Odd/',
      `/dav/Odd/${encodeURIComponent("a & <b> 'ü'#?%.txt")}`.replaceAll("'", '&#39;'),
    ]);
    assert.match(text, /<D:displayname>a &#38; &#60;b&#62; &#39;ü&#39;#\?%\.txt<\/D:displayname>/);
    assert.match(text, /<D:resourcetype><D:collection\/><\/D:resourcetype>/);
    assert.match(text, /<D:getcontentlength>1<\/D:getcontentlength>/);
    assert.deepEqual(hrefs(await properties('/diary.txt', '', '1')), ['/dav/diary.txt']);
  });

  it('lists a folder of more entries than one page of the drive has', async () => {
    const folder = entryId((await g.drive.ensureFolder(['Many'])).id);
    for (let n = 0; n < 1500; n += 1) await g.drive.createFolder(folder, `${n}`);
    assert.equal(hrefs(await properties('/Many', asking('<resourcetype/>'), '1')).length, 1501);
  });

  it('refuses to list everything below a folder, as RFC 4918 has it', async () => {
    for (const headers of [{}, { depth: 'infinity' }]) {
      const answer = await dav('PROPFIND', '/', { headers });
      assert.equal(answer.status, 403);
      assert.match(answer.text, /<D:propfind-finite-depth\/>/);
    }
    assertProblem(await dav('PROPFIND', '/', { headers: { depth: '2' } }), 'bad-request');
    assertProblem(await dav('PROPFIND', '/none', { headers: { depth: '0' } }), 'not-found');
  });

  it('tells the quota to who asks by name, where there is one', async () => {
    const body = asking('<quota-used-bytes/>', '<quota-available-bytes/>');
    assert.match(await properties('/', body), /404 Not Found/);
    g.drive.quotaNow = { usedBytes: 30, quotaBytes: 100 };
    const text = await properties('/', body);
    assert.match(text, /<D:quota-used-bytes>30<\/D:quota-used-bytes>/);
    assert.match(text, /<D:quota-available-bytes>70<\/D:quota-available-bytes>/);
    assert.doesNotMatch(await properties('/'), /quota/);
    g.drive.quotaNow = undefined;
  });

  it('keeps properties of programs, all of a request or none, and bounds them', async () => {
    const change = (inner: string) =>
      dav('PROPPATCH', '/Docs/plan.txt', { body: `<propertyupdate xmlns="DAV:">${inner}</propertyupdate>` });
    const set = (inner: string) => change(`<set><prop>${inner}</prop></set>`);
    const color = '<c xmlns="urn:mine" xml:lang="en">red &amp; <b x="1">blue</b></c>';
    assert.match((await set(color)).text, /<c xmlns="urn:mine"\/><\/D:prop><D:status>HTTP\/1.1 200 OK/);
    const kept = await properties('/Docs/plan.txt', asking('<c xmlns="urn:mine"/>'));
    assert.match(
      kept,
      /<c xmlns="urn:mine" xml:lang="en">red &#38; <b xmlns="urn:mine" x="1">blue<\/b><\/c>/,
    );
    const refused = (await set('<getetag>mine</getetag><d xmlns="urn:mine">1</d>')).text;
    assert.match(refused, /<D:getetag\/><\/D:prop><D:status>HTTP\/1.1 403/);
    assert.match(refused, /<d xmlns="urn:mine"\/><\/D:prop><D:status>HTTP\/1.1 424/);
    assert.match(
      (await set(`<e xmlns="urn:mine">${'x'.repeat(17_000)}</e>`)).text,
      /507 Insufficient Storage/,
    );
    assert.match(await properties('/Docs/plan.txt', asking('<d xmlns="urn:mine"/>')), /404 Not Found/);
    await change('<remove><prop><c xmlns="urn:mine"/></prop></remove>');
    assert.match(await properties('/Docs/plan.txt', asking('<c xmlns="urn:mine"/>')), /404 Not Found/);
  });

  it('keeps the date of a file as rclone and Windows tell it', async () => {
    const put = await dav('PUT', '/dated.txt', { body: 'x', headers: { 'x-oc-mtime': '1000000000' } });
    assert.deepEqual([put.status, put.headers['x-oc-mtime']], [201, 'accepted']);
    const modified = async () =>
      (await g.get('/api/v1/path/dated.txt')).json<{ modifiedAt: string }>().modifiedAt;
    assert.equal(await modified(), '2001-09-09T01:46:40.000Z');
    const body =
      '<propertyupdate xmlns="DAV:"><set><prop><Win32LastModifiedTime xmlns="urn:schemas-microsoft-com:">Mon, 03 Feb 2020 04:05:06 GMT</Win32LastModifiedTime></prop></set></propertyupdate>';
    assert.match((await dav('PROPPATCH', '/dated.txt', { body })).text, /200 OK/);
    assert.equal(await modified(), '2020-02-03T04:05:06.000Z');
  });

  it('reads, writes and overwrites with the conditions and versions of the API', async () => {
    const get = await dav('GET', '/Docs/plan.txt', { headers: { range: 'bytes=2-4' } });
    assert.deepEqual([get.status, get.text], [206, '234']);
    const created = await dav('PUT', '/Docs/new.txt', { body: 'one' });
    assert.deepEqual([created.status, created.text], [201, '']);
    const { etag = '' } = created.headers;
    assert.equal(
      (await dav('PUT', '/Docs/new.txt', { body: 'two', headers: { 'if-match': etag } })).status,
      204,
    );
    const late = await dav('PUT', '/Docs/new.txt', { body: 'three', headers: { 'if-match': etag } });
    assertProblem(late, 'precondition-failed');
    const { id } = (await g.get('/api/v1/path/Docs/new.txt')).json<{ id: string }>();
    const versions = (await g.get(`/api/v1/entries/${id}/versions`)).json<{ items: unknown[] }>();
    assert.equal(versions.items.length, 2);
    assert.equal((await dav('PUT', '/none/x.txt', { body: 'x' })).status, 409);
    assert.equal((await dav('PUT', '/Docs/', { body: 'x' })).status, 405);
    assert.equal((await dav('MKCOL', '/Docs')).status, 405);
    assert.equal((await dav('MKCOL', '/none/x')).status, 409);
    assert.equal((await dav('MKCOL', '/body', { body: '<x/>' })).status, 415);
    const page = await dav('GET', '/Docs');
    assert.match(page.text, /programs that mount a drive/);
    for (const name of ['._plan.txt', '.DS_Store', 'Thumbs.db']) {
      assert.equal((await dav('PUT', `/Docs/${name}`, { body: 'x' })).status, 201, name);
    }
  });

  it('moves and copies, also to another spelling, and puts what it overwrites into the trash', async () => {
    const to = (path: string, more: object = {}) => ({
      headers: { destination: `http://127.0.0.1:${g.port}/dav${path}`, ...more },
    });
    await dav('MKCOL', '/Moves');
    await dav('PUT', '/Moves/a.txt', { body: 'a' });
    await dav('PUT', '/Moves/b.txt', { body: 'b' });
    assertProblem(
      await dav('MOVE', '/Moves/a.txt', to('/Moves/b.txt', { overwrite: 'F' })),
      'precondition-failed',
    );
    assert.equal((await dav('MOVE', '/Moves/a.txt', to('/Moves/b.txt'))).status, 204);
    assert.equal((await dav('GET', '/Moves/b.txt')).text, 'a');
    const { items } = (await g.get('/api/v1/trash')).json<{ items: { name: string }[] }>();
    assert.ok(items.some(({ name }) => name === 'b.txt'));
    assert.equal((await dav('MOVE', '/Moves/b.txt', to('/Moves/B.txt'))).status, 201);
    assert.deepEqual(hrefs(await properties('/Moves', '', '1')), ['/dav/Moves/', '/dav/Moves/B.txt']);
    assert.equal((await dav('COPY', '/Moves', to('/Copied'))).status, 201);
    assert.equal((await dav('COPY', '/Moves', to('/Bare', { depth: '0' }))).status, 201);
    assert.deepEqual(hrefs(await properties('/Bare', '', '1')), ['/dav/Bare/']);
    for (const [path, target] of [
      ['/Moves', '/Moves/inside'],
      ['/Moves/B.txt', '/Moves/B.txt'],
      ['/Moves/B.txt', '/Moves'],
    ] as const) {
      for (const method of ['MOVE', 'COPY']) {
        assert.equal((await dav(method, path, to(target))).status, 403, `${method} ${path} ${target}`);
      }
    }
    assert.equal((await dav('GET', '/Moves/B.txt')).text, 'a');
    assertProblem(
      await dav('MOVE', '/Moves', { headers: { destination: 'http://evil.example/dav/x' } }),
      'forbidden',
    );
    assertProblem(await dav('MOVE', '/Moves', { headers: { destination: '/api/v1/path/x' } }), 'bad-request');
    assertProblem(await dav('MOVE', '/Moves', { headers: { destination: '/dav/../etc' } }), 'bad-name');
  });

  it('makes an empty file where nothing is that is locked', async () => {
    const answer = await lock('/Docs/unmapped.txt');
    assert.equal(answer.status, 201);
    assert.match(answer.text, /<D:owner>me &#38; you<\/D:owner>/);
    assert.equal((await dav('GET', '/Docs/unmapped.txt')).text, '');
    const header = { 'lock-token': tokenOf(answer) };
    assert.equal((await dav('UNLOCK', '/Docs/unmapped.txt', { headers: header })).status, 204);
    assert.equal((await lock('/none/unmapped.txt')).status, 409);
  });

  it('keeps others from changing what is locked, or what lies in it, until the lock ends', async () => {
    const held = tokenOf(await lock('/Docs/deep', { depth: 'infinity', timeout: 'Second-100' }));
    const put = (headers = {}, secret = token) =>
      dav('PUT', '/Docs/deep/map.txt', { body: 'new', headers }, secret);
    assertProblem(await put(), 'locked');
    assertProblem(await dav('DELETE', '/Docs'), 'locked');
    assertProblem(await dav('MKCOL', '/Docs/deep/more'), 'locked');
    assertProblem(await dav('PROPPATCH', '/Docs/deep', { body: '<propertyupdate xmlns="DAV:"/>' }), 'locked');
    assertProblem(await lock('/Docs/deep/map.txt', {}, other), 'locked');
    assertProblem(await lock('/Docs', { depth: 'infinity' }, other), 'locked');
    const mine = { if: `(${held})` };
    assert.equal((await put(mine)).status, 204);
    const refreshed = await dav('LOCK', '/Docs/deep', { headers: { ...mine, timeout: 'Second-200' } });
    assert.match(refreshed.text, /Second-200/);
    clock.advance(150_000);
    assertProblem(await put(), 'locked');
    clock.advance(60_000);
    assert.equal((await put()).status, 204);
  });

  it('lets nobody use or end a lock of somebody else, by whatever token they saw', async () => {
    const held = tokenOf(await lock('/Docs/plan.txt'));
    const seen = await dav('PROPFIND', '/Docs/plan.txt', { headers: { depth: '0' } }, other);
    assert.match(seen.text, /<D:activelock>/);
    assert.ok(!seen.text.includes(held.slice(1, -1)));
    const stolen = { if: `(${held})`, 'lock-token': held };
    assertProblem(await dav('PUT', '/Docs/plan.txt', { body: 'x', headers: stolen }, other), 'locked');
    assertProblem(await dav('UNLOCK', '/Docs/plan.txt', { headers: stolen }, other), 'forbidden');
    assertProblem(await dav('LOCK', '/Docs/plan.txt', { headers: stolen }, other), 'precondition-failed');
    assertProblem(await dav('DELETE', '/Docs/plan.txt', { headers: stolen }, other), 'locked');
    assert.equal((await dav('UNLOCK', '/Docs/plan.txt', { headers: stolen })).status, 204);
  });

  it('takes shared locks of several, and an exclusive one of nobody beside them', async () => {
    const one = tokenOf(await lock('/diary.txt', {}, token, 'shared'));
    const two = tokenOf(await lock('/diary.txt', {}, other, 'shared'));
    assertProblem(await lock('/diary.txt'), 'locked');
    assert.equal((await dav('PUT', '/diary.txt', { body: 'x', headers: { if: `(${one})` } })).status, 204);
    for (const [held, secret] of [
      [one, token],
      [two, other],
    ] as const) {
      await dav('UNLOCK', '/diary.txt', { headers: { 'lock-token': held } }, secret);
    }
  });

  it('reaches what its token was made for and nothing beside it', async () => {
    const scoped = await makeToken('edit', '/Docs');
    const text = (await dav('PROPFIND', '/', { headers: { depth: '1' } }, scoped)).text;
    assert.ok(hrefs(text).includes('/dav/plan.txt') && !text.includes('diary'));
    assertProblem(await dav('GET', '/diary.txt', {}, scoped), 'not-found');
    for (const path of ['/../diary.txt', '/%2e%2e/diary.txt', '/x%2F..%2Fdiary.txt', '//diary.txt']) {
      assertProblem(await dav('GET', path, {}, scoped), 'bad-name');
    }
    const view = await makeToken('view', '/Docs');
    for (const [method, more] of [
      ['PUT', { body: 'x' }],
      ['DELETE', {}],
      ['LOCK', { body: lockInfo() }],
      ['MOVE', { headers: { destination: '/dav/new.txt' } }],
      ['COPY', { headers: { destination: '/dav/new.txt' } }],
      [
        'PROPPATCH',
        { body: '<propertyupdate xmlns="DAV:"><set><prop><a xmlns="b">1</a></prop></set></propertyupdate>' },
      ],
    ] as const) {
      assertProblem(await dav(method, '/plan.txt', more, view), 'forbidden');
    }
    assert.equal((await dav('GET', '/plan.txt', {}, view)).text, '0123456789');
    const drop = await makeToken('upload', '/Docs');
    assertProblem(await dav('GET', '/plan.txt', {}, drop), 'forbidden');
    assertProblem(await dav('PROPFIND', '/', { headers: { depth: '1' } }, drop), 'forbidden');
  });

  it('refuses bodies that expand or are too large', async () => {
    const bomb = '<!DOCTYPE l [<!ENTITY a "aaaa">]><propfind xmlns="DAV:"><prop>&a;</prop></propfind>';
    assertProblem(await dav('PROPFIND', '/', { body: bomb, headers: { depth: '0' } }), 'bad-request');
    const large = { body: '<a>'.padEnd(100_000, 'x'), headers: { depth: '0' } };
    assertProblem(await dav('PROPFIND', '/', large), 'too-large');
    assertProblem(await dav('LOCK', '/diary.txt', { body: Buffer.from([0xff, 0xfe]) }), 'bad-request');
  });

  it('takes a moved file back where the move fails after the place was made free', async () => {
    await g.put('/Fails/a.txt', 'a');
    await g.put('/Fails/b.txt', 'b');
    const { patch } = g.drive;
    g.drive.patch = async () => {
      throw new Error('the disk broke');
    };
    try {
      const answer = await dav('MOVE', '/Fails/a.txt', { headers: { destination: '/dav/Fails/b.txt' } });
      assertProblem(answer, 'internal');
    } finally {
      g.drive.patch = patch;
    }
    assert.equal((await dav('GET', '/Fails/b.txt')).text, 'b');
    assert.equal((await dav('GET', '/Fails/a.txt')).text, 'a');
  });
});

describe('a token over plain http', () => {
  it('is asked for by nobody but this machine, unless the device was started so', async (t) => {
    const trustedProxies = ['127.0.0.1'];
    for (const [plainDav, code] of [
      [false, 'forbidden'],
      [true, 'not-signed-in'],
    ] as const) {
      const g = await GatewayFixture.start({ trustedProxies, plainDav });
      t.after(() => g.stop());
      const from = (headers: object) =>
        g.ask('PROPFIND', '/dav/', { anonymous: true, headers: { depth: '0', ...headers } });
      const far = await from({ 'x-forwarded-for': '192.168.1.9' });
      const problem = assertProblem(far, code);
      if (code === 'forbidden') {
        assert.equal(far.headers['www-authenticate'], undefined);
        assert.match(problem.detail, /https/);
      }
      const overTls = await from({ 'x-forwarded-for': '192.168.1.9', 'x-forwarded-proto': 'https' });
      assertProblem(overTls, 'not-signed-in');
      assertProblem(await from({}), 'not-signed-in');
    }
  });
});
