import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedTags, commonTags, knownTags, meetTags } from '../../web/client/drive/tags.ts';

test('a tag is added once, whatever form its letters have, and taken away', () => {
  const tags = ['trip', 'café'];
  assert.equal(changedTags(tags, { add: 'cafe\u0301 ' }), tags, 'nothing changes');
  assert.equal(changedTags(tags, { remove: 'other' }), tags);
  assert.deepEqual(changedTags(tags, { add: 'new' }), ['trip', 'café', 'new']);
  assert.deepEqual(changedTags(tags, { remove: 'trip' }), ['café']);
});

test('of several entries only the tags are shown that all of them have', () => {
  assert.deepEqual(commonTags([{ tags: ['a', 'b'] }, { tags: ['b', 'c'] }]), ['b']);
  assert.deepEqual(commonTags([]), []);
});

test('tags that were met are suggested in order', () => {
  meetTags([{ tags: ['tag 10', 'tag 2'] }, { tags: ['tag 2', 'Ärger'] }]);
  assert.deepEqual(knownTags.value, ['Ärger', 'tag 2', 'tag 10']);
});
