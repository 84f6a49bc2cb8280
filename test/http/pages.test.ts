import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { assertProblem, GatewayFixture } from './gateway-fixture.ts';

describe('the web pages', () => {
  let g: GatewayFixture;
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-pages-'));
    await mkdir(join(folder, 'web/assets'), { recursive: true });
    await writeFile(join(folder, 'secret.txt'), 'not for the web');
    await writeFile(join(folder, 'web/index.html'), '<!doctype html><title>peerstor</title>');
    await writeFile(join(folder, 'web/assets/app-1a2b.js'), 'export {};');
    await writeFile(join(folder, 'web/manifest.webmanifest'), '{}');
    g = await GatewayFixture.start({ webRoot: join(folder, 'web') });
  });
  after(async () => {
    await g.stop();
    await rm(folder, { recursive: true });
  });

  const get = (path: string, accept?: string, method = 'GET') =>
    g.ask(method, path, { anonymous: true, headers: accept === undefined ? {} : { accept } });
  const html = 'text/html,application/xhtml+xml,*/*;q=0.8';

  it('need no session, and are told what they may not do', async () => {
    const { status, headers, text } = await get('/', html);
    assert.equal(status, 200);
    assert.match(text, /peerstor/);
    assert.match(headers['content-type'] ?? '', /^text\/html/);
    assert.equal(headers['cache-control'], 'no-cache');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.deepEqual(headers['content-security-policy']?.toString().split('; ').sort(), [
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "font-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "frame-src 'self' blob:",
      "img-src 'self' blob: data:",
      "manifest-src 'self'",
      "media-src 'self' blob:",
      "script-src 'self'",
      "style-src 'self'",
      "worker-src 'self'",
    ]);
  });

  it('are one page at every address that a person may open', async () => {
    for (const path of ['/drive/folder', '/setup', '/register', '/devices?x=1']) {
      const answer = await get(path, html);
      assert.equal(answer.status, 200, path);
      assert.match(answer.text, /peerstor/);
    }
    assert.match((await get('/setup')).text, /peerstor/);
    assert.equal((await get('/setup', html, 'HEAD')).bytes.length, 0);
  });

  it('keep hashed assets for ever, and revalidate the rest', async () => {
    const asset = await get('/assets/app-1a2b.js');
    assert.equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.match(asset.headers['content-type'] ?? '', /^(?:text|application)\/javascript/);
    const manifest = await get('/manifest.webmanifest');
    assert.equal(manifest.headers['cache-control'], 'no-cache');
    const again = await g.get('/manifest.webmanifest', { 'if-none-match': manifest.headers.etag });
    assert.equal(again.status, 304);
  });

  it('are not given where a file is missing, or for the API', async () => {
    assertProblem(await get('/assets/old-9f9f.js'), 'not-found');
    assertProblem(await get('/assets/old-9f9f.js', html), 'not-found');
    assertProblem(await get('/favicon.ico', 'image/*'), 'not-found');
    assertProblem(await get('/robots.txt'), 'not-found');
    assertProblem(await get('/api/v1/nothing', html), 'not-found');
    assertProblem(await get('/api/', html), 'not-found');
    const wrong = await get('/api/v1/auth/login', html);
    assertProblem(wrong, 'method-not-allowed');
    assert.equal(wrong.headers.allow, 'POST');
    assertProblem(await get('/drive', html, 'POST'), 'not-found');
  });

  it('lead nowhere outside their folder', async () => {
    for (const path of [
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/..%5csecret.txt',
      '//secret.txt',
      `/${encodeURIComponent(join(folder, 'secret.txt'))}`,
    ]) {
      const raw = await g.sendRaw(g.head(`GET ${path}`, 'Connection: close'));
      assert.doesNotMatch(raw, /not for the web/, path);
      assert.match(raw, /^HTTP\/1\.1 (?:200|40\d) /, path);
    }
  });
});
