import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, seal } from '../../../src/crypto/index.ts';
import { openVersionFacts, sealVersionFacts } from '../../../src/drive/keys/sealed-parts.ts';

const key = new Uint8Array(32).fill(7);
const facts = { size: 3, mime: 'text/plain', modifiedAt: 1000, contentDigest: new Uint8Array(32) };

test('a version that was written before files had a mark for running is read as one that may not be run', () => {
  const { contentDigest, ...rest } = facts;
  const old = seal(key, 'version/1', encode({ ...rest, sha256: contentDigest }));
  assert.deepEqual(openVersionFacts(key, old), { ...facts, executable: false, attributes: {} });
});

test('a version says that its file may be run, and nothing where it may not, as older versions do', () => {
  assert.equal(openVersionFacts(key, sealVersionFacts(key, { ...facts, executable: true })).executable, true);
  const plain = sealVersionFacts(key, { ...facts, executable: false, attributes: {} });
  assert.equal(plain.length, sealVersionFacts(key, facts).length);
});

test('a mark that is no yes or no is refused like any malformed part', () => {
  const { contentDigest, ...rest } = facts;
  const odd = seal(key, 'version/1', encode({ ...rest, sha256: contentDigest, executable: 1 }));
  assert.throws(() => openVersionFacts(key, odd), { code: 'bad-record' });
});
