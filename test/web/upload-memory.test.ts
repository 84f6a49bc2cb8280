import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createUploadMemory, fingerprintOf } from '../../web/client/uploads/upload-memory.ts';

class MemoryStorage implements Storage {
  readonly kept = new Map<string, string>();
  [name: string]: unknown;
  get length() {
    return this.kept.size;
  }
  clear = () => this.kept.clear();
  getItem = (key: string) => this.kept.get(key) ?? null;
  key = () => null;
  removeItem = (key: string) => void this.kept.delete(key);
  setItem = (key: string, value: string) => void this.kept.set(key, value);
}

const file = (content: string, lastModified = 1000) =>
  new File([content], 'secret plan.txt', { lastModified });

test('a fingerprint tells files, their dates, sizes and places apart, and is the same for the same', () => {
  const of = (place: string, names: string[], which: File) => fingerprintOf(place, names, which);
  const same = of('folder', ['a', 'b'], file('12345'));
  assert.equal(of('folder', ['a', 'b'], file('54321')), same, 'content is not read');
  const others = [
    of('other', ['a', 'b'], file('12345')),
    of('folder', ['a b'], file('12345')),
    of('folder', ['a', 'b'], file('1234')),
    of('folder', ['a', 'b'], file('12345', 1001)),
  ];
  assert.equal(new Set([same, ...others]).size, 5);
});

test('an upload is found after a reload, without any name in the storage of the browser', () => {
  const storage = new MemoryStorage();
  const fingerprint = fingerprintOf('folder', ['secret plan.txt'], file('x'));
  createUploadMemory(() => storage).set(fingerprint, '/api/v1/uploads/1');
  assert.equal(createUploadMemory(() => storage).get(fingerprint), '/api/v1/uploads/1');
  assert.doesNotMatch([...storage.kept.values()].join(), /secret|plan|folder/);
  createUploadMemory(() => storage).forget(fingerprint);
  assert.equal(createUploadMemory(() => storage).get(fingerprint), undefined);
});

test('the memory is bounded, and lasts as long as the page where nothing may be stored', () => {
  const storage = new MemoryStorage();
  const memory = createUploadMemory(() => storage);
  for (let count = 0; count < 1001; count += 1) memory.set(`f${count}`, `${count}`);
  assert.deepEqual([memory.get('f0'), memory.get('f1'), memory.get('f1000')], [undefined, '1', '1000']);
  const forbidden = createUploadMemory(() => {
    throw new Error('private window');
  });
  forbidden.set('f', 'there');
  assert.equal(forbidden.get('f'), 'there');
});
