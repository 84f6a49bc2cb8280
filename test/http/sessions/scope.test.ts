/**
 * Scope of links and tokens over every door of the gateway, before a real drive: whatever a link or a token of one
 * folder asks for, nothing that lies beside the folder is told or changed.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createGateway, type Gateway } from '../../../src/http/index.ts';
import type { RightsView } from '../../../src/model/api.ts';
import { systemClock } from '../../../src/model/clock.ts';
import { entryId } from '../../../src/model/ids.ts';
import { silentLog } from '../../../src/model/log.ts';
import { createHome, type Home, put, wholeTree } from '../../drive/world.ts';
import { FakeDeviceFront } from '../../support/fake-device-front.ts';
import { hashOf, signedHeaders } from '../../support/s3-client.ts';

const rights: readonly RightsView[] = ['view', 'edit', 'upload'];
/** What nobody may see: the content, the names, and that they are there. */
const hidden = /TOP-SECRET|diary|Private/;

interface Ask {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

describe('a link or a token of one folder', { timeout: 120_000 }, () => {
  let home: Home;
  let gateway: Gateway;
  let base: string;
  let diary: string;
  let folder: string;
  let shared: string;
  before(async () => {
    home = await createHome();
    const { drive, device } = home;
    folder = (await drive.ensureFolder(['Private'])).id;
    diary = (await put(drive, folder, 'diary.txt', 'TOP-SECRET')).id;
    shared = (await drive.ensureFolder(['Shared', 'deep'])).id;
    shared = (await drive.resolve(['Shared'])).id;
    await put(drive, shared, 'open.txt', 'for all');
    const front = Object.assign(new FakeDeviceFront(), { accounts: device.accounts });
    gateway = createGateway({
      ...{ front, webRoot: undefined, host: '127.0.0.1', port: 0, log: silentLog, clock: systemClock },
    });
    const { port } = await gateway.start();
    base = `127.0.0.1:${port}`;
  });
  after(async () => {
    await gateway.stop();
    home.device.accounts.stop();
  });

  const ask = async ({ method, path, headers = {}, body }: Ask) => {
    const answer = await fetch(`http://${base}${path}`, {
      ...{ method, headers, redirect: 'manual' },
      ...(body === undefined ? {} : { body }),
    });
    // S3 says what was asked for.
    const text = (await answer.text()).replace(/<Resource>.*?<\/Resource>/, '');
    return { status: answer.status, text, location: answer.headers.get('location') };
  };

  /** Nothing of what is hidden is told by an answer, and nothing beside the folder is other than before. */
  async function assertClosed(asks: readonly Ask[], isOpen: readonly Ask[]): Promise<void> {
    for (const one of isOpen) {
      const { status, text } = await ask(one);
      assert.ok(status < 300, `${one.method} ${one.path} is open: ${status} ${text}`);
    }
    const { drive } = home;
    const before = await wholeTree(drive, folder);
    for (const one of asks) {
      const { status, text, location } = await ask(one);
      const sentence = `${one.method} ${one.path}: ${status} ${text.slice(0, 200)}`;
      assert.ok(status < 500 || status === 501, sentence);
      assert.doesNotMatch(text, hidden, sentence);
      assert.ok(location === null || !hidden.test(location), sentence);
    }
    assert.deepEqual(await wholeTree(drive, folder), before);
    const top = (await drive.children(entryId(home.root), { sort: 'name', order: 'asc', limit: 99 })).items;
    assert.deepEqual(
      top.map(({ name }) => name),
      ['Private', 'Shared'],
    );
  }

  const json = { 'content-type': 'application/json' };
  const patch = (entry: string, change: object) => ({
    ...{ method: 'PATCH', path: `/api/v1/entries/${entry}`, headers: json, body: JSON.stringify(change) },
  });
  const encoded = (name: string) => Buffer.from(name).toString('base64');
  const tus = (path: string, more = '') => ({
    method: 'POST',
    path,
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': '1',
      'upload-metadata': `filename ${encoded('x.txt')}${more}`,
      'content-type': 'application/offset+octet-stream',
    },
    body: 'x',
  });

  /** What a token may try in the API. */
  function apiAsks(): Ask[] {
    const content = `/api/v1/entries/${diary}`;
    return [
      ...['', '/content', '/versions', '/thumbnail', '/checksum', '/ancestors'].map((end) => ({
        ...{ method: 'GET', path: content + end },
      })),
      { method: 'GET', path: `/api/v1/entries/${folder}/children` },
      { method: 'GET', path: `/api/v1/entries/${home.root}/children` },
      { method: 'GET', path: `/api/v1/archive?ids=${diary}` },
      { method: 'GET', path: `/api/v1/archive?ids=${folder},${shared}` },
      { method: 'GET', path: '/api/v1/search?q=diary' },
      { method: 'GET', path: '/api/v1/search?q=' },
      { method: 'GET', path: `/api/v1/search?q=&under=${home.root}` },
      { method: 'GET', path: `/api/v1/search?q=&under=${folder}` },
      { method: 'GET', path: '/api/v1/search?q=&owner=Ada' },
      ...['Private/diary.txt', '../Private/diary.txt', '%2e%2e/Private/diary.txt', '..%2FPrivate'].flatMap(
        (path) => [
          { method: 'GET', path: `/api/v1/path/${path}` },
          { method: 'PUT', path: `/api/v1/path/../${path}`, body: 'x' },
          { method: 'PUT', path: `/api/v1/entries/${folder}/path/new.txt`, body: 'x' },
        ],
      ),
      { method: 'PUT', path: `${content}/content`, body: 'x' },
      patch(diary, { name: 'taken.txt' }),
      patch(diary, { parentId: shared }),
      patch(shared, { parentId: folder }),
      { method: 'DELETE', path: content },
      { ...patch(diary, { parentId: shared }), method: 'POST', path: `${content}/copy` },
      tus('/api/v1/uploads', `,parentId ${encoded(folder)}`),
      tus('/api/v1/uploads', `,folder ${encoded(folder)}`),
      tus('/api/v1/uploads', `,path ${encoded('../Private')}`),
      { method: 'GET', path: '/api/v1/trash' },
      { method: 'GET', path: '/api/v1/recent' },
      { method: 'GET', path: '/api/v1/shares' },
      { method: 'GET', path: '/api/v1/tokens' },
    ];
  }

  const makeToken = async (right: RightsView) => {
    const wish = { name: right, rights: right, entryId: entryId(shared), expiresAtMs: null };
    const { token = '' } = await home.session.sharing.createToken(wish);
    return token;
  };

  for (const right of rights) {
    it(`reaches nothing beside it by the API, as a token to ${right}`, async () => {
      const token = await makeToken(right);
      const bearing = (one: Ask): Ask => ({
        ...one,
        headers: { ...one.headers, authorization: `Bearer ${token}` },
      });
      const open = right === 'upload' ? [] : [bearing({ method: 'GET', path: '/api/v1/path/open.txt' })];
      await assertClosed(apiAsks().map(bearing), open);
    });

    it(`reaches nothing beside it by WebDAV, as a token to ${right}`, async () => {
      const token = await makeToken(right);
      const authorization = `Basic ${Buffer.from(`x:${token}`).toString('base64')}`;
      const named = (one: Ask): Ask => ({ ...one, headers: { ...one.headers, authorization } });
      const beside = ['Private/', 'Private/diary.txt', '../Private/diary.txt', '%2e%2e%2fPrivate'];
      const asks: Ask[] = beside.flatMap((path) => [
        { method: 'PROPFIND', path: `/dav/${path}`, headers: { depth: '1' } },
        { method: 'GET', path: `/dav/${path}` },
        { method: 'LOCK', path: `/dav/../${path}` },
        ...['COPY', 'MOVE'].flatMap((method) => [
          { method, path: `/dav/${path}`, headers: { destination: `http://${base}/dav/stolen.txt` } },
          {
            ...{ method, path: '/dav/open.txt' },
            headers: { destination: `http://${base}/dav/../${path}`, overwrite: 'T' },
          },
        ]),
      ]);
      const open = { method: 'PROPFIND', path: '/dav/', headers: { depth: '1' } };
      await assertClosed([...asks, open].map(named), right === 'upload' ? [] : [named(open)]);
    });

    it(`reaches nothing beside it by S3, as a token to ${right}`, async () => {
      const secret = await makeToken(right);
      const keys = { accessKeyId: secret, secret };
      const signed = (one: Ask): Ask => {
        const payloadHash = hashOf(one.body ?? '');
        const { method, path, headers = {} } = one;
        return { ...one, headers: signedHeaders(keys, { method, path, host: base, headers, payloadHash }) };
      };
      const asks: Ask[] = [
        { method: 'GET', path: '/s3/' },
        { method: 'GET', path: '/s3/Private?list-type=2' },
        { method: 'GET', path: '/s3/Private/diary.txt' },
        { method: 'GET', path: '/s3/deep/..%2F..%2FPrivate%2Fdiary.txt' },
        { method: 'PUT', path: '/s3/Private/new.txt', body: 'x' },
        { method: 'PUT', path: '/s3/deep/..%2F..%2FPrivate%2Fnew.txt', body: 'x' },
        { method: 'PUT', path: '/s3/deep/x.txt', headers: { 'x-amz-copy-source': '/Private/diary.txt' } },
        { method: 'DELETE', path: '/s3/Private/diary.txt' },
        { method: 'POST', path: '/s3/Private/new.bin?uploads=' },
      ];
      const open = right === 'upload' ? [] : [signed({ method: 'GET', path: '/s3/deep?list-type=2' })];
      await assertClosed(asks.map(signed), open);
    });

    it(`reaches nothing beside it as a link to ${right}`, async () => {
      const { sharing } = home.session;
      const { url } = await sharing.createLink({ entryId: entryId(shared), rights: right });
      const secret = (url ?? '').split('/').at(-1) ?? '';
      const api = `/s/${secret}/api`;
      const asks: Ask[] = [
        ...['', '/children', '/content', '/thumbnail'].flatMap((end) => [
          { method: 'GET', path: `${api}/entries/${diary}${end}` },
          { method: 'GET', path: `${api}/entries/${folder}${end}` },
          { method: 'GET', path: `${api}/entries/${home.root}${end}` },
        ]),
        { method: 'GET', path: `${api}/archive?ids=${diary}` },
        { method: 'GET', path: `${api}/archive?ids=${folder},${shared}` },
        { method: 'PUT', path: `${api}/path/..%2FPrivate/new.txt`, body: 'x' },
        { method: 'PUT', path: `${api}/entries/${folder}/path/new.txt`, body: 'x' },
        tus(`${api}/uploads`, `,parentId ${encoded(folder)}`),
        { method: 'GET', path: '/api/v1/search?q=diary', headers: { authorization: `Bearer ${secret}` } },
        { method: 'PROPFIND', path: '/dav/', headers: { authorization: `Bearer ${secret}`, depth: '1' } },
      ];
      await assertClosed(asks, [{ method: 'GET', path: api }]);
    });
  }
});
