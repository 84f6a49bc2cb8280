import assert from 'node:assert/strict';
import { test } from 'node:test';
import { iconOf, previewOf } from '../../web/client/drive/file-kinds.ts';
import { folderOf, searchAddress, wantedIn } from '../../web/client/drive/search.ts';

const file = (name: string, mime: string | null = null) => ({ kind: 'file' as const, name, mime });

test('the address of a search holds all of it, and what it does not know is left out', () => {
  const any = { type: '', age: '', size: '', owner: '', starred: '', tag: '' } as const;
  const wanted = {
    ...any,
    q: 'café & co',
    type: 'image',
    age: '30',
    size: '1000000',
    starred: 'true',
    tag: 'trip',
  } as const;
  const query = Object.fromEntries(new URL(searchAddress(wanted), 'http://x').searchParams);
  assert.deepEqual(wantedIn(query), wanted);
  assert.deepEqual(wantedIn({ q: 'x', type: '<script>', age: '-1', owner: 'you' }), { ...any, q: 'x' });
});

test('the folder of what was found is said without the file', () => {
  assert.equal(folderOf('/Photos/2024/a.jpg'), 'Photos / 2024');
  assert.equal(folderOf('/a.jpg'), '');
});

test('a file is known by its type, else by the ending of its name', () => {
  assert.equal(iconOf(file('x.bin', 'image/png')), 'file-image');
  assert.equal(iconOf(file('Makefile')), 'file-code');
  assert.equal(iconOf(file('a.tar.gz')), 'file-archive');
  assert.equal(iconOf(file('noending')), 'file');
});

test('markup of users is shown as text, and what cannot be shown is not tried', () => {
  assert.equal(previewOf(file('page.html', 'text/html')), 'code');
  assert.equal(previewOf(file('script.js', 'text/javascript')), 'code');
  assert.equal(previewOf(file('photo.jpg', 'image/jpeg')), 'image');
  assert.equal(previewOf(file('photo.heic', 'image/heic')), 'none');
  assert.equal(previewOf(file('disk.iso', 'application/octet-stream')), 'none');
  assert.equal(previewOf(file('video.ts', 'video/mp2t')), 'code');
  assert.equal(previewOf(file('log.txt.zst')), 'compressed');
  assert.equal(previewOf(file('all.tar.gz', 'application/gzip')), 'none');
  assert.equal(previewOf({ ...file('a.jpg'), kind: 'folder' }), 'none');
});
