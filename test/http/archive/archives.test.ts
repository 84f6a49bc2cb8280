import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { EntryView, ShareView, TokenView } from '../../../src/model/api.ts';
import { run, skipWithout } from '../../support/programs.ts';
import { until } from '../../support/until.ts';
import { type Answer, assertProblem, GatewayFixture } from '../gateway-fixture.ts';

describe('an archive', { timeout: 600_000 }, () => {
  let g: GatewayFixture;
  let home = '';
  let trip: EntryView;
  let diary: EntryView;
  before(async () => {
    g = await GatewayFixture.start();
    home = await mkdtemp(join(tmpdir(), 'peerstor-archives-'));
    await g.put('/Trip/plan.txt', '0123456789', { 'x-modified-at': '2020-02-03T04:05:06Z' });
    await g.put(`/Trip/deep/${encodeURIComponent('map ü.txt')}`, 'the map');
    diary = await g.put('/diary.txt', 'private');
    trip = await at('/Trip');
  });
  after(async () => {
    await g.stop();
    await rm(home, { recursive: true });
  });

  const at = async (path: string) => (await g.get(`/api/v1/path${path}`)).json<EntryView>();
  const archiveOf = ({ id }: EntryView) => `/api/v1/entries/${id}/archive?format=zip`;

  /** Names and contents, as Python's reader has them; directories have none. */
  async function unpacked(answer: Answer): Promise<Record<string, string>> {
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['content-type'], 'application/zip');
    const path = join(home, 'got.zip');
    await writeFile(path, answer.bytes);
    const script =
      'import sys, json, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(json.dumps({n: z.read(n).decode() for n in z.namelist()}))';
    const { code, text } = await run('python3', ['-c', script, path]);
    assert.equal(code, 0, text);
    return JSON.parse(text);
  }
  const skip = skipWithout('python3');
  const whole = {
    'Trip/': '',
    'Trip/plan.txt': '0123456789',
    'Trip/deep/': '',
    'Trip/deep/map ü.txt': 'the map',
  };

  it('of a folder has all that is in it, under its name', { skip }, async () => {
    const answer = await g.get(archiveOf(trip));
    assert.deepEqual(await unpacked(answer), whole);
    assert.equal(answer.headers['content-disposition'], 'attachment; filename="Trip.zip"');
    assert.match(answer.headers['content-security-policy']?.toString() ?? '', /^sandbox/);
    assert.equal(answer.headers['content-length'], undefined);
    const head = await g.ask('HEAD', archiveOf(trip));
    assert.deepEqual([head.status, head.text], [200, '']);
    assertProblem(await g.get(`/api/v1/entries/${trip.id}/archive?format=tar`), 'bad-input');
  });

  it('of a selection has each entry once, side by side', { skip }, async () => {
    const json = { ids: [diary.id, trip.id, diary.id], format: 'zip' };
    const answer = await g.ask('POST', '/api/v1/archive', { json });
    assert.deepEqual(await unpacked(answer), { 'diary.txt': 'private', ...whole });
    assert.equal(answer.headers['content-disposition'], 'attachment; filename="2 files.zip"');
    assertProblem(await g.ask('POST', '/api/v1/archive', { json: { ids: [] } }), 'bad-input');
    assertProblem(await g.ask('POST', '/api/v1/archive', { json: { ids: ['0'.repeat(32)] } }), 'not-found');
  });

  it('of a selection has an address for browsers, which opens that selection alone', { skip }, async () => {
    const json = { ids: [diary.id, trip.id] };
    const { url } = (await g.ask('POST', '/api/v1/archive/address', { json })).json<{ url: string }>();
    const { cookie } = g.signedIn;
    const opened = await g.get(url, { cookie });
    assert.deepEqual(Object.keys(await unpacked(opened)).length, 5);
    assertProblem(await g.ask('GET', url, { anonymous: true }), 'not-signed-in');
    const { searchParams } = new URL(url, 'http://x');
    const k = searchParams.get('k') ?? '';
    const other = `/api/v1/archive?${new URLSearchParams({ ids: trip.id, k })}`;
    assertProblem(await g.get(other, { cookie }), 'not-signed-in');
    const folder = `/api/v1/entries/${trip.id}/archive`;
    assertProblem(await g.get(`${folder}?k=${k}`, { cookie }), 'not-signed-in');
    assert.equal((await g.get(`${folder}?k=${(await at('/Trip')).k}`, { cookie })).status, 200);
  });

  it('has names that Windows takes, each once in its folder', { skip }, async () => {
    for (const name of ['a:b.txt', 'a?b.txt', 'CON', 'dot.', '..\\..\\up.txt', 'C:\\up', 'tab.txt ']) {
      await g.put(`/Odd/${encodeURIComponent(name)}`, name);
    }
    const contents = await unpacked(await g.get(archiveOf(await at('/Odd'))));
    assert.deepEqual(Object.keys(contents).sort(), [
      'Odd/',
      'Odd/.._.._up.txt',
      'Odd/C__up',
      'Odd/_CON',
      'Odd/a_b (2).txt',
      'Odd/a_b.txt',
      'Odd/dot_',
      'Odd/tab.txt_',
    ]);
  });

  it('holds what its token may see, and is refused where it may see nothing', { skip }, async () => {
    const make = async (rights: string) => {
      const answer = await g.ask('POST', '/api/v1/tokens', { json: { name: rights, rights, path: '/Trip' } });
      return { authorization: `Bearer ${answer.json<TokenView>().token}` };
    };
    const view = await make('view');
    const ids = [diary.id];
    assertProblem(await g.get(archiveOf(diary), view), 'not-found');
    assertProblem(await g.ask('POST', '/api/v1/archive', { headers: view, json: { ids } }), 'not-found');
    assert.deepEqual(await unpacked(await g.get('/api/v1/entries/root/archive', view)), whole);
    const drop = await make('upload');
    assertProblem(await g.get('/api/v1/entries/root/archive', drop), 'forbidden');
    assertProblem(
      await g.ask('POST', '/api/v1/archive/address', { headers: view, json: { ids } }),
      'forbidden',
    );
  });

  it('is given to a guest, of the folder that was shared and of no other, and counts as a use', async () => {
    const json = { entryId: trip.id, maxDownloads: 3 };
    const { path } = (await g.ask('POST', '/api/v1/shares', { json })).json<ShareView & { path: string }>();
    const get = (at: string) => g.ask('GET', `${path}${at}`, { anonymous: true });
    if (skip === false) {
      assert.deepEqual(await unpacked(await get('/dl')), whole);
      const deep = await at('/Trip/deep');
      const part = await get(`/api/archive?ids=${deep.id}`);
      assert.deepEqual(await unpacked(part), { 'deep/': '', 'deep/map ü.txt': 'the map' });
    }
    assertProblem(await get(`/api/archive?ids=${diary.id}`), 'not-found');
    for (let used = skip === false ? 2 : 0; used < 3; used += 1) await get('/api/archive');
    assertProblem(await get('/api/archive'), 'gone');
  });

  it('stops being made when its client leaves', async () => {
    const large = g.drive.addLarge('large.bin', 1024 ** 4, Buffer.alloc(64 * 1024));
    g.drive.cancelledReads = 0;
    const socket = g.connect();
    socket.write(g.head(`GET /api/v1/entries/${large.id}/archive`));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    await until('the drive stops reading', () => g.drive.cancelledReads === 1);
  });

  it('that cannot be begun is an error, and one that breaks is cut', async () => {
    const file = await g.put('/Broken/large.bin', Buffer.alloc(3_000_000, 1));
    try {
      g.drive.readFailsAfterBytes = 0;
      assertProblem(await g.get(archiveOf(file)), 'chunk-missing');
      g.drive.readFailsAfterBytes = 1_000_000;
      await assert.rejects(g.get(archiveOf(await at('/Broken'))), /aborted|hang up|ECONNRESET/);
    } finally {
      g.drive.readFailsAfterBytes = Number.POSITIVE_INFINITY;
    }
  });
});
