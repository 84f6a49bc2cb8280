import assert from 'node:assert/strict';
import { test } from 'node:test';
import { droppedFiles } from '../../web/client/picked-files.ts';

type Fake = Record<string, unknown> & { name: string };

const file = (name: string, refusal?: string): Fake => ({
  isFile: true,
  name,
  file: (done: (file: File) => void, fail: (error: Error) => void) =>
    refusal ? fail(new DOMException('made up', refusal)) : done(new File(['x'], name)),
});

/** Gives at most 100 entries at a time, as browsers do; an unreadable one gives none. */
const folder = (name: string, children: Fake[], refusal?: string): Fake => ({
  isFile: false,
  name,
  createReader: () => ({
    readEntries: (done: (batch: Fake[]) => void, fail: (error: Error) => void) =>
      refusal ? fail(new DOMException('made up', refusal)) : done(children.splice(0, 100)),
  }),
});

async function drop(...entries: Fake[]) {
  const items = entries.map((entry) => ({
    kind: 'file',
    webkitGetAsEntry: () => entry,
    getAsFile: () => null,
  }));
  const found = await droppedFiles({ items } as object as DataTransfer);
  return found.map(({ names, file: got, problem }) => {
    const what = problem ?? (got === null ? 'an empty folder' : 'a file');
    return `${names.join('/')}: ${what}`;
  });
}

test('an empty folder is kept, alone and among others', async () => {
  assert.deepEqual(await drop(folder('New', [])), ['New: an empty folder']);
  assert.deepEqual(await drop(folder('Trip', [folder('Empty', []), file('a.jpg')])), [
    'Trip/Empty: an empty folder',
    'Trip/a.jpg: a file',
  ]);
});

test('an entry that cannot be read is listed with the reason and keeps no other back', async () => {
  const found = await drop(
    folder('Trip', [
      file('a'),
      file('b', 'NotFoundError'),
      folder('locked', [], 'NotReadableError'),
      file('c'),
    ]),
    file('after'),
  );
  assert.deepEqual(found, [
    'Trip/a: a file',
    'Trip/b: This file was moved or deleted before it could be read.',
    'Trip/locked: Your browser may not read this folder. Check its permissions, then drop it again.',
    'Trip/c: a file',
    'after: a file',
  ]);
});

test('a folder of more entries than a reader gives at a time is walked to its end', async () => {
  const many = Array.from({ length: 250 }, (_, index) => file(`${index}`));
  assert.equal((await drop(folder('Many', many))).length, 250);
});
