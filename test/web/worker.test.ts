/** Which requests the service worker answers: files of the page and its own addresses, nothing of a drive. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { treatmentOf } from '../../web/worker/requests.ts';

const origin = 'https://nas.local:8080';
const of = (path: string, method = 'GET', mode = 'cors') =>
  treatmentOf({ method, mode, url: path.startsWith('http') ? path : `${origin}${path}` }, origin);
const opened = (path: string) => of(path, 'GET', 'navigate');

describe('the service worker', () => {
  it('answers for the pages of the drive where the device does not', () => {
    for (const path of [
      '/',
      '/drive/abc',
      '/photos',
      '/photos/albums/1',
      '/trash',
      '/search?q=a',
      '/setup',
    ]) {
      assert.equal(opened(path), 'page', path);
    }
  });

  it('leaves content, the API, links and what programs use alone', () => {
    const paths = [
      '/api/v1/entries/1/content',
      '/s/secret',
      '/dav/',
      '/s3/',
      '/install-certificate',
      '/ca.crt',
    ];
    for (const path of [...paths, '/healthz', '/metrics', '/api/docs', '/map/1']) {
      assert.equal(opened(path), 'none', path);
      assert.equal(of(path), 'none', path);
    }
    assert.equal(opened('https://elsewhere.example/'), 'none');
    assert.equal(of('/trash', 'DELETE'), 'none');
  });

  it('keeps files whose names carry a hash, and icons', () => {
    assert.equal(of('/assets/index-a1b2.js'), 'asset');
    assert.equal(of('/icon-192.png'), 'asset');
    assert.equal(of('/assets/../api/v1/me.js'), 'none');
    assert.equal(of('/service-worker.js'), 'none');
  });

  it('takes what another app shares, by POST to its one address', () => {
    assert.equal(of('/share-target', 'POST', 'navigate'), 'shared-files');
    assert.equal(of('/api/v1/entries', 'POST'), 'none');
    assert.equal(opened('/share-target'), 'none');
  });
});
