/** How much the page weighs: what is loaded first, and each part that is loaded later. Needs dist (npm run build). */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const web = new URL('../../dist/web/', import.meta.url).pathname;
const packedBytes = (path: string) => gzipSync(readFileSync(path), { level: 9 }).length;
const limitBytes = 60_000;

test('the scripts that every visit loads have at most 60 kB, packed', (context) => {
  const html = readFileSync(`${web}index.html`, 'utf8');
  const first = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, path]) => path ?? '');
  assert.ok(first.length > 0);
  const bytes = first.reduce((sum, path) => sum + packedBytes(`${web}${path}`), 0);
  context.diagnostic(`${bytes} bytes in ${first.length} files`);
  assert.ok(bytes <= limitBytes, `${bytes} bytes`);
});

test('no other part has more, but for the library that draws PDF', () => {
  const large = globSync(`${web}assets/*.{js,mjs}`)
    .filter((path) => !/^pdf/.test(basename(path)))
    .map((path) => `${basename(path)}: ${packedBytes(path)}`)
    .filter((line) => Number(line.split(': ')[1]) > limitBytes);
  assert.deepEqual(large, []);
});
